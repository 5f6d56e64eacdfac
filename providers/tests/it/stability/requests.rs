//! What is sent, and images that arrive.

use providers::{BodyBudget, ErrorClass, OutputFormat, ProviderConfig};
use rust_decimal::Decimal;

use crate::{
    AMPLE, KEY, config, generate_at, images, key, request,
    scripted::{Server, answer, image},
    stability,
};

/// The value of a text part of a multipart request.
fn part<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = request.split_once(&format!("name=\"{name}\"\r\n"))?;
    rest.strip_prefix("\r\n")?.split("\r\n--").next()
}

#[tokio::test]
async fn a_full_request_carries_every_field_and_identity() {
    let server = Server::answering(image("seed: 42\r\n", images::png(8, 6))).await;
    let mut request = request();
    request.model = "sd3.5-large".to_owned();
    request.prompt = "a \"light\"house,\r\n--dawn 灯塔".to_owned();
    request.negative_prompt = Some("people".to_owned());
    request.aspect_ratio = "16:9".to_owned();
    request.seed = Some(42);
    request.style_preset = Some("photographic".to_owned());
    request.end_user = Some("a1b2c3".to_owned());

    let made = stability(config(&server.url)).generate(&key(), &request, AMPLE).await.unwrap();

    let [sent] = server.requests().try_into().unwrap();
    let (head, _) = sent.split_once("\r\n\r\n").unwrap();
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("post /v2beta/stable-image/generate/sd3 http/1.1\r\n"), "{head}");
    for line in [
        format!("authorization: bearer {}", KEY.to_ascii_lowercase()),
        format!("x-request-id: {}", request.attempt_id),
        "accept: image/*".to_owned(),
        "stability-client-id: aetherflow".to_owned(),
        "stability-client-user-id: a1b2c3".to_owned(),
        "content-type: multipart/form-data; boundary=".to_owned(),
        "content-length: ".to_owned(),
    ] {
        assert!(head.contains(&format!("\r\n{line}")), "{line} in {head}");
    }
    assert!(!head.contains("accept-encoding"), "{head}");
    assert!(sent.contains("a \"light\"house,\r\n--dawn 灯塔\r\n--"));
    for (name, value) in [
        ("negative_prompt", "people"),
        ("aspect_ratio", "16:9"),
        ("seed", "42"),
        ("output_format", "png"),
        ("style_preset", "photographic"),
        ("model", "sd3.5-large"),
        ("mode", "text-to-image"),
    ] {
        assert_eq!(part(&sent, name), Some(value), "{name}");
    }
    assert_eq!((made.width, made.height, made.seed), (8, 6, Some(42)));
    assert_eq!(made.content_type, "image/png");
    assert_eq!(made.bytes, images::png(8, 6));
}

#[tokio::test]
async fn fields_nobody_asked_for_are_not_sent() {
    let server = Server::answering(image("", images::png(8, 6))).await;

    let made = generate_at(&server.url).await.unwrap();

    let [sent] = server.requests().try_into().unwrap();
    assert!(sent.starts_with("POST /v2beta/stable-image/generate/core HTTP/1.1\r\n"));
    for name in ["negative_prompt", "seed", "style_preset", "model", "mode"] {
        assert_eq!(part(&sent, name), None, "{name}");
    }
    assert!(!sent.contains("stability-client-user-id"));
    assert_eq!(made.seed, None);
}

#[tokio::test]
async fn each_format_is_recognised_by_its_file_and_not_by_its_header() {
    for (format, file, content_type) in [
        (OutputFormat::Png, images::png(768, 576), "image/png"),
        (OutputFormat::Jpeg, images::jpeg(), "image/jpeg"),
        (OutputFormat::Webp, images::webp(), "image/webp"),
    ] {
        let server = Server::answering(image("", file)).await;
        let mut request = request();
        request.output_format = format;

        let made = stability(config(&server.url)).generate(&key(), &request, AMPLE).await.unwrap();

        assert_eq!((made.width, made.height), (768, 576));
        assert_eq!(made.content_type, content_type);
    }
}

#[tokio::test]
async fn a_chunked_image_and_one_under_a_base_path_arrive_too() {
    let file = images::png(8, 6);
    let mut chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for piece in file.chunks(7) {
        chunked.extend(format!("{:x}\r\n", piece.len()).bytes());
        chunked.extend(piece);
        chunked.extend(b"\r\n");
    }
    chunked.extend(b"0\r\n\r\n");
    let server = Server::answering(chunked).await;
    let budget = BodyBudget::default();
    let base = format!("{}/stability/", server.url).parse().unwrap();
    let provider = stability(ProviderConfig::new(base, budget.clone()));

    let made = provider.generate(&key(), &request(), AMPLE).await.unwrap();

    assert_eq!(made.bytes, file);
    assert_eq!(budget.bytes() - budget.bytes_free(), file.len());
    assert!(server.requests()[0].starts_with("POST /stability/v2beta/"));
}

#[tokio::test]
async fn a_model_of_another_provider_is_gone_and_nothing_is_sent() {
    let server = Server::answering(image("", images::png(8, 6))).await;
    let mut request = request();
    request.model = "../../v1/user".to_owned();

    let error = stability(config(&server.url)).generate(&key(), &request, AMPLE).await.unwrap_err();

    assert_eq!(error.class, ErrorClass::ModelGone);
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn parallel_calls_reuse_the_connections_of_the_calls_before() {
    let server = Server::answering(image("", images::png(8, 6))).await;
    let provider = stability(config(&server.url));
    let (key, request) = (key(), request());

    for _ in 0..10 {
        let burst = (0..16).map(|_| provider.generate(&key, &request, AMPLE));
        let made = futures::future::join_all(burst).await;
        assert!(made.iter().all(Result::is_ok));
    }

    // The next burst may overtake a connection on its way back into the pool, hence not just 16.
    assert_eq!(server.requests().len(), 160);
    assert!(server.connections() <= 80, "{}", server.connections());
}

#[tokio::test]
async fn an_image_keeps_its_room_in_the_budget_until_it_is_dropped() {
    let file = [images::png(8, 6), vec![0; 700_000]].concat();
    let size = file.len();
    let server = Server::answering(image("", file)).await;
    let budget = BodyBudget::new(1_000_000);
    let mut config = ProviderConfig::new(server.url.parse().unwrap(), budget.clone());
    config.body_bytes_max = 1_000_000;
    let provider = stability(config);

    let first = provider.generate(&key(), &request(), AMPLE).await.unwrap();
    assert_eq!(budget.bytes_free(), 1_000_000 - size);
    let (key, request) = (key(), request());
    let second = provider.generate(&key, &request, AMPLE);
    let release = async {
        while server.requests().len() < 2 {
            tokio::task::yield_now().await;
        }
        drop(first);
    };
    let (second, ()) = tokio::join!(second, release);

    assert_eq!(second.unwrap().bytes.len(), size);
    assert_eq!(budget.bytes_free(), 1_000_000);
}

#[tokio::test]
async fn a_balance_is_read_with_the_key() {
    let server = Server::answering(answer(200, "", r#"{"credits": 0.41122252265928866}"#)).await;

    let left = stability(config(&server.url)).balance(&key()).await.unwrap();

    assert_eq!(left, Some("0.41122252265928866".parse::<Decimal>().unwrap()));
    let [sent] = server.requests().try_into().unwrap();
    assert!(sent.starts_with("GET /v1/user/balance HTTP/1.1\r\n"));
    assert!(sent.to_ascii_lowercase().contains("\r\nauthorization: bearer sk-thesecret"));
}
