//! Two providers: who serves what, at whose price and by whose rules.

use std::time::Duration;

use devkit::deadline;
use serde_json::{Value, json};
use tests::client::{User, credits};
use tests::stack::Stack;

const ESTIMATE: &str = "/api/generate/estimate";
const MODEL: &str = "openai/gpt-image-1.5-medium-1536x1024";

/// The model that serves a request and what it costs, or the problem's code.
async fn chosen(consumer: &User, body: &Value) -> (String, String) {
    let answer = consumer.post(ESTIMATE, body).await;
    if answer.status != 200 {
        return (answer.code(), String::new());
    }
    let estimate = answer.json();
    let text = |field: &str| estimate[field].as_str().expect("an estimate names it").to_owned();
    (text("model"), text("estimate"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn auto_takes_the_cheapest_model_of_any_provider_that_can() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let scene = stack.scene().await;
    let key = stack.key_at("openai", json!({})).await;
    scene.owner.connect(&key, "1", &json!({})).await;
    scene.admin.set_policy_of("openai", "third_party_allowed").await;

    // 0.9 cents at 1 credit are less than 3 Stability credits at 0.5.
    let cheapest = "openai/gpt-image-1.5-low-1024x1024";
    deadline::until("both providers are seen", Duration::from_secs(10), async || {
        let (model, _) = chosen(&scene.consumer, &json!({"prompt": "a heron"})).await;
        (model == cheapest).then_some(())
    })
    .await;
    for (body, model, cost) in [
        (json!({}), cheapest, "0.9"),
        (json!({"aspect_ratio": "3:2"}), "openai/gpt-image-1.5-low-1536x1024", "1.3"),
        (json!({"aspect_ratio": "16:9"}), "stability/core", "1.5"),
        (json!({"seed": 7}), "stability/core", "1.5"),
        (json!({"negative_prompt": "fog"}), "stability/core", "1.5"),
        (json!({"style_preset": "anime"}), "stability/core", "1.5"),
        (json!({"prompt": "雪の中の赤い狐"}), cheapest, "0.9"),
        (json!({"prompt": "x".repeat(4_001)}), "stability/core", "1.5"),
    ] {
        let mut request = json!({"prompt": "a heron"});
        for (name, value) in body.as_object().unwrap() {
            request[name] = value.clone();
        }
        let (chosen, estimate) = chosen(&scene.consumer, &request).await;
        assert_eq!((chosen.as_str(), estimate.as_str()), (model, cost), "{body}");
    }

    for (field, value) in [("seed", json!(7)), ("negative_prompt", json!("fog"))] {
        let body = json!({"prompt": "a heron", "model": cheapest, field: value});
        let refused = scene.consumer.post(ESTIMATE, &body).await;
        let problem = refused.expect_problem(422, "generation.model_cannot");
        assert!(problem["detail"].as_str().unwrap().contains("it takes no"), "{problem}");
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_of_openai_serves_its_owner_alone_unless_the_policy_says_otherwise() {
    let stack = Stack::start().await;
    let scene = stack.scene().await;
    let key = stack.key_at("openai", json!({"balance": 50})).await;
    let resource = scene.owner.connect(&key, "0.4", &json!({})).await;
    assert_eq!(resource.available_units, None, "the provider tells no balance");
    scene.admin.grant(&scene.owner, "10").await;
    let body = json!({"prompt": "a heron", "model": MODEL, "aspect_ratio": "3:2"});

    // The evidence for the policy is there to read, before anybody has reviewed it.
    let policy = scene.admin.get("/api/admin/provider-policies/openai").await.expect(200);
    assert_eq!(policy["policy"], "own_use_only");
    assert!(policy["evidence"].as_str().unwrap().contains("https://openai.com/policies/"));
    let what = "the key is seen";
    deadline::until(what, Duration::from_secs(10), async || {
        let (code, _) = chosen(&scene.consumer, &body).await;
        (code == "generation.policy_refused").then_some(())
    })
    .await;
    let task = scene.owner.generate(&body).await;
    assert_eq!(task.attempt_states(), ["delivered"], "{task:#?}");
    let image = task.image.as_ref().unwrap();
    assert_eq!((image.width, image.height), (1536, 1024));

    scene.admin.set_policy_of("openai", "third_party_allowed").await;
    let what = "the policy is seen";
    deadline::until(what, Duration::from_secs(10), async || {
        let (model, _) = chosen(&scene.consumer, &body).await;
        (model == MODEL).then_some(())
    })
    .await;
    let task = scene.consumer.generate(&body).await;
    assert_eq!(task.attempt_states(), ["delivered"], "{task:#?}");
    // 5 cents at 0.4 credits.
    assert_eq!(task.credits_cost, Some(credits("2")));
    assert_eq!(task.model.as_deref(), Some(MODEL));
    let [earning] = &scene.owner.earnings_of(&task).await[..] else { panic!("one line a task") };
    assert_eq!(earning.gross, credits("2"));
    assert_eq!(key.books().await.images, 2);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quota_that_is_used_up_is_no_rate_limit_and_a_sync_learns_no_units() {
    let stack = Stack::start().await;
    let scene = stack.scene().await;
    scene.admin.set_policy_of("openai", "third_party_allowed").await;
    let key = stack.key_at("openai", json!({"faults": {"key_no_credit": 1.0}})).await;
    let resource = scene.owner.connect(&key, "0.1", &json!({})).await;
    let body = json!({"prompt": "a heron", "max_credits": "2"});
    deadline::until("the key is seen", Duration::from_secs(10), async || {
        chosen(&scene.consumer, &body).await.0.starts_with("openai/").then_some(())
    })
    .await;

    let task = scene.consumer.generate(&body).await;

    assert_eq!(task.attempt_states(), ["failed", "delivered"], "{task:#?}");
    assert_eq!(task.attempts[0].error_class.as_deref(), Some("key_no_credit"));
    assert_eq!(task.model.as_deref(), Some("stability/core"));
    let synced_at = async || -> String {
        let read = "SELECT synced_at::text FROM pool.resource_state WHERE resource_id = $1::uuid";
        sqlx::query_scalar(read).bind(&resource.id).fetch_one(&stack.pool).await.unwrap()
    };
    let before = synced_at().await;
    scene.owner.ring(&format!("/api/resource/{}/sync", resource.id)).await.expect(202);
    deadline::until("a sync", Duration::from_secs(10), async || {
        (synced_at().await != before).then_some(())
    })
    .await;
    let synced = scene.owner.resource(&resource).await;
    assert_eq!((synced.status.as_str(), synced.available_units), ("active", None));
    stack.finish().await;
}
