//! `POST /v2beta/stable-image/generate/{ultra,core,sd3}`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;

use super::form::Form;
use super::language;
use super::model::Endpoint;
use super::order::{Order, Wrapping};
use super::refusal::Refusal;
use crate::body::Body;
use crate::call::{BLOCKED, PaidEndpoint, Work};
use crate::credits::Credits;
use crate::key::{RateLimit, RefusalClass};
use crate::picture::{Look, Picture, digest};
use crate::reply::{self, Answer};

impl PaidEndpoint for Endpoint {
    type Order = Order;
    type Refusal = Refusal;

    /// Published: 10 MiB.
    const BODY_MAX: usize = 10 * 1024 * 1024;
    const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
    /// That a blurred image is charged is assumed: "a charge for each successful result", and the
    /// answer is a 200.
    const BLURS: bool = true;

    /// Published: "more than 150 requests in 10 seconds", then a time-out of a minute. Counted are
    /// the requests under `/v2beta` of one key (assumed), in a window that slides (assumed).
    fn rate_limit(&self) -> RateLimit {
        RateLimit {
            requests: 150,
            window: Duration::from_secs(10),
            lockout: Duration::from_mins(1),
        }
    }

    fn refusal(&self, class: RefusalClass) -> Refusal {
        match class {
            RefusalClass::KeyInvalid => Refusal::Unauthorized,
            RefusalClass::KeyNoCredit => Refusal::PaymentRequired,
            RefusalClass::KeyForbidden => Refusal::PermissionDenied,
            RefusalClass::RateLimited => Refusal::RateLimitExceeded,
            RefusalClass::ContentBlocked => Refusal::ContentModeration,
            RefusalClass::UserError => {
                Refusal::BadRequest(vec!["prompt: was refused by the simulator".to_owned()])
            }
            RefusalClass::ModelGone => Refusal::NotFound,
            RefusalClass::ProviderTransient => Refusal::InternalError,
        }
    }

    /// The order of checking is assumed.
    async fn judge(&self, headers: &HeaderMap, body: Body) -> Result<Order, Refusal> {
        let Body::Whole(body) = body else { return Err(Refusal::PayloadTooLarge) };
        let form = Form::read(headers, body).await?;
        let order = Order::read(*self, headers, &form)?;
        if language::is_foreign(&order.prompt) {
            return Err(Refusal::InvalidLanguage);
        }
        if order.prompt.contains(BLOCKED) {
            return Err(Refusal::ContentModeration);
        }
        Ok(order)
    }

    fn prompt<'a>(&self, order: &'a Order) -> &'a str {
        &order.prompt
    }

    fn price(&self, order: &Order) -> Credits {
        order.model.price()
    }

    fn deliver(&self, order: &Order, work: &Work) -> Answer {
        let seed = order.seed.unwrap_or(work.seed);
        let digest = digest([
            [order.model as u8].as_slice(),
            &seed.to_le_bytes(),
            order.prompt.as_bytes(),
            order.negative_prompt.as_bytes(),
            order.style.unwrap_or_default().as_bytes(),
        ]);
        let picture = Picture { format: order.format, size: order.size, look: work.look, digest };
        let reason = match work.look {
            Look::Clear => "SUCCESS",
            Look::Blurred => "CONTENT_FILTERED",
        };
        let mut answer = match order.wrapping {
            Wrapping::Binary => binary(order, picture.encode(), reason, seed),
            Wrapping::Json => wrapped(order, &picture.encode(), reason, seed),
        };
        reply::set_id(&mut answer, &work.id);
        answer
    }
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
