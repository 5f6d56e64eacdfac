//! Every shape of answer, published or observed, and its class.

use std::time::Duration;

use providers::{
    Billed::{self, No, Unknown as UnknownBill, Yes},
    ErrorClass::{self, *},
};

use crate::{
    config, generate_at, images, key,
    scripted::{Server, answer, image},
    stability,
};

const PAGE: &str = "<html><head><title>Attention Required! | Cloudflare</title></head></html>";

fn api(name: &str, text: &str) -> String {
    format!(r#"{{"id":"4212a4b66fbe1cedca4bf2133d35dca5","name":"{name}","errors":["{text}"]}}"#)
}

fn v1(name: &str, text: &str) -> String {
    format!(r#"{{"id":"9160aa70","name":"{name}","message":"{text}"}}"#)
}

#[tokio::test]
async fn every_refusal_has_its_class_and_its_books() {
    let credits = "You lack sufficient credits to make this request. Please purchase more credits \
                   at https://platform.stability.ai/account/credits and try again.";
    let rate = "You have exceeded the rate limit of 150 requests within a 10 second period, and \
                have been timed out for 60 seconds.";
    let huge = "x".repeat(100_000);
    #[rustfmt::skip]
    let rows: Vec<(u16, String, ErrorClass, Billed)> = vec![
        (400, api("bad_request", "some-field: is required"), UserError, No),
        (400, String::new(), UserError, No),
        (400, PAGE.into(), ProviderTransient, No),
        (401, api("unauthorized", "missing authorization header"), KeyInvalid, No),
        (401, v1("unauthorized", "Incorrect API key provided"), KeyInvalid, No),
        (401, String::new(), KeyInvalid, No),
        (401, PAGE.into(), ProviderTransient, No),
        (402, api("payment_required", credits), KeyNoCredit, No),
        (402, String::new(), KeyNoCredit, No),
        (403, api("content_moderation", "Your request was flagged by our content moderation system, as a result your request was denied and you were not charged."), ContentBlocked, No),
        (403, v1("permission_denied", "You do not have permission"), KeyForbidden, No),
        (403, r#"{"detail":"forbidden"}"#.into(), KeyForbidden, No),
        (403, PAGE.into(), ProviderTransient, No),
        (404, api("not_found", "no such model"), ModelGone, No),
        (404, PAGE.into(), ProviderTransient, No),
        (405, String::new(), ProviderTransient, No),
        (408, String::new(), ProviderTransient, No),
        (409, api("conflict", "x"), ProviderTransient, No),
        (410, String::new(), ModelGone, No),
        (413, api("payload_too_large", "body: payloads cannot be larger than 10MiB in size"), UserError, No),
        (415, String::new(), ProviderTransient, No),
        (422, api("invalid_language", "English is the only supported language for this service."), UserError, No),
        (422, api("public_figure", "Our system detected the likeness of a public figure"), ContentBlocked, No),
        (422, api("unprocessable_entity", "x"), UserError, No),
        (429, api("rate_limit_exceeded", rate), RateLimited, No),
        (429, PAGE.into(), RateLimited, No),
        (429, String::new(), RateLimited, No),
        (500, api("internal_error", "An unexpected server error has occurred, please try again later."), ProviderTransient, No),
        (500, String::new(), Unknown, UnknownBill),
        (500, r#"{"id":"x","name":"internal_er"#.into(), Unknown, UnknownBill),
        (500, PAGE.into(), Unknown, UnknownBill),
        (502, PAGE.into(), Unknown, UnknownBill),
        (502, api("internal_error", "x"), ProviderTransient, No),
        (503, PAGE.into(), ProviderTransient, No),
        (503, String::new(), ProviderTransient, No),
        (504, PAGE.into(), Unknown, UnknownBill),
        (520, PAGE.into(), Unknown, UnknownBill),
        (524, String::new(), Unknown, UnknownBill),
        (400, huge.clone(), ProviderTransient, No),
        (503, huge, Unknown, UnknownBill),
        (202, r#"{"id":"x","status":"in-progress"}"#.into(), Unknown, UnknownBill),
        (204, String::new(), Unknown, UnknownBill),
        (599, String::new(), Unknown, UnknownBill),
        (600, String::new(), Unknown, UnknownBill),
    ];

    for (status, body, class, billed) in rows {
        let shown: String = body.chars().take(80).collect();
        let server = Server::answering(answer(status, "", body)).await;

        let error = generate_at(&server.url).await.unwrap_err();

        assert_eq!((error.class, error.billed), (class, billed), "{status} {shown}");
        assert!(error.message.chars().count() <= 300);
        assert!(!error.message.contains("://"), "{}", error.message);
        let lock_out = (class == RateLimited).then_some(Duration::from_mins(1));
        assert_eq!(error.retry_after, lock_out, "{status} {shown}");
    }
}

#[tokio::test]
async fn a_refusal_cut_short_is_judged_by_what_is_certain() {
    for (status, class, billed) in [
        (401, KeyInvalid, No),
        (402, KeyNoCredit, No),
        (403, ProviderTransient, No),
        (422, ProviderTransient, No),
        (429, RateLimited, No),
        (500, Unknown, UnknownBill),
        (503, Unknown, UnknownBill),
    ] {
        let cut = format!("HTTP/1.1 {status} X\r\ncontent-length: 500\r\n\r\n{{\"id\":\"x\",\"na");
        let server = Server::closing_after(cut).await;

        let error = generate_at(&server.url).await.unwrap_err();

        assert_eq!((error.class, error.billed), (class, billed), "{status}");
    }
}

#[tokio::test]
async fn a_consumer_reads_what_they_can_change_and_nothing_of_the_account() {
    for (status, name, text, expected) in [
        (
            400,
            "bad_request",
            "seed: must be less",
            "the provider refused the request (status 400): “seed: must be less”",
        ),
        (
            422,
            "invalid_language",
            "English is the only",
            "the provider refused the request (status 422): “English is the only”",
        ),
        (
            402,
            "payment_required",
            "org-77 has -3 credits",
            "the account of the key has no units left",
        ),
        (401, "unauthorized", "key sk-ab is wrong", "the provider does not accept the key"),
    ] {
        let server = Server::answering(answer(status, "", api(name, text))).await;

        assert_eq!(generate_at(&server.url).await.unwrap_err().message, expected);
    }
}

#[tokio::test]
async fn retry_after_is_obeyed_within_reason() {
    for (header, seconds) in [
        ("retry-after: 7\r\n", 7),
        ("retry-after: 999999\r\n", 3600),
        (
            "date: Wed, 21 Oct 2026 07:28:00 GMT\r\nretry-after: Wed, 21 Oct 2026 07:28:05 GMT\r\n",
            5,
        ),
        ("retry-after: 2.5\r\n", 3),
        ("retry-after: soon\r\n", 60),
        ("retry-after: -1\r\n", 60),
    ] {
        let server = Server::answering(answer(429, header, "")).await;

        let error = generate_at(&server.url).await.unwrap_err();

        assert_eq!(error.retry_after, Some(Duration::from_secs(seconds)), "{header}");
    }
}

#[tokio::test]
async fn a_filtered_image_is_not_delivered_though_it_was_billed() {
    let headers = "content-type: image/png\r\nfinish-reason: CONTENT_FILTERED\r\nseed: 1\r\n";
    let server = Server::answering(answer(200, headers, images::png(8, 6))).await;

    let error = generate_at(&server.url).await.unwrap_err();

    assert_eq!((error.class, error.billed), (ContentBlocked, Yes));
}

#[tokio::test]
async fn a_200_that_is_not_the_image_asked_for_is_unknown() {
    let no_width = images::png(0, 6);
    let other_reason = "content-type: image/png\r\nfinish-reason: ERROR\r\n";
    for (what, bytes) in [
        ("another format", image("", images::jpeg())),
        ("json", image("", r#"{"image":"aGk=","finish_reason":"SUCCESS"}"#)),
        ("a page", image("", PAGE)),
        ("nothing", image("", "")),
        ("a cut header", image("", &images::png(8, 6)[..18])),
        ("no width", image("", no_width)),
        ("an unknown finish reason", answer(200, other_reason, images::png(8, 6))),
    ] {
        let server = Server::answering(bytes).await;

        let error = generate_at(&server.url).await.unwrap_err();

        assert_eq!((error.class, error.billed), (Unknown, UnknownBill), "{what}");
    }
}

#[tokio::test]
async fn the_probe_is_never_billed_and_blames_only_what_it_can_prove() {
    let secret = r#"{"credits": "many"}"#;
    #[rustfmt::skip]
    let rows: Vec<(u16, String, ErrorClass)> = vec![
        (401, v1("unauthorized", "Incorrect API key provided"), KeyInvalid),
        (402, api("payment_required", "x"), KeyNoCredit),
        (403, v1("permission_denied", "no"), KeyForbidden),
        (403, PAGE.into(), ProviderTransient),
        (404, String::new(), ProviderTransient),
        (400, v1("bad_request", "no"), ProviderTransient),
        (429, api("rate_limit_exceeded", "x"), RateLimited),
        (500, v1("internal_error", "x"), ProviderTransient),
        (502, PAGE.into(), ProviderTransient),
        (302, String::new(), ProviderTransient),
        (200, secret.into(), ProviderTransient),
        (200, "not json".into(), ProviderTransient),
        (200, r#"{"credits": 1e300}"#.into(), ProviderTransient),
        (200, String::new(), ProviderTransient),
    ];

    for (status, body, class) in rows {
        let server = Server::answering(answer(status, "", &body)).await;

        let error = stability(config(&server.url)).balance(&key()).await.unwrap_err();

        assert_eq!((error.class, error.billed), (class, No), "{status} {body}");
    }
}
