//! `OpenAI`'s protocol, against what the vendor publishes.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures::future::join_all;
use image::GenericImageView as _;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::published::names;
use crate::stage::{Stage, judged};

/// A stage on which `OpenAI` knows the key `sk-a`.
struct OpenAi(Stage);

impl OpenAi {
    async fn with_key(settings: Value) -> Self {
        let it = Self(Stage::new().await);
        it.put(settings).await;
        it
    }

    async fn put(&self, settings: Value) {
        let put = self.0.control(Method::PUT, "openai/keys/sk-a").json(&settings);
        assert!(put.send().await.unwrap().status().is_success(), "{settings}");
    }

    async fn view(&self) -> Value {
        let get = self.0.control(Method::GET, "openai/keys/sk-a");
        judged(get.send().await.unwrap()).await.1
    }

    fn url(&self, path: &str) -> String {
        format!("{}/v1/{path}", self.0.simulator.base_url("openai"))
    }

    /// A call with these fields beside a prompt and a model; null takes one away.
    fn call(&self, fields: &Value) -> RequestBuilder {
        let mut body = json!({"prompt": "a cat", "model": "gpt-image-1.5"});
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.0.client.post(self.url("images/generations")).bearer_auth("sk-a").json(&body)
    }

    async fn answer(&self, fields: Value) -> (u16, Value) {
        judged(self.call(&fields).send().await.unwrap()).await
    }
}

#[tokio::test]
async fn an_image_comes_as_base64_with_what_was_used() {
    let openai = OpenAi::with_key(json!({"balance": 100})).await;

    for (quality, size, (width, height), tokens, cents) in [
        ("low", "1024x1024", (1024, 1024), 272, 0.9),
        ("medium", "1024x1536", (1024, 1536), 1584, 5.0),
        ("high", "1536x1024", (1536, 1024), 6208, 20.0),
    ] {
        let before = openai.view().await["credits"].as_f64().unwrap();
        let (status, body) = openai
            .answer(json!({"quality": quality, "size": size, "output_format": "webp", "n": 1}))
            .await;

        assert_eq!(status, 200, "{body}");
        let fields = ["background", "created", "data", "output_format", "quality", "size", "usage"];
        assert_eq!(names(&body), fields);
        assert_eq!(body["quality"], quality);
        assert_eq!((&body["size"], &body["output_format"]), (&json!(size), &json!("webp")));
        assert_eq!(body["usage"]["output_tokens"], tokens);
        let file = BASE64.decode(body["data"][0]["b64_json"].as_str().unwrap()).unwrap();
        let image = image::load_from_memory_with_format(&file, image::ImageFormat::WebP).unwrap();
        assert_eq!(image.dimensions(), (width, height));
        let taken = openai.view().await["credits"].as_f64().unwrap() - before;
        assert!((taken - cents).abs() < 1e-6, "{quality} {size}: {taken}");
    }
}

#[tokio::test]
async fn only_published_fields_values_and_sizes_are_taken() {
    let openai = OpenAi::with_key(json!({"lockout": false})).await;
    let long = "é".repeat(32_000);
    let too_long = "é".repeat(32_001);
    let rows = [
        (200, "", json!({"moderation": "low", "safety_identifier": "u1", "background": "auto"})),
        (200, "", json!({"quality": "auto", "size": "auto", "output_compression": 100})),
        (200, "", json!({"prompt": long})),
        (200, "", json!({"model": "gpt-image-2", "size": "3072x1024"})),
        (400, "prompt", json!({"prompt": too_long})),
        (400, "prompt", json!({"prompt": null})),
        (400, "prompt", json!({"prompt": 7})),
        (400, "seed", json!({"seed": 7})),
        (400, "negative_prompt", json!({"negative_prompt": "fog"})),
        (400, "response_format", json!({"response_format": "url"})),
        (400, "quality", json!({"quality": "hd"})),
        (400, "size", json!({"size": "512x512"})),
        (400, "size", json!({"model": "gpt-image-2", "size": "1000x1024"})),
        (400, "size", json!({"model": "gpt-image-2", "size": "4096x1024"})),
        (400, "size", json!({"model": "gpt-image-2", "size": "3840x1024"})),
        (400, "size", json!({"model": "gpt-image-2", "size": "many"})),
        (400, "output_format", json!({"output_format": "gif"})),
        (400, "output_compression", json!({"output_compression": 101})),
        (400, "n", json!({"n": 11})),
    ];

    for (expected, param, fields) in rows {
        let shown: String = fields.to_string().chars().take(80).collect();
        let (status, body) = openai.answer(fields).await;
        assert_eq!(status, expected, "{shown}: {body}");
        if status == 400 {
            let error = &body["error"];
            assert_eq!(names(error), ["code", "message", "param", "type"], "{shown}");
            assert_eq!(error["param"], param, "{shown}");
            assert_eq!(error["type"], "invalid_request_error", "{shown}");
        }
    }
    let post = openai.0.client.post(openai.url("images/generations")).bearer_auth("sk-a");
    assert_eq!(judged(post.body("prompt=a").send().await.unwrap()).await.0, 400);
}

