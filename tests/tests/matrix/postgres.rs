//! The database restarts, or is down for longer than a lease, while calls are running: what was paid for
//! is kept and settled when it is back, and no worker is declared dead because the database was silent.

use std::time::{Duration, Instant};

use devkit::deadline;
use serde_json::json;
use tests::client::Task;
use tests::stack::{Scene, Stack, core};

use crate::evidence;
use crate::load;

const CALLS: u8 = 16;
const LEASE: Duration = Duration::from_secs(2);

/// Sixteen calls under way for 1.5 seconds, with one key; there is another that could be tried.
async fn sixteen_out(scene: &Scene, about: &str) -> Vec<Task> {
    scene.key.set(json!({"latency_ms": 1_500})).await;
    let tasks = load::submit(&scene.consumer, CALLS, about).await;
    scene.key.until_in_flight(u32::from(CALLS)).await;
    tasks
}

async fn well(stack: &Stack) {
    deadline::until("everything is ready again", Duration::from_secs(30), async || {
        let mut all = stack.anonymous().get("/health/ready").await.json()["status"] == "ok";
        for name in ["worker-1", "scheduler-1"] {
            all &= stack.readiness(name).await.1["status"] == "ok";
        }
        all.then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_restarts_or_is_away_for_two_leases_has_nothing_bought_again() {
    let stack = Stack::builder().lease("2s").own_postgres().alone().start().await;
    let limits = json!({"concurrency_limit": 16});
    let scene = stack.scene_with(json!({}), &limits).await;
    let dearer = stack.host(&scene.owner, json!({}), "0.55", &limits).await;
    stack.await_resources(&scene.consumer, 2).await;

    // Restarted at once: every session is cut, every call goes on.
    let tasks = sixteen_out(&scene, "restarted").await;
    stack.postgres().await.stop().await;
    stack.postgres().await.resume().await;
    well(&stack).await;
    load::untouched(&scene.consumer, &tasks).await;
    let bought = evidence::bought(&[&scene.key, &dearer.key]).await;
    assert_eq!(bought, (16, 16), "a restart bought something again");
    stack.check_books("a restart of the database").await;

    // Down for two leases: the calls end meanwhile, their images wait.
    let tasks = sixteen_out(&scene, "away").await;
    stack.postgres().await.stop().await;
    let gone = Instant::now();
    let refused =
        scene.consumer.post("/api/generate/text-to-image", &core("no books, no task")).await;
    assert_eq!(refused.status, 503, "{}", refused.code());
    assert_ne!(refused.header("retry-after"), "");
    deadline::until("the api says that it is down", Duration::from_secs(5), async || {
        let ready = stack.anonymous().get("/health/ready").await;
        (ready.status == 503 && ready.json()["status"] == json!("down")).then_some(())
    })
    .await;
    deadline::until("two leases are over", Duration::from_secs(20), async || {
        (gone.elapsed() >= 2 * LEASE).then_some(())
    })
    .await;
    assert_eq!(
        evidence::kept_attempts(&stack).len(),
        32,
        "all were kept while the database was away"
    );
    stack.postgres().await.resume().await;
    let away = gone.elapsed();
    well(&stack).await;
    load::untouched(&scene.consumer, &tasks).await;
    let bought = evidence::bought(&[&scene.key, &dearer.key]).await;
    assert_eq!(bought, (32, 32), "{away:?} without a database bought something again");
    let dead = "SELECT count(*) FROM generation.boot WHERE end_reason LIKE 'silent%'";
    assert_eq!(evidence::count(&stack, dead).await, 0, "the worker lived all the time");
    eprintln!("a restart, and {away:?} without a database: 32 calls for 32 images");
    assert_eq!(scene.consumer.generate(&core("and on it goes")).await.status, "completed");
    stack.finish().await;
}
