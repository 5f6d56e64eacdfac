//! `POST /v2beta/stable-image/generate/{ultra,core,sd3}`.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, StatusCode};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::BODY_MAX;
use super::form::Form;
use super::language;
use super::model::Endpoint;
use super::order::{Order, Wrapping};
use super::refusal::{Refusal, Version, new_id};
use crate::body::{self, Body};
use crate::key::{Fault, Key, Payment, RateLimit};
use crate::picture::{Look, Picture};
use crate::reply::{self, Answer, Cut, Reply};

/// Published: "more than 150 requests in 10 seconds", then a time-out of a minute. Counted are
/// the requests under `/v2beta` of one key (assumed), in a window that slides (assumed).
const RATE_LIMIT: RateLimit =
    RateLimit { requests: 150, window: Duration::from_secs(10), lockout: Duration::from_mins(1) };

/// In a prompt: moderation refuses it.
const BLOCKED: &str = "[blocked]";
/// In a prompt: moderation blurs the image. It is charged (assumed: "a charge for each
/// successful result", and the answer is a 200).
const FILTERED: &str = "[filtered]";

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers one call with a known key, whatever it comes to.
pub async fn answer(endpoint: Endpoint, key: &Arc<Key>, request: Request<Incoming>) -> Reply {
    // Held until the end of this function, or until the client leaves and it is dropped.
    let (_in_flight, fate) = key.arrive(&RATE_LIMIT);
    let (head, body) = request.into_parts();
    let body = body::read(body, BODY_MAX).await?;
    if fate.limited {
        return Ok(Refusal::RateLimitExceeded.answer(Version::V2Beta));
    }
    if let Some(fault) = fate.fault {
        before_work(fault).await?;
    }
    let judged = match fate.fault.and_then(refusal) {
        Some(refusal) => Err(refusal),
        None => judge(endpoint, &head.headers, body).await,
    };
    let paid = judged.and_then(|order| {
        let payment = key.promise(order.model.price()).ok_or(Refusal::PaymentRequired)?;
        Ok((order, payment))
    });
    let (order, payment) = match paid {
        Ok(paid) => paid,
        Err(refusal) => return Ok(refusal.answer(Version::V2Beta)),
    };

    let own_id = new_id();
    work(payment, request_id(&head.headers, &own_id), fate.latency).await?;
    if let Some(fault) = fate.fault {
        after_work(fault).await?;
    }
    let filtered = fate.fault == Some(Fault::Filtered) || order.prompt.contains(FILTERED);
    let look = if filtered { Look::Blurred } else { Look::Clear };
    Ok(deliver(&order, order.seed.unwrap_or(fate.seed), look, &own_id))
}

/// Faults of the connection that come before any work.
async fn before_work(fault: Fault) -> Result<(), Cut> {
    match fault {
        Fault::CutBefore => Err(Cut),
        // Ends when the client leaves, which drops this call.
        Fault::Hang => std::future::pending().await,
        _ => Ok(()),
    }
}

/// Faults of the connection that come when the image is made and charged.
async fn after_work(fault: Fault) -> Result<(), Cut> {
    match fault {
        Fault::CutAfter => Err(Cut),
        Fault::HangAfter => std::future::pending().await,
        _ => Ok(()),
    }
}

/// The answer a fault stands for, if it is one.
fn refusal(fault: Fault) -> Option<Refusal> {
    match fault {
        Fault::KeyInvalid => Some(Refusal::Unauthorized),
        Fault::KeyNoCredit => Some(Refusal::PaymentRequired),
        Fault::KeyForbidden => Some(Refusal::PermissionDenied),
        Fault::RateLimited => Some(Refusal::RateLimitExceeded),
        Fault::ContentBlocked => Some(Refusal::ContentModeration),
        Fault::UserError => {
            Some(Refusal::BadRequest(vec!["prompt: was refused by the simulator".to_owned()]))
        }
        Fault::ModelGone => Some(Refusal::NotFound),
        Fault::ProviderTransient => Some(Refusal::InternalError),
        Fault::Filtered | Fault::Hang | Fault::HangAfter | Fault::CutBefore | Fault::CutAfter => {
            None
        }
    }
}

