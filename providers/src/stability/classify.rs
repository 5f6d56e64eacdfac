//! Sorts an answer without an image.

use std::time::Duration;

use secrecy::SecretString;

use super::refusal::{Refusal, Words};
use crate::{Billed, CallError, ErrorClass, message};

/// The lock-out Stability documents for its rate limit; it sends no `Retry-After`.
const LOCK_OUT: Duration = Duration::from_mins(1);

/// No header of anyone keeps a key quiet for longer.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

/// What an answer other than 200 means.
///
/// Stability does not charge for failed requests, so every refusal that is certainly one is not
/// billed. Where it is not certain, the books are unknown.
pub(super) fn classify(refusal: &Refusal, key: &SecretString) -> CallError {
    let class = class_of(refusal.status, &refusal.words);
    let billed = if class == ErrorClass::Unknown { Billed::Unknown } else { Billed::No };
    let retry_after = match class {
        ErrorClass::RateLimited => Some(refusal.retry_after.unwrap_or(LOCK_OUT)),
        ErrorClass::ProviderTransient => refusal.retry_after,
        _ => None,
    };

    CallError::new(class, billed, message_of(class, refusal, key))
        .with_retry_after(retry_after.map(|it| it.min(RETRY_AFTER_MAX)))
}

fn class_of(status: u16, words: &Words) -> ErrorClass {
    let name = match words {
        Words::Api { name, .. } => name.as_str(),
        _ => "",
    };
    match (status, words) {
        (429, _) => ErrorClass::RateLimited,

        // A page is written by a firewall or a gateway. It knows nothing of keys, models and
        // prompts, so neither a key nor a task is judged by it.
        (400..=499, Words::Page) => ErrorClass::ProviderTransient,

        // These two mean one thing each, whatever became of the body.
        (401, _) => ErrorClass::KeyInvalid,
        (402, _) => ErrorClass::KeyNoCredit,

        // The others need their words: without them it is only known that there is no image.
        (400..=499, Words::Lost) => ErrorClass::ProviderTransient,
        (400 | 403 | 422, _) if matches!(name, "content_moderation" | "public_figure") => {
            ErrorClass::ContentBlocked
        }
        (403, _) => ErrorClass::KeyForbidden,
        (404 | 410, _) => ErrorClass::ModelGone,
        (400 | 413 | 422, _) => ErrorClass::UserError,

        // 405, 408, 409, 415, 425, ...: undocumented, but a refusal by definition of 4xx. Neither
        // the task nor the key is known to be at fault, and the books are clean.
        (400..=499, _) => ErrorClass::ProviderTransient,

        // The API says itself that it failed; or a balancer found nobody to pass the call to.
        (500..=599, Words::Api { .. }) | (503, Words::Page | Words::Other) => {
            ErrorClass::ProviderTransient
        }

        // 502, 504, 520, 524 of a gateway: the API behind it may have finished the image. A cut 5xx
        // and everything below 400 (202, redirects): not an answer this API documents.
        _ => ErrorClass::Unknown,
    }
}

/// Stability's own words where they help the consumer; ours where they would tell about a key, its
/// account or the way there.
fn message_of(class: ErrorClass, refusal: &Refusal, key: &SecretString) -> String {
    let theirs = || match &refusal.words {
        Words::Api { text, .. } => message::sanitized(text, key),
        _ => None,
    };
    let status = refusal.status;
    match class {
        ErrorClass::ContentBlocked => theirs()
            .unwrap_or_else(|| "the provider's content moderation refused the prompt".to_owned()),
        ErrorClass::UserError => theirs()
            .unwrap_or_else(|| format!("the provider refused the request (status {status})")),
        ErrorClass::KeyInvalid => "the provider does not accept the key".to_owned(),
        ErrorClass::KeyNoCredit => "the account of the key has no units left".to_owned(),
        ErrorClass::KeyForbidden => "the key is not allowed to make this call".to_owned(),
        ErrorClass::RateLimited => "the provider limits the rate of calls".to_owned(),
        ErrorClass::ModelGone => "the provider does not offer this model".to_owned(),
        ErrorClass::ProviderTransient => format!("the provider failed (status {status})"),
        ErrorClass::Unknown | ErrorClass::NotSent | ErrorClass::Timeout => {
            format!("the provider gave an answer that tells nothing (status {status})")
        }
    }
}
