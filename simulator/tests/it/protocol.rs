//! `generate` against the vendor's published shapes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;

use crate::published::{self, names, strings};
use crate::stage::{Stage, judged};

const ENDPOINTS: [&str; 3] = ["ultra", "core", "sd3"];

#[tokio::test]
async fn every_published_value_is_accepted_and_others_are_refused() {
    let stage = Stage::with_key(json!({"lockout": false})).await;
    let published = published::stability();
    for endpoint in ENDPOINTS {
        let mut enums = published["enums"].as_object().unwrap().clone();
        if endpoint == "sd3" {
            enums.extend(published["sd3_enums"].as_object().unwrap().clone());
        }
        for (field, values) in &enums {
            for value in strings(values) {
                let answer = stage.call("sk-a", endpoint).text(field, value).send().await;
                assert_eq!(answer.status(), 200, "{endpoint} {field} {value}");
            }
            for wrong in ["", "no-such-value"] {
                let answer = stage.call("sk-a", endpoint).text(field, wrong).send().await;
                let (status, body) = judged(answer).await;
                assert_eq!(status, 400, "{endpoint} {field} {wrong}");
                let message = body["errors"][0].as_str().unwrap();
                assert!(message.starts_with(&format!("{field}: ")), "{message}");
            }
        }
    }
}