/// Everything the request itself can be refused for, in the order of checking (assumed).
async fn judge(endpoint: Endpoint, headers: &HeaderMap, body: Body) -> Result<Order, Refusal> {
    let Body::Whole(body) = body else { return Err(Refusal::PayloadTooLarge) };
    let form = Form::read(headers, body).await?;
    let order = Order::read(endpoint, headers, &form)?;
    if language::is_foreign(&order.prompt) {
        return Err(Refusal::InvalidLanguage);
    }
    if order.prompt.contains(BLOCKED) {
        return Err(Refusal::ContentModeration);
    }
    Ok(order)
}

/// The caller's name for the call; ours when it gave none.
fn request_id(headers: &HeaderMap, own_id: &str) -> Box<str> {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    given.unwrap_or(own_id).into()
}

/// Makes the image: takes time, then the credits.
///
/// It runs on its own, because a client that leaves does not stop a provider from finishing, nor
/// from charging. Without latency there is no moment to leave in, and nothing is spawned.
async fn work(payment: Payment, request_id: Box<str>, latency: Duration) -> Result<(), Cut> {
    if latency.is_zero() {
        payment.take(request_id);
        return Ok(());
    }
    let working = tokio::spawn(async move {
        pass(latency).await;
        payment.take(request_id);
    });
    working.await.map_err(|_| Cut)
}

#[expect(clippy::disallowed_methods, reason = "a provider's latency is time, not a condition")]
async fn pass(latency: Duration) {
    tokio::time::sleep(latency).await;
}

fn deliver(order: &Order, seed: u32, look: Look, own_id: &str) -> Answer {
    let digest = digest(order, seed);
    let image = Picture { format: order.format, size: order.size, look, digest }.encode();
    let reason = match look {
        Look::Clear => "SUCCESS",
        Look::Blurred => "CONTENT_FILTERED",
    };
    let mut answer = match order.wrapping {
        Wrapping::Binary => binary(order, image, reason, seed),
        Wrapping::Json => wrapped(order, &image, reason, seed),
    };
    let own_id = HeaderValue::from_str(own_id).expect("our ids are hexadecimal digits");
    answer.headers_mut().insert(REQUEST_ID, own_id);
    answer
}

fn binary(order: &Order, image: Bytes, reason: &'static str, seed: u32) -> Answer {
    let media_type = HeaderValue::from_static(order.format.media_type());
    let mut answer = reply::with_body(StatusCode::OK, media_type, image);
    let headers = answer.headers_mut();
    headers.insert("finish-reason", HeaderValue::from_static(reason));
    headers.insert("seed", HeaderValue::from(seed));
    answer
}

/// The JSON answer; its content type names the image inside, and reason and seed are no headers.
fn wrapped(order: &Order, image: &[u8], reason: &str, seed: u32) -> Answer {
    #[derive(Serialize)]
    struct Wrapped<'a> {
        image: String,
        finish_reason: &'a str,
        seed: u32,
    }
    let body = Wrapped { image: BASE64.encode(image), finish_reason: reason, seed };
    let mut answer = reply::json(StatusCode::OK, &body);
    let media_type = format!("application/json; type={}", order.format.media_type());
    let media_type = HeaderValue::from_str(&media_type).expect("media types are ASCII");
    answer.headers_mut().insert(CONTENT_TYPE, media_type);
    answer
}

/// A hash of all that the image is made from; lengths keep neighbours apart.
fn digest(order: &Order, seed: u32) -> [u8; 32] {
    let style = order.style.unwrap_or_default();
    let mut hash = Sha256::new();
    hash.update([order.model as u8]);
    hash.update(seed.to_le_bytes());
    for text in [&order.prompt, &order.negative_prompt, style] {
        hash.update(text.len().to_le_bytes());
        hash.update(text);
    }
    hash.finalize().into()
}
