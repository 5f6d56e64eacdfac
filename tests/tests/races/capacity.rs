//! One key, many workers, and an owner who keeps changing limits: by the provider's own count there is
//! never a call too many and never a unit too many.

use std::time::Duration;

use devkit::deadline;
use futures::future::join_all;
use rust_decimal::Decimal;
use serde_json::json;
use tests::client::credits;
use tests::simulator::KeyBooks;
use tests::stack::{Scene, Stack, core};

/// An image takes three units.
const TASKS: u8 = 90;
/// So many times as many calls as a limit allows at once are made while it is watched.
const TURNS: u64 = 3;
const WITHIN: Duration = Duration::from_secs(30);

/// Sets how many calls may run at once. As soon as the running ones fit, there is never one more.
async fn watch_concurrency(scene: &Scene, limit: u32) -> u32 {
    scene.owner.change(&scene.resource, &json!({"concurrency_limit": limit})).await;
    deadline::until("the running calls fit", WITHIN, async || {
        (scene.owner.resource(&scene.resource).await.in_flight <= limit).then_some(())
    })
    .await;
    let enough = scene.key.books().await.calls + TURNS * u64::from(limit);
    let mut most = 0;
    deadline::until_true(&format!("{enough} calls are made"), WITHIN, async || {
        let books = scene.key.books().await;
        assert!(
            books.in_flight <= limit,
            "{} calls at once at a limit of {limit}",
            books.in_flight
        );
        most = most.max(books.in_flight);
        books.calls >= enough
    })
    .await;
    most
}

/// Allows so many units a day, and waits until all are used up.
async fn use_up(scene: &Scene, units: &str) -> KeyBooks {
    scene.owner.change(&scene.resource, &json!({"daily_limit": units})).await;
    let allowed: Decimal = credits(units);
    deadline::until(&format!("{units} units are used"), WITHIN, async || {
        let books = scene.key.books().await;
        assert!(books.credits <= allowed, "{} units of {units}", books.credits);
        (books.credits == allowed).then_some(books)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_never_used_beyond_limits_that_change_while_it_is_used() {
    let stack = Stack::builder().workers(3).start().await;
    let limits = json!({"concurrency_limit": 6, "daily_limit": "240"});
    let scene = stack.scene_with(json!({"latency_ms": 150, "lockout": true}), &limits).await;
    let tasks = join_all((0..TASKS).map(|number| {
        let (consumer, body) = (scene.consumer.clone(), core(&format!("picture {number}")));
        async move { consumer.submit(&body).await }
    }))
    .await;

    let mut busiest = Vec::new();
    for limit in [1, 4, 2, 5, 1, 3] {
        busiest.push(watch_concurrency(&scene, limit).await);
    }
    assert!(busiest.iter().any(|it| *it > 1), "the key was hardly used: {busiest:?}");
    assert!(scene.key.books().await.in_flight_max <= 6);

    // Now the units: what may be used is used to the last one, and then nothing more.
    scene.owner.change(&scene.resource, &json!({"concurrency_limit": 8})).await;
    for units in ["240", "255"] {
        let books = use_up(&scene, units).await;
        stack.await_claim_round().await;
        assert_eq!(scene.key.books().await.calls, books.calls, "more than {units} units");
    }
    let books = use_up(&scene, "270").await;
    assert_eq!((books.calls, books.images), (u64::from(TASKS), u64::from(TASKS)));
    assert!(books.window_max <= 150 && books.in_flight_max <= 8, "{books:?}");
    for task in &tasks {
        assert_eq!(scene.consumer.wait(task).await.attempt_states(), ["delivered"]);
    }
    stack.finish().await;
}
