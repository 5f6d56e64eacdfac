//! `/api/generate`: every path, and every error that is its own.

use std::time::Duration;

use devkit::deadline;
use reqwest::Method;
use serde_json::{Value, json};
use tests::client::{Caller, Task, credits};
use tests::stack::{Stack, core};

const SUBMIT: &str = "/api/generate/text-to-image";
const ESTIMATE: &str = "/api/generate/estimate";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_submit_says_what_is_set_aside_and_an_estimate_sets_nothing_aside() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let scene = stack.scene().await;
    let second = stack.host(&scene.owner, json!({}), "0.54", &json!({})).await;
    let _dear = stack.host(&scene.owner, json!({}), "0.9", &json!({})).await;
    stack.await_resources(&scene.consumer, 3).await;

    // Three serve it, two of them within what would be held.
    let estimate = scene.consumer.post(ESTIMATE, &core("a heron")).await.expect(200);
    assert_eq!(estimate["model"], "stability/core");
    assert_eq!((&estimate["estimate"], &estimate["resources"]), (&json!("1.5"), &json!(2)));
    assert_eq!(estimate["max_credits"], "1.65");
    assert_eq!(scene.consumer.balance().await.available, credits("1000"));

    // `auto` is the cheapest model that can.
    let auto = scene.consumer.post(ESTIMATE, &json!({"prompt": "a heron"})).await.expect(200);
    assert_eq!((&auto["model"], &auto["estimate"]), (&json!("stability/core"), &json!("1.5")));

    let task = scene.consumer.submit(&json!({"prompt": "a heron"})).await;
    assert_eq!((task.status.as_str(), task.requested_model.as_str()), ("pending", "auto"));
    assert_eq!(task.credits_held, credits("1.65"));
    assert!(task.attempts.is_empty() && task.model.is_none() && task.image_url.is_none());
    let balance = scene.consumer.balance().await;
    assert_eq!((balance.available, balance.held), (credits("998.35"), credits("1.65")));
    assert_eq!(balance.total, credits("1000"));

    let mut body = core("a heron");
    body["max_credits"] = json!("7.25");
    assert_eq!(scene.consumer.submit(&body).await.credits_held, credits("7.25"));
    scene.owner.delete(&format!("/api/resource/{}", second.resource.id)).await.expect(204);
    for task in scene.consumer.all::<Task>("/api/generate/history").await {
        scene.consumer.cancel(&task).await.expect(200);
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_not_valid_names_its_fields_and_one_no_model_can_serve_says_why() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let scene = stack.scene().await;
    let with = |field: &str, value: Value| {
        let mut body = core("a heron");
        body[field] = value;
        body
    };

    for path in [SUBMIT, ESTIMATE] {
        for (field, value) in [
            ("prompt", json!("")),
            ("prompt", json!("   ")),
            ("prompt", json!("x".repeat(10_001))),
            ("prompt", json!("a\u{0}b")),
            ("prompt", json!(["a heron"])),
            ("model", json!("stability/sdxl")),
            ("model", json!("dall-e")),
            ("aspect_ratio", json!("7:1")),
            ("output_format", json!("gif")),
            ("style_preset", json!("baroque")),
            ("seed", json!(-1)),
            ("seed", json!(4_294_967_295_u64)),
            ("seed", json!("7")),
            ("max_credits", json!("0")),
            ("max_credits", json!("1.2345678")),
            ("max_credits", json!(2)),
            ("deadline_seconds", json!(9)),
            ("deadline_seconds", json!(3_601)),
            ("size", json!("1024x1024")),
        ] {
            let answer = scene.consumer.post(path, &with(field, value)).await;
            answer.expect_invalid(field);
        }
        scene.consumer.post(path, &json!({})).await.expect_invalid("prompt");
        for body in [
            with("prompt", json!("雪の中の赤い狐")),
            with("prompt", json!("рыжая лиса в снегу")),
            json!({"prompt": "a heron", "model": "stability/sd3.5-large-turbo", "negative_prompt": "fog"}),
        ] {
            let answer = scene.consumer.post(path, &body).await;
            answer.expect_problem(422, "generation.model_cannot");
        }
    }
    // A name, an accent or an emoji in between is no foreign script.
    for prompt in ["Café Łódź at dusk, naïve style", "a heron 🦢 at dawn"] {
        scene.consumer.post(ESTIMATE, &core(prompt)).await.expect(200);
    }
    let exactly = "x".repeat(10_000);
    scene.consumer.post(ESTIMATE, &core(&exactly)).await.expect(200);
    assert_eq!(scene.consumer.balance().await.available, credits("1000"));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nobody_can_serve_the_answer_says_what_is_missing() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let (admin, consumer) = (stack.admin().await, stack.user("consumer").await);
    let owner = stack.user("owner").await;
    admin.grant(&consumer, "1").await;

    // Nothing is hosted at all.
    let refused = consumer.post(SUBMIT, &core("a heron")).await;
    refused.expect_problem(503, "generation.no_resource");

    // Something is, but the provider's policy (own_use_only by default) keeps it to its owner.
    stack.host(&owner, json!({}), "0.5", &json!({})).await;
    let refused = deadline::until("the key is seen", Duration::from_secs(10), async || {
        let answer = consumer.post(SUBMIT, &core("a heron")).await;
        (answer.status != 503).then_some(answer)
    })
    .await;
    refused.expect_problem(403, "generation.policy_refused");

    // The policy allows it, but one credit is too little.
    admin.set_policy("third_party_allowed").await;
    stack.await_resources(&consumer, 1).await;
    let refused = consumer.post(SUBMIT, &core("a heron")).await;
    refused.expect_problem(402, "credits.insufficient");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_may_have_so_many_tasks_waiting_and_no_more() {
    let stack = Stack::builder()
        .workers(0)
        .schedulers(0)
        .setting("api", "AETHERFLOW_QUEUE_MAX", "3")
        .start()
        .await;
    let scene = stack.scene().await;

    let mut tasks = Vec::new();
    for number in 0..3 {
        tasks.push(scene.consumer.submit(&core(&format!("picture {number}"))).await);
    }
    let refused = scene.consumer.post(SUBMIT, &core("one too many")).await;
    refused.expect_problem(429, "generation.queue_full");

    for task in &tasks {
        scene.consumer.cancel(task).await.expect(200);
    }
    let task = scene.consumer.submit(&core("room again")).await;
    scene.consumer.cancel(&task).await.expect(200);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_are_listed_with_what_they_cost_the_caller() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let scene = stack.scene().await;

    let list = scene.consumer.get("/api/generate/models").await.expect(200);

    assert!(list["next_cursor"].is_null());
    let models = list["items"].as_array().unwrap();
    let ids: Vec<&str> = models.iter().map(|it| it["id"].as_str().unwrap()).collect();
    for id in ["ultra", "core", "sd3.5-large", "sd3.5-large-turbo", "sd3.5-medium"] {
        assert!(ids.contains(&format!("stability/{id}").as_str()), "{ids:?}");
    }
    let openai = "openai/gpt-image-1.5-medium-1024x1536";
    let openai = models.iter().find(|it| it["id"] == openai).unwrap();
    assert_eq!((&openai["aspect_ratios"], &openai["available"]), (&json!(["2:3"]), &json!(false)));
    assert_eq!((&openai["seed"], &openai["negative_prompt"]), (&json!(false), &json!(false)));
    let core = models.iter().find(|it| it["id"] == "stability/core").unwrap();
    assert_eq!((&core["seed"], &core["negative_prompt"]), (&json!(true), &json!(true)));
    assert_eq!((&core["units_per_image"], &core["from_credits"]), (&json!("3"), &json!("1.5")));
    assert_eq!((&core["available"], &core["prompt_max_chars"]), (&json!(true), &json!(10_000)));
    for field in ["provider", "display_name", "aspect_ratios", "output_formats", "prompt_languages"]
    {
        assert!(!core[field].is_null(), "{field}");
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_is_for_its_consumer_or_whoever_was_given_its_link_for_an_hour() {
    let stack = Stack::builder().schedulers(0).start().await;
    let scene = stack.scene().await;
    let stranger = stack.user("stranger").await;
    let task = scene.consumer.generate(&core("a heron")).await;
    let path = format!("/api/generate/task/{}/image", task.id);
    let url = task.image_url.clone().unwrap();

    let image = scene.consumer.get(&path).await;
    assert_eq!((image.status, image.header("content-type")), (200, "image/png"));
    assert_eq!(image.header("x-content-type-options"), "nosniff");
    let etag = image.header("etag").to_owned();
    assert_eq!(image.bytes, scene.consumer.image(&task).await);
    let again =
        scene.consumer.request(Method::GET, &path).header("if-none-match", &etag).send().await;
    assert_eq!((again.status, again.bytes.len()), (304, 0));

    stranger.get(&path).await.expect_problem(404, "not_found");
    stack.anonymous().get(&path).await.expect_problem(401, "auth.required");
    // A link opens its own task and nothing else, unchanged.
    assert!(url.starts_with(&stack.api_url), "{url}");
    let other = scene.consumer.generate(&core("an egret")).await;
    let anonymous = Caller::anonymous("");
    let forged = url.replace(&task.id, &other.id);
    anonymous.get(&forged).await.expect_problem(401, "auth.invalid_token");
    let mut changed = url.clone();
    let last = changed.pop().unwrap();
    changed.push(if last == 'A' { 'B' } else { 'A' });
    let answer = anonymous.get(&changed).await;
    assert_eq!(answer.status, 401, "{}", answer.code());

    // One without an image has none.
    let failed = scene.consumer.generate(&core("[blocked]")).await;
    let path = format!("/api/generate/task/{}/image", failed.id);
    scene.consumer.get(&path).await.expect_problem(404, "not_found");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_is_shown_to_its_consumer_only_and_waits_within_bounds() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let scene = stack.scene().await;
    let task = scene.consumer.submit(&core("a heron")).await;
    let path = format!("/api/generate/task/{}", task.id);

    for user in [&scene.owner, &scene.admin, &stack.user("stranger").await] {
        user.get(&path).await.expect_problem(404, "not_found");
        user.cancel(&task).await.expect_problem(404, "not_found");
    }
    for id in ["nonsense", "01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3e"] {
        let path = format!("/api/generate/task/{id}");
        scene.consumer.get(&path).await.expect_problem(404, "not_found");
    }
    for wait in ["-1", "61", "soon", "1.5"] {
        scene.consumer.get(&format!("{path}?wait={wait}")).await.expect_invalid("wait");
    }
    scene.consumer.get(&format!("{path}?wait=0")).await.expect(200);

    // A wait ends when its task is canceled.
    let consumer = scene.consumer.clone();
    let waiting = tokio::spawn(async move { consumer.get(&format!("{path}?wait=30")).await });
    deadline::until_true("the wait has begun", Duration::from_secs(10), async || {
        stack.metrics("api-1").await.contains("aetherflow_task_waiters 1")
    })
    .await;
    let began = std::time::Instant::now();
    scene.consumer.cancel(&task).await.expect(200);
    let answered: Task = waiting.await.unwrap().expect_as(200);
    assert_eq!(answered.status, "canceled");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_is_ones_own_newest_first_and_filtered() {
    let stack = Stack::builder().schedulers(0).start().await;
    let scene = stack.scene().await;
    for prompt in ["first", "second", "[blocked] third"] {
        scene.consumer.generate(&core(prompt)).await;
    }
    let medium = json!({"prompt": "fourth", "model": "stability/sd3.5-medium"});
    let fourth = scene.consumer.generate(&medium).await;
    let of = async |query: &str| {
        let tasks: Vec<Task> = scene.consumer.all(&format!("/api/generate/history{query}")).await;
        tasks.into_iter().map(|it| it.prompt).collect::<Vec<_>>()
    };

    assert_eq!(of("").await, ["fourth", "[blocked] third", "second", "first"]);
    assert_eq!(of("?limit=1").await, ["fourth", "[blocked] third", "second", "first"]);
    assert_eq!(of("?status=failed").await, ["[blocked] third"]);
    assert_eq!(of("?model=stability/sd3.5-medium").await, ["fourth"]);
    assert_eq!(of(&format!("?from={}", fourth.created_at)).await, ["fourth"]);
    assert_eq!(
        of(&format!("?to={}&status=completed", fourth.created_at)).await,
        ["second", "first"]
    );
    assert!(scene.owner.all::<Task>("/api/generate/history").await.is_empty());
    for (field, value) in
        [("status", "done"), ("from", "yesterday"), ("limit", "1000"), ("page", "2")]
    {
        let path = format!("/api/generate/history?{field}={value}");
        scene.consumer.get(&path).await.expect_invalid(field);
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idempotency_key_is_visible_ascii_of_bounded_length() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let scene = stack.scene().await;

    for key in ["", "a b", "x".repeat(256).as_str()] {
        let answer = scene.consumer.post_once(SUBMIT, key, &core("a heron")).await;
        answer.expect_invalid("Idempotency-Key");
    }
    let longest = "x".repeat(255);
    let task: Task =
        scene.consumer.post_once(SUBMIT, &longest, &core("a heron")).await.expect_as(202);
    // A request that spells out the defaults is the same request.
    let mut spelled = core("a heron");
    spelled["aspect_ratio"] = json!("1:1");
    spelled["output_format"] = json!("png");
    let again: Task = scene.consumer.post_once(SUBMIT, &longest, &spelled).await.expect_as(202);
    assert_eq!(again.id, task.id);
    scene.consumer.cancel(&task).await.expect(200);
    stack.finish().await;
}
