//! How tasks end other than by an image, and who pays when they do.

use std::time::Duration;

use devkit::deadline;
use serde_json::json;
use tests::client::{Task, User, credits};
use tests::stack::{Scene, Stack, core};

/// A task that is being made and one that waits behind it.
async fn one_made_one_waiting(scene: &Scene) -> (Task, Task) {
    let made = scene.consumer.submit(&core("being made")).await;
    scene.key.until_in_flight(1).await;
    let waiting = scene.consumer.submit(&core("waiting")).await;
    (made, waiting)
}

/// Waits until a changed policy is seen, by a question that begins nothing.
async fn until_refused(user: &User) {
    deadline::until("the policy is seen", Duration::from_secs(10), async || {
        let answer = user.post("/api/generate/estimate", &core("a heron")).await;
        (answer.status == 403).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_task_is_canceled_at_once_and_one_being_made_is_charged_if_its_image_comes() {
    let stack = Stack::start().await;
    let scene =
        stack.scene_with(json!({"latency_ms": 2_500}), &json!({"concurrency_limit": 1})).await;
    let (made, waiting) = one_made_one_waiting(&scene).await;
    let other = stack.user("other").await;

    other.cancel(&waiting).await.expect_problem(404, "not_found");
    let canceled: Task = scene.consumer.cancel(&waiting).await.expect_as(200);
    assert_eq!(canceled.status, "canceled");
    assert!(canceled.completed_at.is_some());
    assert_eq!(scene.consumer.balance().await.held, credits("1.65"));
    scene.consumer.cancel(&waiting).await.expect_problem(409, "generation.already_final");

    let requested: Task = scene.consumer.cancel(&made).await.expect_as(202);
    assert_eq!((requested.status.as_str(), requested.cancel_requested), ("processing", Some(true)));
    // Asking again changes nothing.
    scene.consumer.cancel(&made).await.expect(202);
    let made = scene.consumer.wait(&made).await;
    assert_eq!(made.status, "completed", "the owner has paid for the image: {made:#?}");
    assert_eq!(scene.consumer.balance().await.available, credits("998.5"));
    scene.consumer.cancel(&made).await.expect_problem(409, "generation.already_final");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canceled_task_whose_call_brings_nothing_is_released_and_not_tried_again() {
    let stack =
        Stack::builder().setting("worker", "AETHERFLOW_ATTEMPT_TIMEOUT", "2s").start().await;
    let scene = stack.scene_with(json!({"faults": {"hang": 1.0}}), &json!({})).await;

    let task = scene.consumer.submit(&core("a heron")).await;
    scene.key.until_in_flight(1).await;
    scene.consumer.cancel(&task).await.expect(202);

    let task = scene.consumer.wait(&task).await;
    assert_eq!(task.status, "canceled");
    assert_eq!(task.attempt_states(), ["unknown"]);
    assert_eq!(scene.consumer.balance().await.available, credits("1000"));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_ends_what_waits_and_never_what_is_being_made() {
    let stack = Stack::start().await;
    let scene =
        stack.scene_with(json!({"latency_ms": 2_500}), &json!({"concurrency_limit": 1})).await;
    let (made, waiting) = one_made_one_waiting(&scene).await;

    // Beyond the five minutes both were given; no worker is late, none will be declared dead.
    stack.sql("UPDATE generation.task SET deadline = aether.now()").await;

    let waiting = scene.consumer.wait(&waiting).await;
    assert_eq!((waiting.status.as_str(), waiting.error_code()), ("failed", "deadline_exceeded"));
    assert!(waiting.attempts.is_empty());
    assert_eq!(scene.consumer.wait(&made).await.status, "completed");
    assert_eq!(scene.consumer.balance().await.available, credits("998.5"));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_of_ones_own_is_kept() {
    let stack = Stack::builder().workers(0).start().await;
    let scene = stack.scene().await;
    let mut body = core("nobody is there to make it");
    body["deadline_seconds"] = json!(30);

    let task = scene.consumer.submit(&body).await;
    stack.move_clock(Duration::from_secs(25)).await;
    assert_eq!(scene.consumer.task(&task).await.status, "pending");
    stack.move_clock(Duration::from_secs(31)).await;

    let task = scene.consumer.wait(&task).await;
    assert_eq!((task.status.as_str(), task.error_code()), ("failed", "deadline_exceeded"));
    assert_eq!(scene.consumer.balance().await.available, credits("1000"));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_user_is_locked_out_and_their_waiting_tasks_are_released() {
    let stack = Stack::builder().apis(2).workers(0).start().await;
    let scene = stack.scene().await;
    for number in 0..3 {
        scene.consumer.submit(&core(&format!("picture {number}"))).await;
    }

    let path = format!("/api/admin/users/{}/status", scene.consumer.id);
    let suspend = json!({"status": "suspended", "reason": "for a test"});
    let suspended = scene.admin.put(&path, &suspend).await.expect(200);

    assert_eq!(suspended["status"], "suspended");
    let what = "every api refuses the tokens that are out";
    deadline::until(what, Duration::from_secs(5), async || {
        for api in ["api-1", "api-2"] {
            let caller = scene.consumer.through(stack.api_url_of(api));
            let answer = caller.get("/api/wallet/balance").await;
            if answer.status != 403 {
                return None;
            }
            answer.expect_problem(403, "auth.suspended");
        }
        Some(())
    })
    .await;
    let body = json!({"email": scene.consumer.email, "password": scene.consumer.password});
    stack.anonymous().post("/api/auth/login", &body).await.expect_problem(403, "auth.suspended");
    let balance = scene.admin.get(&format!("/api/credits/balance/{}", scene.consumer.id)).await;
    let balance: tests::client::Balance = balance.expect_as(200);
    assert_eq!((balance.available, balance.held), (credits("1000"), credits("0")));

    let lift = json!({"status": "active", "reason": "for a test"});
    scene.admin.put(&path, &lift).await.expect(200);
    let consumer = scene.consumer.signed_in_again().await;
    deadline::until("the user is let in again", Duration::from_secs(5), async || {
        (consumer.get("/api/wallet/balance").await.status == 200).then_some(())
    })
    .await;
    let tasks: Vec<Task> = consumer.all("/api/generate/history").await;
    assert_eq!(tasks.len(), 3);
    assert!(tasks.iter().all(|it| it.status == "canceled"), "{tasks:#?}");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_pays_only_the_fee_on_their_own_key_and_earns_nothing() {
    let stack = Stack::builder()
        .setting("api", "AETHERFLOW_BYOK_FEE", "0.25")
        .setting("worker", "AETHERFLOW_BYOK_FEE", "0.25")
        .start()
        .await;
    let scene = stack.scene().await;
    scene.admin.grant(&scene.owner, "1").await;

    let task = scene.owner.generate(&core("for myself")).await;

    assert_eq!(task.status, "completed", "{task:#?}");
    assert_eq!(task.credits_cost, Some(credits("0.25")));
    assert_eq!(scene.owner.balance().await.available, credits("0.75"));
    assert!(scene.owner.earnings_of(&task).await.is_empty());
    assert_eq!(scene.owner.earnings().await.pending, credits("0"));
    // A consumer on the same key pays its price.
    let task = scene.consumer.generate(&core("for me")).await;
    assert_eq!(task.credits_cost, Some(credits("1.5")));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_fee_an_owners_image_is_free_and_needs_no_credits() {
    let stack = Stack::start().await;
    let scene = stack.scene().await;

    let task = scene.owner.generate(&core("for myself")).await;

    assert_eq!(task.status, "completed", "{task:#?}");
    assert_eq!((task.credits_held, task.credits_cost), (credits("0"), Some(credits("0"))));
    assert!(scene.owner.transactions().await.is_empty());
    assert_eq!(scene.key.books().await.images, 1);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_pays_more_than_they_agreed_to_whatever_becomes_of_prices() {
    let stack = Stack::start().await;
    let scene =
        stack.scene_with(json!({"latency_ms": 1_500}), &json!({"concurrency_limit": 1})).await;
    let path = "/api/generate/text-to-image";

    let mut cheap = core("a heron");
    cheap["max_credits"] = json!("1.499999");
    let refused = scene.consumer.post(path, &cheap).await;
    let refused = refused.expect_problem(422, "generation.price_ceiling_too_low");
    assert!(refused["detail"].as_str().unwrap().contains("1.5"), "{refused}");

    // The price rises while a task waits: it goes on waiting, and is served when it falls again.
    let (made, waiting) = one_made_one_waiting(&scene).await;
    scene.owner.change(&scene.resource, &json!({"price_per_unit": "0.8"})).await;
    assert_eq!(scene.consumer.wait(&made).await.credits_cost, Some(credits("1.5")));
    stack.await_claim_round().await;
    assert_eq!(scene.consumer.task(&waiting).await.status, "pending");
    assert_eq!(scene.key.books().await.calls, 1);
    scene.owner.change(&scene.resource, &json!({"price_per_unit": "0.52"})).await;
    let waiting = scene.consumer.wait(&waiting).await;
    assert_eq!(waiting.credits_cost, Some(credits("1.56")));
    assert!(waiting.credits_cost.unwrap() <= waiting.credits_held);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cheapest_key_that_is_free_serves_first() {
    let stack = Stack::start().await;
    let scene =
        stack.scene_with(json!({"latency_ms": 1_200}), &json!({"concurrency_limit": 1})).await;
    let dear = stack.host(&scene.owner, json!({}), "0.54", &json!({})).await;
    stack.await_resources(&scene.consumer, 2).await;

    let first = scene.consumer.submit(&core("to the cheap one")).await;
    scene.key.until_in_flight(1).await;
    let second = scene.consumer.generate(&core("to the dear one")).await;
    let first = scene.consumer.wait(&first).await;

    assert_eq!(first.credits_cost, Some(credits("1.5")));
    assert_eq!(second.credits_cost, Some(credits("1.62")));
    assert_eq!((scene.key.books().await.calls, dear.key.books().await.calls), (1, 1));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_providers_policy_is_kept_at_submit_at_the_claim_and_by_tasks_that_wait() {
    let stack = Stack::start().await;
    let scene =
        stack.scene_with(json!({"latency_ms": 1_500}), &json!({"concurrency_limit": 1})).await;
    let path = "/api/generate/text-to-image";
    let (made, waiting) = one_made_one_waiting(&scene).await;

    scene.admin.set_policy("own_use_only").await;
    assert_eq!(scene.consumer.wait(&made).await.status, "completed");
    until_refused(&scene.consumer).await;
    let refused = scene.consumer.post(path, &core("too late")).await;
    let refused = refused.expect_problem(403, "generation.policy_refused");
    assert!(refused["detail"].as_str().unwrap().contains("own_use_only"), "{refused}");
    stack.await_claim_round().await;
    assert_eq!(scene.consumer.task(&waiting).await.status, "pending");
    assert_eq!(scene.owner.generate(&core("my own use")).await.status, "completed");

    scene.admin.set_policy("denied").await;
    until_refused(&scene.owner).await;
    let refused = scene.owner.post(path, &core("not even mine")).await;
    refused.expect_problem(403, "generation.policy_refused");

    scene.admin.set_policy("third_party_allowed").await;
    assert_eq!(scene.consumer.wait(&waiting).await.status, "completed");
    stack.finish().await;
}