#[tokio::test]
async fn retired_models_are_not_found() {
    let openai = OpenAi::with_key(json!({})).await;

    for model in ["gpt-image-1", "dall-e-3", "dall-e-2"] {
        let (status, body) = openai.answer(json!({"model": model})).await;
        assert_eq!((status, &body["error"]["code"]), (404, &json!("model_not_found")), "{model}");
    }
}

#[tokio::test]
async fn each_fault_answers_with_its_code_and_charges_nothing() {
    let openai = OpenAi::with_key(json!({})).await;

    for (fault, status, code) in [
        ("key_invalid", 401, json!("invalid_api_key")),
        ("key_no_credit", 429, json!("credit_balance_exhausted")),
        ("key_forbidden", 403, Value::Null),
        ("rate_limited", 429, json!("rate_limit_exceeded")),
        ("content_blocked", 400, json!("moderation_blocked")),
        ("filtered", 400, json!("moderation_blocked")),
        ("user_error", 400, json!("invalid_value")),
        ("model_gone", 404, json!("model_not_found")),
        ("provider_transient", 500, json!("server_error")),
    ] {
        openai.put(json!({"faults": {fault: 1}})).await;

        let answer = openai.call(&json!({})).send().await.unwrap();

        let waits = answer.headers().contains_key("retry-after");
        assert_eq!(waits, fault == "rate_limited", "{fault}");
        assert!(answer.headers()["x-request-id"].to_str().unwrap().starts_with("req_"));
        let (answered, body) = judged(answer).await;
        assert_eq!((answered, &body["error"]["code"]), (status, &code), "{fault}: {body}");
    }
    let view = openai.view().await;
    assert_eq!((&view["images"], &view["credits"]), (&json!(0), &json!(0.0)));
}

#[tokio::test]
async fn moderation_refuses_by_trigger_words_and_makes_nothing() {
    let openai = OpenAi::with_key(json!({})).await;

    for prompt in ["a [blocked] cat", "a [filtered] cat"] {
        let (status, body) = openai.answer(json!({"prompt": prompt})).await;
        assert_eq!((status, &body["error"]["code"]), (400, &json!("moderation_blocked")));
        assert_eq!(body["error"]["type"], "image_generation_user_error");
    }
    assert_eq!(openai.view().await["images"], 0);
}

#[tokio::test]
async fn the_two_429_of_money_and_of_pace_are_told_apart() {
    let openai = OpenAi::with_key(json!({"balance": 3})).await;

    let (poor, body) = openai.answer(json!({"quality": "medium"})).await;
    assert_eq!((poor, &body["error"]["type"]), (429, &json!("insufficient_quota")));
    openai.put(json!({"balance": 100_000})).await;
    let calls = (0..250).map(|_| openai.call(&json!({"quality": "low"})).send());
    let statuses: Vec<_> =
        join_all(calls).await.into_iter().map(|it| it.unwrap().status().as_u16()).collect();

    // The refused call counts towards the minute as well.
    assert_eq!(statuses.iter().filter(|it| **it == 429).count(), 1);
    assert_eq!(openai.view().await["window_max"], 251);
}

#[tokio::test]
async fn a_client_that_leaves_is_charged_under_its_own_name_for_the_call() {
    let openai = OpenAi::with_key(json!({"latency_ms": 300})).await;

    let call = openai.call(&json!({"quality": "low"})).header("x-client-request-id", "gone");
    let left = call.timeout(Duration::from_millis(100)).send().await;

    assert!(left.unwrap_err().is_timeout());
    let path = "openai/keys/sk-a";
    let done = openai.0.until_at(path, |view| view["images"] == 1).await;
    assert_eq!((&done["attempts"], &done["credits"]), (&json!(["gone"]), &json!(0.9)));
}

#[tokio::test]
async fn keys_are_checked_by_the_list_of_models_and_no_balance_is_told() {
    let openai = OpenAi::with_key(json!({"faults": {"key_invalid": 1}})).await;
    let get = async |path: &str, key: &str| {
        let get = openai.0.client.get(openai.url(path)).bearer_auth(key);
        judged(get.send().await.unwrap()).await
    };

    let (status, list) = get("models", "sk-a").await;
    let (unknown, error) = get("models", "sk-another").await;
    let (no_balance, _) = get("user/balance", "sk-a").await;

    assert_eq!((status, unknown, no_balance), (200, 401, 404));
    assert_eq!(names(&list["data"][0]), ["created", "id", "object", "owned_by"]);
    let message = error["error"]["message"].as_str().unwrap();
    assert!(message.contains("sk-an***") && !message.contains("sk-another"), "{message}");
    assert_eq!(openai.view().await["calls"], 0);
}
