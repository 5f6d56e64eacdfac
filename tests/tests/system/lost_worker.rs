//! What a market of several keys owes its consumers when part of the exchange is lost.

use std::time::Duration;

use devkit::deadline;
use futures::future::join_all;
use nix::sys::signal::Signal;
use serde_json::json;
use tests::books::redis_connection;
use tests::client::{Task, User};
use tests::simulator::ProviderKey;
use tests::stack::{Scene, Stack, core};

const TASKS: usize = 300;
/// Calls the worker has out when it dies: as many as the cheaper key takes.
const OUT: usize = 4;
const SLOWEST: Duration = Duration::from_mins(1);

async fn submit(consumer: &User, count: usize) -> Vec<Task> {
    let bodies: Vec<_> = (0..count).map(|number| core(&format!("picture {number}"))).collect();
    join_all(bodies.iter().map(|it| consumer.submit(it))).await
}

/// Images until every key has delivered one: a new key takes one call at a time.
async fn prove(consumer: &User, keys: &[&ProviderKey]) {
    deadline::until("every key has delivered", Duration::from_secs(40), async || {
        let mut body = core("a proof");
        body["max_credits"] = json!("5");
        for task in join_all((0..4 * OUT).map(|_| consumer.generate(&body))).await {
            assert_eq!(task.status, "completed", "{task:#?}");
        }
        let books = join_all(keys.iter().map(|it| it.books())).await;
        books.iter().all(|it| it.images > 0).then_some(())
    })
    .await;
}

/// Two workers and two keys, the dearer 30 % above the other, both within a tenth of the reference price.
async fn two_priced(stack: &Stack) -> (Scene, ProviderKey) {
    let (settings, limits) = (json!({"latency_ms": 400}), json!({"concurrency_limit": OUT}));
    let scene = stack.scene_with(settings.clone(), &limits).await;
    scene.owner.change(&scene.resource, &json!({"price_per_unit": "0.42"})).await;
    let dearer = stack.host(&stack.user("rival").await, settings, "0.546", &limits).await.key;
    stack.await_resources(&scene.consumer, 2).await;
    prove(&scene.consumer, &[&scene.key, &dearer]).await;
    (scene, dearer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_lost_with_calls_out_and_redis_emptied_delay_no_task_beyond_a_minute() {
    let stack = Stack::builder().workers(2).own_redis().start().await;
    let (scene, dearer) = two_priced(&stack).await;
    scene.key.set(json!({"latency_ms": 3_000})).await;

    // One worker alone takes the first tasks, all with the cheaper key, and is lost with them.
    stack.signal("worker-2", Signal::SIGSTOP);
    let mut tasks = submit(&scene.consumer, OUT).await;
    scene.key.until_in_flight(4).await;
    stack.kill("worker-1");
    let mut conn = redis_connection(&stack).await.expect("Redis answers");
    let () = redis::cmd("FLUSHALL").query_async(&mut conn).await.expect("Redis is emptied");
    stack.signal("worker-2", Signal::SIGCONT);
    scene.key.set(json!({"latency_ms": 400})).await;
    tasks.extend(submit(&scene.consumer, TASKS - OUT).await);

    for task in &tasks {
        assert_eq!(scene.consumer.wait(task).await.status, "completed");
    }
    let slowest = slowest(&stack).await;
    eprintln!(
        "slowest     {slowest:?} of {TASKS}, {} by the dearer key",
        dearer.books().await.images
    );
    assert!(slowest <= SLOWEST, "{slowest:?}");
    stack.finish().await;
}

/// From submit to the end, by the database's clock.
async fn slowest(stack: &Stack) -> Duration {
    let seconds: f64 = sqlx::query_scalar(
        "SELECT max(extract(epoch FROM completed_at - created_at))::double precision FROM generation.task",
    )
    .fetch_one(&stack.pool)
    .await
    .expect("a superuser reads everything");
    Duration::from_secs_f64(seconds)
}
