//! What is sent, and images that arrive.

use providers::{BodyBudget, ErrorClass, OutputFormat, ProviderConfig};
use serde_json::{Value, json};

use super::{generate_at, image, openai, request};
use crate::{
    AMPLE, KEY, adapter, images, key,
    scripted::{Server, answer},
};

#[tokio::test]
async fn quality_and_size_come_from_the_model_and_nothing_else_is_sent() {
    let server = Server::answering(image(&images::png(1536, 1024))).await;
    let mut request = request();
    request.model = "gpt-image-1.5-medium-1536x1024".to_owned();
    request.prompt = "a \"light\"house,\n灯塔".to_owned();
    request.end_user = Some("a1b2c3".to_owned());

    let made = openai(&server.url).generate(&key(), &request, AMPLE).await.unwrap();

    let [sent] = server.requests().try_into().unwrap();
    let (head, body) = sent.split_once("\r\n\r\n").unwrap();
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("post /v1/images/generations http/1.1\r\n"), "{head}");
    for line in [
        format!("authorization: bearer {}", KEY.to_ascii_lowercase()),
        format!("x-client-request-id: {}", request.attempt_id),
        "content-type: application/json".to_owned(),
        "content-length: ".to_owned(),
    ] {
        assert!(head.contains(&format!("\r\n{line}")), "{line} in {head}");
    }
    let expected = json!({
        "model": "gpt-image-1.5", "quality": "medium", "size": "1536x1024", "n": 1,
        "prompt": "a \"light\"house,\n灯塔", "output_format": "png", "safety_identifier": "a1b2c3",
    });
    assert_eq!(serde_json::from_str::<Value>(body).unwrap(), expected);
    assert_eq!((made.width, made.height, made.seed), (1536, 1024, None));
    assert_eq!(made.content_type, "image/png");
    assert_eq!(made.bytes, images::png(1536, 1024));
}

#[tokio::test]
async fn what_the_provider_cannot_do_is_not_sent() {
    let server = Server::answering(image(&images::png(8, 6))).await;
    let provider = openai(&server.url);
    let mut seeded = request();
    seeded.seed = Some(7);
    let mut negative = request();
    negative.negative_prompt = Some("fog".to_owned());
    let mut styled = request();
    styled.style_preset = Some("anime".to_owned());
    let mut unpinned = request();
    unpinned.model = "gpt-image-1.5".to_owned();

    for (request, class) in [
        (seeded, ErrorClass::UserError),
        (negative, ErrorClass::UserError),
        (styled, ErrorClass::UserError),
        (unpinned, ErrorClass::ModelGone),
    ] {
        let error = provider.generate(&key(), &request, AMPLE).await.unwrap_err();
        assert_eq!((error.class, error.billed), (class, providers::Billed::No));
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn each_format_is_recognised_by_its_file() {
    for (format, file) in [
        (OutputFormat::Png, images::png(768, 576)),
        (OutputFormat::Jpeg, images::jpeg()),
        (OutputFormat::Webp, images::webp()),
    ] {
        let server = Server::answering(image(&file)).await;
        let mut request = request();
        request.output_format = format;

        let made = openai(&server.url).generate(&key(), &request, AMPLE).await.unwrap();

        assert_eq!((made.width, made.height), (768, 576));
        assert_eq!(made.content_type, format.content_type());
    }
}

#[tokio::test]
async fn base64_may_be_escaped_as_json_allows() {
    // Three bytes that encode to slashes.
    let file = [images::png(8, 6), vec![0xFF; 3]].concat();
    let escaped = String::from_utf8(image(&file)).unwrap();
    let (_, body) = escaped.split_once("\r\n\r\n").unwrap();
    assert!(body.contains('/'));
    let server = Server::answering(answer(200, "", body.replace('/', "\\/"))).await;

    assert_eq!(generate_at(&server.url).await.unwrap().bytes, file);
}

#[tokio::test]
async fn an_image_in_base64_keeps_room_for_itself_alone() {
    let file = [images::png(8, 6), vec![0; 400_000]].concat();
    let size = file.len();
    let server = Server::answering(image(&file)).await;
    let budget = BodyBudget::new(1_000_000);
    let mut config = ProviderConfig::new(server.url.parse().unwrap(), budget.clone());
    config.body_bytes_max = 1_000_000;
    let provider = adapter("openai", config);

    let made = provider.generate(&key(), &request(), AMPLE).await.unwrap();
    assert_eq!(budget.bytes_free(), 1_000_000 - size);
    drop(made);

    assert_eq!(budget.bytes_free(), 1_000_000);
}

#[tokio::test]
async fn an_image_beyond_the_limit_or_the_budget_is_unknown_and_gives_its_room_back() {
    let file = [images::png(8, 6), vec![0; 60_000]].concat();
    let server = Server::answering(image(&file)).await;
    for (budget, body_bytes_max) in [(1_000_000, 50_000), (100_000, 100_000)] {
        let budget = BodyBudget::new(budget);
        let mut config = ProviderConfig::new(server.url.parse().unwrap(), budget.clone());
        config.body_bytes_max = body_bytes_max;

        let made = adapter("openai", config).generate(&key(), &request(), AMPLE).await;

        assert_eq!(made.unwrap_err().class, ErrorClass::Unknown);
        assert_eq!(budget.bytes_free(), budget.bytes());
    }
}

#[tokio::test]
async fn a_key_that_is_accepted_tells_no_balance() {
    let list = r#"{"object":"list","data":[{"id":"gpt-image-1.5","object":"model"}]}"#;
    let server = Server::answering(answer(200, "", list)).await;

    assert_eq!(openai(&server.url).balance(&key()).await.unwrap(), None);
    let [sent] = server.requests().try_into().unwrap();
    assert!(sent.starts_with("GET /v1/models HTTP/1.1\r\n"));
    assert!(sent.to_ascii_lowercase().contains("\r\nauthorization: bearer sk-thesecret"));
}
