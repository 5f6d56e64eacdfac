//! Every shape of answer, published or observed, and its class.

use std::time::Duration;

use providers::{
    Billed::{self, No, Unknown as UnknownBill},
    ErrorClass::{self, *},
};

use super::{generate_at, image, openai};
use crate::{
    images, key,
    scripted::{Server, answer},
};

const PAGE: &str = "<html><head><title>502 Bad Gateway</title></head></html>";

/// An error as published; an empty code or type is null.
fn api(kind: &str, code: &str, message: &str) -> String {
    let text = |it: &str| if it.is_empty() { "null".to_owned() } else { format!("\"{it}\"") };
    format!(
        r#"{{"error":{{"message":"{message}","type":{},"param":null,"code":{}}}}}"#,
        text(kind),
        text(code)
    )
}

#[tokio::test]
async fn every_documented_error_has_one_class_and_is_not_billed() {
    let request_error = "invalid_request_error";
    let quota = "insufficient_quota";
    #[rustfmt::skip]
    let rows: Vec<(u16, String, ErrorClass, Billed)> = vec![
        (400, api(request_error, "invalid_value", "Invalid value"), UserError, No),
        (400, api(request_error, "", "x"), UserError, No),
        (400, api(request_error, "unknown_parameter", "Unknown parameter: 'seed'."), UserError, No),
        (400, api("image_generation_user_error", "moderation_blocked", "Your request was rejected by the safety system. safety_violations=[sexual]."), ContentBlocked, No),
        (400, api(request_error, "content_policy_violation", "x"), ContentBlocked, No),
        (400, api("image_generation_user_error", "", "x"), UserError, No),
        (400, api(request_error, "billing_hard_limit_reached", "Billing hard limit has been reached"), KeyNoCredit, No),
        (400, api("billing_limit_user_error", "billing_hard_limit_reached", "x"), KeyNoCredit, No),
        (400, PAGE.into(), ProviderTransient, No),
        (401, api(request_error, "invalid_api_key", "Incorrect API key provided"), KeyInvalid, No),
        (401, api(request_error, "", "You must be a member of an organization to use the API"), KeyInvalid, No),
        (401, api(request_error, "ip_not_authorized", "x"), KeyForbidden, No),
        (401, api(request_error, "", "IP not authorized"), KeyForbidden, No),
        (401, String::new(), KeyInvalid, No),
        (403, api(request_error, "", "Your organization must be verified to use the model"), KeyForbidden, No),
        (403, api("request_forbidden", "unsupported_country_region_territory", "x"), KeyForbidden, No),
        (403, api(request_error, "model_not_found", "Project does not have access to model"), KeyForbidden, No),
        (403, PAGE.into(), ProviderTransient, No),
        (404, api(request_error, "model_not_found", "The model does not exist"), ModelGone, No),
        (404, PAGE.into(), ProviderTransient, No),
        (408, api("timeout", "", "x"), ProviderTransient, No),
        (409, api("conflict", "", "x"), ProviderTransient, No),
        (413, api(request_error, "", "x"), UserError, No),
        (429, api(quota, quota, "You exceeded your current quota"), KeyNoCredit, No),
        (429, api(quota, "credit_balance_exhausted", "x"), KeyNoCredit, No),
        (429, api(quota, "organization_spend_limit_exceeded", "x"), KeyNoCredit, No),
        (429, api(quota, "project_spend_limit_exceeded", "x"), KeyNoCredit, No),
        (429, api(quota, "organization_usage_limit_exceeded", "x"), KeyNoCredit, No),
        (429, api("", "credit_balance_exhausted", "x"), KeyNoCredit, No),
        (429, api(quota, "", "x"), KeyNoCredit, No),
        (429, api("billing_not_active", "billing_not_active", "x"), KeyNoCredit, No),
        (429, api("requests", "rate_limit_exceeded", "Rate limit reached"), RateLimited, No),
        (429, api("tokens", "rate_limit_exceeded", "x"), RateLimited, No),
        (429, api("server_error", "slow_down", "x"), RateLimited, No),
        (429, PAGE.into(), RateLimited, No),
        (429, String::new(), RateLimited, No),
        (500, api("server_error", "server_error", "The server had an error"), ProviderTransient, No),
        (500, api("server_error", "", "x"), ProviderTransient, No),
        (500, PAGE.into(), Unknown, UnknownBill),
        (502, PAGE.into(), Unknown, UnknownBill),
        (503, api("server_error", "server_is_overloaded", "x"), ProviderTransient, No),
        (503, PAGE.into(), ProviderTransient, No),
        (504, PAGE.into(), Unknown, UnknownBill),
        (524, String::new(), Unknown, UnknownBill),
        (202, String::new(), Unknown, UnknownBill),
    ];

    for (status, body, class, billed) in rows {
        let server = Server::answering(answer(status, "", &body)).await;

        let error = generate_at(&server.url).await.unwrap_err();

        assert_eq!((error.class, error.billed), (class, billed), "{status} {body}");
        assert!(!error.message.contains("://"), "{}", error.message);
    }
}

