//! Each task that ends has its line in the log, whoever ended it.

use std::time::Duration;

use devkit::deadline;
use serde_json::{Value, json};
use tests::client::Task;
use tests::stack::{Stack, core};

const BULK: &str = "/api/admin/jobs/bulk";
const REASON: &str = "for a test";

/// How many lines of the api say that this task ended.
fn lines(stack: &Stack, task: &Task) -> usize {
    let log = stack.log("api-1");
    let lines = log.lines().filter_map(|it| serde_json::from_str::<Value>(it).ok());
    lines.filter(|it| it["message"] == "task finished" && it["task"] == task.id.as_str()).count()
}

async fn one_line_each(stack: &Stack, what: &str, tasks: &[&Task]) {
    deadline::until_true(&format!("{what}: it is told"), Duration::from_secs(10), async || {
        tasks.iter().all(|it| lines(stack, it) > 0)
    })
    .await;
    for task in tasks {
        assert_eq!(lines(stack, task), 1, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_cancels_a_task_it_has_one_line_in_the_log() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let scene = stack.scene().await;
    let (admin, consumer) = (&scene.admin, &scene.consumer);
    let mut tasks = Vec::new();
    for number in 0..6 {
        tasks.push(consumer.submit(&core(&format!("a heron, {number}"))).await);
    }
    let [own, by_admin, first, second, waiting, behind] = &tasks[..] else { panic!("six") };

    consumer.cancel(own).await.expect(200);
    one_line_each(&stack, "its consumer", &[own]).await;

    let path = format!("/api/admin/jobs/{}/cancel", by_admin.id);
    admin.post(&path, &json!({"reason": REASON})).await.expect(200);
    one_line_each(&stack, "an admin", &[by_admin]).await;

    // In the middle of many the database fails.
    stack
        .sql(&format!(
            "CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE EXCEPTION 'for a test'; END $$;
             CREATE TRIGGER fails BEFORE UPDATE ON generation.task FOR EACH ROW
                 WHEN (old.id = '{}') EXECUTE FUNCTION public.fail()",
            second.id
        ))
        .await;
    let mut body = json!({"action": "cancel", "filter": {"user_id": consumer.id}, "preview": true});
    let token = admin.post(BULK, &body).await.expect(200)["token"].clone();
    for (name, value) in [("preview", json!(false)), ("token", token), ("reason", json!(REASON))] {
        body[name] = value;
    }
    admin.post(BULK, &body).await.expect_problem(500, "internal");
    one_line_each(&stack, "an admin, of many, until something failed", &[first]).await;
    for task in [second, waiting, behind] {
        assert_eq!(consumer.task(task).await.status, "pending");
    }
    stack.sql("DROP TRIGGER fails ON generation.task").await;

    let path = format!("/api/admin/users/{}/status", consumer.id);
    admin.put(&path, &json!({"status": "suspended", "reason": REASON})).await.expect(200);
    one_line_each(&stack, "an admin who suspends its consumer", &[second, waiting, behind]).await;

    one_line_each(&stack, "all of them", &tasks.iter().collect::<Vec<_>>()).await;
    stack.finish().await;
}
