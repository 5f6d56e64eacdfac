//! One call for an image, as every provider handles it: limits, faults, payment, work, delivery.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName};
use hyper::{Request, StatusCode};

use crate::body::{self, Body};
use crate::credits::Credits;
use crate::key::{Fate, Fault, Key, Payment, RateLimit, RefusalClass};
use crate::picture::Look;
use crate::reply::{Answer, Cut, Reply};

/// In a prompt: moderation refuses it.
pub const BLOCKED: &str = "[blocked]";
/// In a prompt: moderation filters the image.
pub const FILTERED: &str = "[filtered]";

/// A provider's paid endpoint: what differs between providers in a call for an image.
pub trait PaidEndpoint: Sync {
    /// A request that breaks no rule.
    type Order: Send;
    /// Why a request is refused, in the provider's words.
    type Refusal: Into<Answer> + Send;

    /// Largest body of a request.
    const BODY_MAX: usize;
    /// The header in which a caller names its call.
    const REQUEST_ID: HeaderName;
    /// What moderation does with an image that it filters: blur it, for the full price, or refuse
    /// the call.
    const BLURS: bool;

    /// How often a key may call.
    fn rate_limit(&self) -> RateLimit;

    /// How the provider refuses a call for a reason that every provider knows.
    fn refusal(&self, class: RefusalClass) -> Self::Refusal;

    /// Checks everything that the request itself can be refused for.
    fn judge(
        &self,
        headers: &HeaderMap,
        body: Body,
    ) -> impl Future<Output = Result<Self::Order, Self::Refusal>> + Send;

    /// What is to be shown.
    fn prompt<'a>(&self, order: &'a Self::Order) -> &'a str;

    /// What the image takes from the balance.
    fn price(&self, order: &Self::Order) -> Credits;

    /// The answer with the image.
    fn deliver(&self, order: &Self::Order, work: &Work) -> Answer;
}

/// What an image is made with, beside the order.
pub struct Work {
    /// The provider's own name for the call, 32 hexadecimal digits.
    pub id: String,
    /// The seed to use when the order names none.
    pub seed: u32,
    /// Whether moderation blurs the image.
    pub look: Look,
}

/// Answers one call with a known key, whatever it comes to.
pub async fn answer<E: PaidEndpoint>(
    endpoint: &E,
    key: &Arc<Key>,
    request: Request<Incoming>,
) -> Reply {
    // Held until the end of this function, or until the client leaves and it is dropped.
    let (_in_flight, fate) = key.arrive(&endpoint.rate_limit());
    let mut answer = fated(endpoint, key, request, &fate).await?;
    if answer.status() == StatusCode::TOO_MANY_REQUESTS {
        fate.retry_after.put_on(answer.headers_mut(), SystemTime::now());
    }
    Ok(answer)
}

async fn fated<E: PaidEndpoint>(
    endpoint: &E,
    key: &Arc<Key>,
    request: Request<Incoming>,
    fate: &Fate,
) -> Reply {
    let (head, body) = request.into_parts();
    let body = body::read(body, E::BODY_MAX).await?;
    if fate.limited {
        return Ok(endpoint.refusal(RefusalClass::RateLimited).into());
    }
    if let Some(fault) = fate.fault {
        before_work(fault).await?;
    }
    let judged = match fate.fault.and_then(Fault::refusal) {
        Some(class) => Err(endpoint.refusal(class)),
        None => endpoint.judge(&head.headers, body).await,
    };
    let paid = judged.and_then(|order| {
        let filtered =
            fate.fault == Some(Fault::Filtered) || endpoint.prompt(&order).contains(FILTERED);
        if filtered && !E::BLURS {
            return Err(endpoint.refusal(RefusalClass::ContentBlocked));
        }
        let payment = key
            .promise(endpoint.price(&order))
            .ok_or_else(|| endpoint.refusal(RefusalClass::KeyNoCredit))?;
        Ok((order, if filtered { Look::Blurred } else { Look::Clear }, payment))
    });
    let (order, look, payment) = match paid {
        Ok(paid) => paid,
        Err(refusal) => return Ok(refusal.into()),
    };

    let work = Work { id: new_id(), seed: fate.seed, look };
    let given = head.headers.get(E::REQUEST_ID).and_then(|value| value.to_str().ok());
    make(payment, given.unwrap_or(&work.id).into(), fate.latency).await?;
    if let Some(fault) = fate.fault {
        after_work(fault).await?;
    }
    Ok(endpoint.deliver(&order, &work))
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

/// Makes the image: takes time, then the credits.
///
/// It runs on its own, because a client that leaves does not stop a provider from finishing, nor
/// from charging. Without latency there is no moment to leave in, and nothing is spawned.
async fn make(payment: Payment, request_id: Box<str>, latency: Duration) -> Result<(), Cut> {
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

/// An identifier as providers make them: 32 hexadecimal digits.
pub fn new_id() -> String {
    format!("{:032x}", rand::random::<u128>())
}