#[tokio::test]
async fn numbers_are_accepted_within_the_published_limits_only() {
    let stage = Stage::with_key(json!({"lockout": false})).await;
    let published = published::stability();
    for endpoint in ENDPOINTS {
        let mut numbers = published["numbers"].as_object().unwrap().clone();
        if endpoint == "sd3" {
            numbers.extend(published["sd3_numbers"].as_object().unwrap().clone());
        }
        for (field, limits) in &numbers {
            for (list, expected) in [("accepted", 200), ("refused", 400)] {
                for value in strings(&limits[list]) {
                    let answer = stage.call("sk-a", endpoint).text(field, value).send().await;
                    assert_eq!(answer.status(), expected, "{endpoint} {field} {value}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_prompt_is_required_and_bounded_in_characters() {
    let stage = Stage::with_key(json!({})).await;
    let most = published::stability()["prompt_characters_max"].as_u64().unwrap();
    let most = usize::try_from(most).unwrap();

    // Counted are characters: these are of two bytes each.
    let longest = stage.call("sk-a", "core").text("prompt", &"é".repeat(most)).send().await;
    let too_long = stage.call("sk-a", "core").text("prompt", &"é".repeat(most + 1)).send().await;
    let negative =
        stage.call("sk-a", "core").text("negative_prompt", &"é".repeat(most + 1)).send().await;
    let missing =
        judged(stage.call("sk-a", "core").prompt(None).text("seed", "1").send().await).await;
    let empty = judged(stage.call("sk-a", "core").prompt("").send().await).await;

    assert_eq!(longest.status(), 200);
    assert_eq!(too_long.status(), 400);
    assert_eq!(negative.status(), 400);
    for (status, body) in [missing, empty] {
        assert_eq!(status, 400);
        assert_eq!(body["errors"], json!(["prompt: is required"]));
        assert_eq!(body["name"], "bad_request");
    }
}

#[tokio::test]
async fn every_broken_rule_is_named_at_once() {
    let stage = Stage::with_key(json!({})).await;

    let answer = stage
        .call("sk-a", "sd3")
        .prompt(None)
        .text("seed", "many")
        .text("model", "sd1")
        .header("accept", "image/png")
        .send()
        .await;

    let (status, body) = judged(answer).await;
    let fields: Vec<_> = strings(&body["errors"])
        .into_iter()
        .map(|message| message.split(':').next().unwrap())
        .collect();
    assert_eq!(status, 400);
    assert_eq!(fields, ["accept", "prompt", "seed", "model"]);
}

#[tokio::test]
async fn bodies_that_are_not_multipart_are_refused_in_the_vendors_words() {
    let stage = Stage::with_key(json!({})).await;
    let url = format!("{}/stability/v2beta/stable-image/generate/core", stage.simulator.url());
    let post = || stage.client.post(&url).bearer_auth("sk-a");

    let json_body = judged(post().json(&json!({"prompt": "a cat"})).send().await.unwrap()).await;
    let no_body = judged(post().send().await.unwrap()).await;
    let torn = post()
        .header("content-type", "multipart/form-data; boundary=x")
        .body("--x\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\na ca");
    let torn = judged(torn.send().await.unwrap()).await;

    for (status, body) in [json_body, no_body] {
        assert_eq!(status, 400);
        assert_eq!(body["errors"], json!(["content-type: must be multipart/form-data"]));
    }
    assert_eq!(torn.0, 400);
}

#[tokio::test]
async fn a_part_given_twice_is_refused_and_an_unknown_one_ignored() {
    let stage = Stage::with_key(json!({})).await;

    let twice = stage.call("sk-a", "core").text("seed", "1").text("seed", "2").send().await;
    let unknown = stage.call("sk-a", "core").file("none", Vec::new()).send().await;

    assert_eq!(twice.status(), 400);
    assert_eq!(unknown.status(), 200);
}

#[tokio::test]
async fn an_image_to_start_from_needs_a_strength_and_the_right_mode() {
    let stage = Stage::with_key(json!({"lockout": false})).await;
    let png = b"\x89PNG\r\n\x1a\n-".to_vec();
    let image = |endpoint| stage.call("sk-a", endpoint).file("image", png.clone());
    let from_image = |call: crate::stage::Call| call.text("mode", "image-to-image");
    let calls = [
        (200, "ultra", image("ultra").text("strength", "0.5")),
        (400, "ultra without strength", image("ultra")),
        (400, "ultra, strength alone", stage.call("sk-a", "ultra").text("strength", "0.5")),
        (400, "ultra, strength too high", image("ultra").text("strength", "1.1")),
        (200, "sd3", from_image(image("sd3").text("strength", "0"))),
        (400, "sd3 in text mode", image("sd3").text("strength", "0.5")),
        (400, "sd3 without image", from_image(stage.call("sk-a", "sd3").text("strength", "1"))),
        (400, "sd3 with ratio", {
            from_image(image("sd3").text("strength", "1").text("aspect_ratio", "1:1"))
        }),
        (400, "ultra with a text as image", {
            stage.call("sk-a", "ultra").file("image", b"text".to_vec()).text("strength", "1")
        }),
    ];

    for (expected, what, call) in calls {
        let (status, body) = judged(call.send().await).await;
        assert_eq!(status, expected, "{what}: {body}");
    }
}

#[tokio::test]
async fn binary_and_json_answers_have_the_published_shapes() {
    let stage = Stage::with_key(json!({})).await;
    let success = &published::stability()["success"];
    for format in ["png", "jpeg", "webp"] {
        let call =
            || stage.call("sk-a", "core").text("output_format", format).text("seed", "343940597");

        let binary = call().header("accept", "image/*").send().await;
        let wrapped = call().header("accept", "application/json").send().await;

        for name in strings(&success["binary_headers"]) {
            assert!(binary.headers().contains_key(name), "{name}");
        }
        assert_eq!(binary.headers()["content-type"], format!("image/{format}"));
        assert_eq!(
            binary.headers()["finish-reason"],
            success["finish_reasons"][0].as_str().unwrap()
        );
        assert_eq!(binary.headers()["seed"], "343940597");
        let expected = format!("{}{format}", success["json_content_type"].as_str().unwrap());
        assert_eq!(wrapped.headers()["content-type"], expected);
        assert!(wrapped.headers().contains_key("x-request-id"));
        assert!(!wrapped.headers().contains_key("seed"));
        assert!(!wrapped.headers().contains_key("finish-reason"));
        let (_, body) = judged(wrapped).await;
        assert_eq!(names(&body), strings(&success["json_fields"]));
        assert_eq!(body["seed"], 343_940_597);
        assert_eq!(body["finish_reason"], success["finish_reasons"][0]);
        let image = BASE64.decode(body["image"].as_str().unwrap()).unwrap();
        assert_eq!(image, binary.bytes().await.unwrap());
    }
}

#[tokio::test]
async fn an_image_is_what_is_sent_when_accept_is_absent_or_anything() {
    let stage = Stage::with_key(json!({})).await;

    // The client sends `*/*` by itself.
    let anything = stage.core().await;
    let other = stage.call("sk-a", "core").header("accept", "text/html").send().await;

    assert_eq!(anything.headers()["content-type"], "image/png");
    assert_eq!(other.status(), 400);
}

#[tokio::test]
async fn a_seed_left_out_is_chosen_and_told() {
    let stage = Stage::with_key(json!({})).await;
    let seed = |answer: reqwest::Response| -> u32 {
        answer.headers()["seed"].to_str().unwrap().parse().unwrap()
    };

    let absent = seed(stage.core().await);
    let zero = seed(stage.call("sk-a", "core").text("seed", "0").send().await);

    assert!(absent != 0 && zero != 0 && absent != zero);
}

#[tokio::test]
async fn prompts_in_other_scripts_are_refused_as_a_language() {
    let stage = Stage::with_key(json!({})).await;

    let (status, body) = judged(stage.call("sk-a", "core").prompt("一只猫").send().await).await;

    assert_eq!((status, &body["name"]), (422, &json!("invalid_language")));
    assert_eq!(body["errors"], json!(["English is the only supported language for this service."]));
}

#[tokio::test]
async fn trigger_words_set_moderation_off() {
    let stage = Stage::with_key(json!({})).await;

    let refused = judged(stage.call("sk-a", "core").prompt("a [blocked] cat").send().await).await;
    let blurred = stage.call("sk-a", "core").prompt("a [filtered] cat").send().await;

    assert_eq!((refused.0, &refused.1["name"]), (403, &json!("content_moderation")));
    assert_eq!(blurred.status(), 200);
    assert_eq!(blurred.headers()["finish-reason"], "CONTENT_FILTERED");
    let view = stage.key("sk-a").await;
    assert_eq!(
        (&view["calls"], &view["images"], &view["credits"]),
        (&json!(2), &json!(1), &json!(3.0))
    );
}

#[tokio::test]
async fn requests_beyond_ten_mebibytes_are_refused_with_an_answer() {
    let stage = Stage::with_key(json!({})).await;
    let most = usize::try_from(published::stability()["body_bytes_max"].as_u64().unwrap()).unwrap();

    let answer = stage.call("sk-a", "ultra").file("image", vec![0; most]).send().await;

    let (status, body) = judged(answer).await;
    assert_eq!((status, &body["name"]), (413, &json!("payload_too_large")));
    assert_eq!(body["errors"], json!(["body: payloads cannot be larger than 10MiB in size"]));
    assert_eq!(stage.key("sk-a").await["images"], 0);
}

#[tokio::test]
async fn keys_that_were_never_put_are_unauthorized() {
    let stage = Stage::with_key(json!({})).await;
    let published = published::stability();
    let expected = &published["errors"]["key_invalid"];

    let unknown = judged(stage.call("sk-b", "core").send().await).await;
    let url = format!("{}/stability/v2beta/stable-image/generate/core", stage.simulator.url());
    let bare = judged(stage.client.post(url).send().await.unwrap()).await;

    for (status, body) in [unknown, bare] {
        assert_eq!((json!(status), &body["name"]), (expected["status"].clone(), &expected["name"]));
        assert_eq!(names(&body), strings(&published["error_fields"]));
    }
}

#[tokio::test]
async fn paths_the_vendor_does_not_have_are_not_found() {
    let stage = Stage::with_key(json!({})).await;

    let model = judged(stage.call("sk-a", "sd4").send().await).await;
    let page = judged(stage.v1("sk-a", "user/secrets").send().await.unwrap()).await;
    let provider = stage.client.get(format!("{}/unknown/v1", stage.simulator.url()));
    let provider = judged(provider.send().await.unwrap()).await;

    assert_eq!((model.0, &model.1["name"]), (404, &json!("not_found")));
    assert_eq!((page.0, &page.1["name"]), (404, &json!("not_found")));
    assert_eq!((provider.0, &provider.1["providers"]), (404, &json!(["openai", "stability"])));
}
