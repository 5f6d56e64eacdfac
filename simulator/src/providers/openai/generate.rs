//! `POST /v1/images/generations`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderName};
use serde_json::json;

use super::model::tokens;
use super::order::Order;
use super::refusal::Refusal;
use crate::body::Body;
use crate::call::{BLOCKED, PaidEndpoint, Work};
use crate::credits::Credits;
use crate::key::{RateLimit, RefusalClass};
use crate::picture::{Picture, digest};
use crate::reply::{self, Answer};

/// The paid endpoint.
pub struct Generations;

impl PaidEndpoint for Generations {
    type Order = Order;
    type Refusal = Refusal;

    /// Assumed; a prompt of the greatest length takes a tenth.
    const BODY_MAX: usize = 1024 * 1024;
    /// Published: the caller's own name; `x-request-id` is the vendor's.
    const REQUEST_ID: HeaderName = HeaderName::from_static("x-client-request-id");
    /// An image that moderation filters is not handed out, and not charged (assumed).
    const BLURS: bool = false;

    /// Images per minute of the highest tier (assumed). Refused requests count too, and there is
    /// no lock-out beyond the minute (published).
    fn rate_limit(&self) -> RateLimit {
        RateLimit { requests: 250, window: Duration::from_mins(1), lockout: Duration::ZERO }
    }

    fn refusal(&self, class: RefusalClass) -> Refusal {
        match class {
            RefusalClass::KeyInvalid => Refusal::unknown_key(Some("sk-fault")),
            RefusalClass::KeyNoCredit => Refusal::no_credit(),
            RefusalClass::KeyForbidden => Refusal::organization_not_verified(),
            RefusalClass::RateLimited => Refusal::rate_limited(),
            RefusalClass::ContentBlocked => Refusal::moderation_blocked(),
            RefusalClass::UserError => {
                Refusal::invalid("prompt", "…", "It was refused by the simulator.")
            }
            RefusalClass::ModelGone => Refusal::model_not_found("gone"),
            RefusalClass::ProviderTransient => Refusal::server_error(),
        }
    }

    async fn judge(&self, _: &HeaderMap, body: Body) -> Result<Order, Refusal> {
        let Body::Whole(body) = body else { return Err(Refusal::too_large()) };
        let order = Order::read(&body)?;
        if order.prompt.contains(BLOCKED) {
            return Err(Refusal::moderation_blocked());
        }
        Ok(order)
    }

    fn prompt<'a>(&self, order: &'a Order) -> &'a str {
        &order.prompt
    }

    fn price(&self, order: &Order) -> Credits {
        order.model.price(order.quality, order.size)
    }

    fn deliver(&self, order: &Order, work: &Work) -> Answer {
        let digest = digest([
            order.model.name.as_bytes(),
            order.quality.name().as_bytes(),
            &work.seed.to_le_bytes(),
            order.prompt.as_bytes(),
        ]);
        let picture = Picture { format: order.format, size: order.size, look: work.look, digest };
        let created = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs());
        let text_tokens = order.prompt.chars().count().div_ceil(4);
        let output_tokens = tokens(order.quality, order.size);
        let body = json!({
            "created": created,
            "background": order.background,
            "data": [{ "b64_json": BASE64.encode(picture.encode()) }],
            "output_format": order.format.name(),
            "quality": order.quality.name(),
            "size": order.size.to_string(),
            "usage": {
                "input_tokens": text_tokens,
                "input_tokens_details": { "text_tokens": text_tokens, "image_tokens": 0 },
                "output_tokens": output_tokens,
                "total_tokens": text_tokens as u64 + output_tokens,
            },
        });
        let mut answer = reply::json(StatusCode::OK, &body);
        reply::set_id(&mut answer, &format!("req_{}", work.id));
        answer
    }
}
