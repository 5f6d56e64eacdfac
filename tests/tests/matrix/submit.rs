//! An api dies after a task is committed and before its bell rings.

use std::time::Duration;

use devkit::deadline;
use futures::future::join_all;
use serde_json::json;
use tests::client::Task;
use tests::stack::{Stack, core};

use crate::evidence;
use crate::load;

const PATH: &str = "/api/generate/text-to-image";
const CLIENTS: u8 = 8;
const WITHIN: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_api_killed_between_commit_and_bell_loses_no_task_and_doubles_none() {
    let point = "api.before-bell";
    let stack = Stack::builder().apis(2).failpoint("api-1", point).alone().start().await;
    let scene = stack.scene_with(json!({}), &json!({"concurrency_limit": 16})).await;
    let there = scene.consumer.through(stack.api_url_of("api-2"));

    let answers = join_all((0..CLIENTS).map(|client| {
        let body = core(&format!("client {client}"));
        let request = scene.consumer.request(reqwest::Method::POST, PATH).json(&body);
        let request = request.header("idempotency-key", &format!("client-{client}"));
        async move { request.try_send().await }
    }))
    .await;
    stack.dies_at("api-1", point).await;
    assert!(answers.iter().all(Result::is_err), "no client was answered: {answers:#?}");
    // A session outlives its client until its statement is done.
    let doing = "SELECT count(*) FROM pg_stat_activity
                  WHERE datname = current_database() AND state <> 'idle' AND query LIKE '%submit_batch%'
                    AND pid <> pg_backend_pid()";
    deadline::until("its sessions have ended", WITHIN, async || {
        (evidence::count(&stack, doing).await == 0).then_some(())
    })
    .await;
    let committed = evidence::count(&stack, "SELECT count(*) FROM generation.task").await;
    assert!(committed >= 1, "it died after a commit");

    // No bell rings for them, and their images are made all the same.
    let made = "SELECT count(*) FROM generation.task WHERE status = 'completed'";
    devkit::deadline::until(
        "what was committed is made",
        std::time::Duration::from_secs(20),
        async || (evidence::count(&stack, made).await == committed).then_some(()),
    )
    .await;

    // Each client repeats its request at the other api, as one does whose answer was lost.
    let repeated = join_all((0..CLIENTS).map(|client| {
        let (there, body) = (there.clone(), core(&format!("client {client}")));
        async move { there.post_once(PATH, &format!("client-{client}"), &body).await }
    }))
    .await;
    let replayed = repeated.iter().filter(|it| it.header("idempotency-replayed") == "true").count();
    assert_eq!(u64::try_from(replayed), Ok(committed));
    let tasks: Vec<Task> = repeated.into_iter().map(|it| it.expect_as(202)).collect();
    load::untouched(&there, &tasks).await;
    let all = evidence::count(&stack, "SELECT count(*) FROM generation.task").await;
    assert_eq!(all, u64::from(CLIENTS));
    assert_eq!(scene.key.books().await.calls, u64::from(CLIENTS));
    eprintln!("{point}: {committed} of {CLIENTS} were committed and made without a bell");
    stack.restart("api-1").await;
    stack.finish().await;
}
