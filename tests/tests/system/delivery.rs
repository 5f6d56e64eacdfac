//! Many hands reach for the same thing: every task is bought once, every credit spent once.

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::json;
use shared::jobs::JobKind;
use tests::client::{Task, credits};
use tests::stack::{Stack, core};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_delivered_again_and_again_buys_one_image() {
    let stack = Stack::builder().workers(2).start().await;
    let scene =
        stack.scene_with(json!({"latency_ms": 300}), &json!({"concurrency_limit": 16})).await;
    let bells = stack.bells();

    let tasks = join_all((0..8).map(|number| {
        let (consumer, body) = (scene.consumer.clone(), core(&format!("picture {number}")));
        async move { consumer.submit(&body).await }
    }))
    .await;
    for _ in 0..10 {
        for _ in &tasks {
            bells.ring(JobKind::GenerateImage);
        }
    }
    let ended = join_all(tasks.iter().map(|it| scene.consumer.wait(it))).await;
    for _ in &tasks {
        bells.ring(JobKind::GenerateImage);
    }
    // A task that came after the late bells is done, so they have been handled.
    scene.consumer.generate(&core("the last one")).await;

    assert!(ended.iter().all(|it| it.attempt_states() == ["delivered"]), "{ended:#?}");
    let books = scene.key.books().await;
    assert_eq!((books.calls, books.images), (9, 9));
    assert_eq!(scene.consumer.balance().await.available, credits("1000") - credits("13.5"));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_clients_with_one_idempotency_key_get_one_task() {
    let stack = Stack::builder().apis(2).start().await;
    let scene = stack.scene().await;
    let apis = ["api-1", "api-2"].map(|it| scene.consumer.through(stack.api_url_of(it)));
    let path = "/api/generate/text-to-image";

    let answers = join_all((0..16).map(|client| {
        let api = apis[client % 2].clone();
        async move { api.post_once(path, "one-and-the-same", &core("a heron")).await }
    }))
    .await;

    let replayed = answers.iter().filter(|it| it.header("idempotency-replayed") == "true").count();
    assert_eq!(replayed, 15);
    let tasks: Vec<Task> = answers.into_iter().map(|it| it.expect_as(202)).collect();
    let ids: BTreeSet<&str> = tasks.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids.len(), 1);

    // Later the same key answers the task as it is then, and another body is refused.
    let task = scene.consumer.wait(&tasks[0]).await;
    let again = scene.consumer.post_once(path, "one-and-the-same", &core("a heron")).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    let again: Task = again.expect_as(202);
    assert_eq!((again.id.as_str(), again.status.as_str()), (task.id.as_str(), "completed"));
    scene
        .consumer
        .post_once(path, "one-and-the-same", &core("an egret"))
        .await
        .expect_problem(409, "idempotency.key_reused");
    // Another user's key is another key.
    scene.admin.grant(&scene.owner, "10").await;
    let other: Task =
        scene.owner.post_once(path, "one-and-the-same", &core("a heron")).await.expect_as(202);
    assert_ne!(other.id, task.id);
    scene.owner.wait(&other).await;
    assert_eq!(scene.key.books().await.images, 2);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_wallet_and_thirty_two_clients_spend_what_is_there_and_no_more() {
    let stack = Stack::builder().apis(2).start().await;
    let scene =
        stack.scene_with(json!({"latency_ms": 200}), &json!({"concurrency_limit": 16})).await;
    let poor = stack.user("poor").await;
    scene.admin.grant(&poor, "7.5").await;
    let apis = ["api-1", "api-2"].map(|it| poor.through(stack.api_url_of(it)));
    let mut body = core("a lighthouse");
    body["max_credits"] = json!("1.5");

    let answers = join_all((0..32).map(|client| {
        let (api, body) = (apis[client % 2].clone(), body.clone());
        async move { api.post("/api/generate/text-to-image", &body).await }
    }))
    .await;

    let (admitted, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|it| it.status == 202);
    assert_eq!(admitted.len(), 5);
    for answer in refused {
        answer.expect_problem(402, "credits.insufficient");
    }
    for answer in admitted {
        let task: Task = answer.expect_as(202);
        assert_eq!(poor.wait(&task).await.status, "completed");
    }
    let balance = poor.balance().await;
    assert_eq!((balance.available, balance.held), (credits("0"), credits("0")));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_beyond_the_price_comes_back_and_can_be_spent() {
    let stack = Stack::start().await;
    let scene = stack.scene().await;
    let poor = stack.user("poor").await;
    // The hold is the estimate and a tenth, but never more than there is.
    scene.admin.grant(&poor, "3").await;

    let first = poor.submit(&core("first")).await;
    assert_eq!(first.credits_held, credits("1.65"));
    let first = poor.wait(&first).await;
    assert_eq!(first.credits_cost, Some(credits("1.5")));
    let second = poor.submit(&core("second")).await;
    assert_eq!(second.credits_held, credits("1.5"));
    assert_eq!(poor.wait(&second).await.status, "completed");

    poor.post("/api/generate/text-to-image", &core("third"))
        .await
        .expect_problem(402, "credits.insufficient");
    let lines = poor.transactions().await;
    let amounts: Vec<_> = lines.iter().map(|it| (it.amount, it.balance_after)).collect();
    assert_eq!(
        amounts,
        [("-1.5", "0"), ("-1.5", "1.5"), ("3", "3")].map(|(a, b)| (credits(a), credits(b)))
    );
    stack.finish().await;
}