#[tokio::test]
async fn a_rate_limit_says_when_to_come_back() {
    let body = api("requests", "rate_limit_exceeded", "x");
    for (headers, wait) in [
        ("retry-after: 7\r\n", Some(Duration::from_secs(7))),
        ("retry-after-ms: 350\r\nretry-after: 1\r\n", Some(Duration::from_millis(350))),
        ("retry-after: 999999\r\n", Some(Duration::from_hours(1))),
        ("retry-after: 2.5\r\n", Some(Duration::from_secs(3))),
        ("retry-after: soon\r\n", None),
        ("", None),
    ] {
        let server = Server::answering(answer(429, headers, &body)).await;

        let error = generate_at(&server.url).await.unwrap_err();

        assert_eq!((error.class, error.retry_after), (RateLimited, wait), "{headers}");
    }
}

#[tokio::test]
async fn a_consumer_reads_why_a_prompt_was_refused_and_nothing_of_the_account() {
    for (status, body, expected) in [
        (
            400,
            api("image_generation_user_error", "moderation_blocked", "It was rejected."),
            "the provider's content moderation refused the prompt: “It was rejected.”",
        ),
        (
            401,
            api("", "invalid_api_key", "Incorrect API key provided: sk-Th***89"),
            "the provider does not accept the key",
        ),
        (
            429,
            api("insufficient_quota", "", "org-77 owes"),
            "the account of the key has no units left",
        ),
    ] {
        let server = Server::answering(answer(status, "", body)).await;

        assert_eq!(generate_at(&server.url).await.unwrap_err().message, expected);
    }
}

#[tokio::test]
async fn a_200_without_the_image_asked_for_is_unknown() {
    let whole = image(&images::png(8, 6));
    for (what, bytes) in [
        ("another format", image(&images::jpeg())),
        ("a file cut short", image(&images::png(8, 6)[..18])),
        ("nothing in base64", image(&[])),
        ("no data", answer(200, "", r#"{"created":1,"data":[]}"#)),
        ("an address", answer(200, "", r#"{"created":1,"data":[{"url":"https://a.b"}]}"#)),
        ("no base64", answer(200, "", r#"{"data":[{"b64_json":"!!"}]}"#)),
        ("no JSON", answer(200, "", PAGE)),
        ("raw bytes", answer(200, "", images::png(8, 6))),
    ] {
        let server = Server::answering(bytes).await;

        let error = generate_at(&server.url).await.unwrap_err();

        assert_eq!((error.class, error.billed), (Unknown, UnknownBill), "{what}");
    }
    for cut in [whole.len() - 1, whole.len() / 2] {
        let server = Server::closing_after(&whole[..cut]).await;

        let error = generate_at(&server.url).await.unwrap_err();

        assert_eq!((error.class, error.billed), (Unknown, UnknownBill), "cut at {cut}");
    }
}

#[tokio::test]
async fn the_probe_blames_only_what_it_can_prove() {
    let scope = "You have insufficient permissions for this operation. Missing scopes: \
                 api.model.read.";
    #[rustfmt::skip]
    let rows: Vec<(u16, String, Option<ErrorClass>)> = vec![
        (200, r#"{"object":"list","data":[]}"#.into(), None),
        (403, api("invalid_request_error", "", scope), None),
        (401, api("invalid_request_error", "invalid_api_key", "x"), Some(KeyInvalid)),
        (403, api("request_forbidden", "unsupported_country_region_territory", "x"), Some(KeyForbidden)),
        (403, PAGE.into(), Some(ProviderTransient)),
        (404, String::new(), Some(ProviderTransient)),
        (429, api("insufficient_quota", "", "x"), Some(KeyNoCredit)),
        (429, api("requests", "rate_limit_exceeded", "x"), Some(RateLimited)),
        (500, api("server_error", "", "x"), Some(ProviderTransient)),
        (502, PAGE.into(), Some(ProviderTransient)),
        (302, String::new(), Some(ProviderTransient)),
    ];

    for (status, body, class) in rows {
        let server = Server::answering(answer(status, "", &body)).await;

        let told = openai(&server.url).balance(&key()).await;

        match class {
            None => assert_eq!(told.unwrap(), None, "{status} {body}"),
            Some(class) => {
                let error = told.unwrap_err();
                assert_eq!((error.class, error.billed), (class, No), "{status} {body}");
            }
        }
    }
}
