//! An answer without an image: who wrote it, and what follows from it.

use std::time::{Duration, SystemTime};

use reqwest::Response;
use secrecy::SecretString;

use super::{read_text, retry_after::retry_after};
use crate::{Billed, CallError, ErrorClass, message};

/// How a provider words its errors: all that differs between providers in judging them.
pub(crate) struct Dialect {
    /// Reads an error as the provider's own API writes it; `None` for anything else.
    pub(crate) api_error: fn(&[u8]) -> Option<ApiError>,
    /// The class of such an error, by status and words, where it is another than the status says.
    pub(crate) class: fn(u16, &ApiError) -> Option<ErrorClass>,
    /// How long a rate limit keeps a key out of use when no header says it.
    pub(crate) lock_out: Option<Duration>,
}

/// An error in the words of a provider's API.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    /// The provider's code for what went wrong.
    pub(crate) code: String,
    /// The provider's wider type of error, where it has both.
    pub(crate) kind: String,
    /// The explanation for people.
    pub(crate) text: String,
}

/// Who wrote a body. It matters as much as the status: a 403 of the API is about the key, a 403
/// of a firewall before it is about our address.
#[derive(Debug, PartialEq, Eq)]
enum Words {
    /// The API itself.
    Api(ApiError),
    /// An HTML page: something between us and the API.
    Page,
    /// Whole, but neither.
    Other,
    /// The body was cut or endless.
    Lost,
}

/// An answer other than the awaited one.
pub(crate) struct Refusal {
    status: u16,
    wait: Option<Duration>,
    words: Words,
}

impl Refusal {
    /// The error, if the API itself wrote it.
    pub(crate) fn api_error(&self) -> Option<&ApiError> {
        match &self.words {
            Words::Api(error) => Some(error),
            _ => None,
        }
    }
}

impl Dialect {
    /// What an answer other than the awaited one means.
    pub(crate) async fn error_in(&self, response: Response, key: &SecretString) -> CallError {
        self.judge(&self.refusal_in(response).await, key)
    }

    /// An answer other than the awaited one, read as far as it goes.
    pub(crate) async fn refusal_in(&self, response: Response) -> Refusal {
        let status = response.status().as_u16();
        let wait = retry_after(response.headers(), SystemTime::now());
        let words = read_text(response).await.map_or(Words::Lost, |it| self.words_in(&it));
        Refusal { status, wait, words }
    }

    /// What a refusal means.
    ///
    /// Providers do not charge for failed requests, so every refusal that is certainly one is not
    /// billed. Where it is not certain, it is unknown whether the call was billed.
    pub(crate) fn judge(&self, refusal: &Refusal, key: &SecretString) -> CallError {
        let Refusal { status, wait, words } = refusal;
        let class = refusal.api_error().and_then(|it| (self.class)(*status, it));
        let class = class.unwrap_or_else(|| class_by_status(*status, words));
        let billed = if class == ErrorClass::Unknown { Billed::Unknown } else { Billed::No };
        let wait = match class {
            ErrorClass::RateLimited => wait.or(self.lock_out),
            ErrorClass::ProviderTransient => *wait,
            _ => None,
        };
        CallError::new(class, billed, message_of(class, *status, words, key)).with_retry_after(wait)
    }

    fn words_in(&self, body: &[u8]) -> Words {
        match (self.api_error)(body) {
            Some(error) => Words::Api(error),
            None if body.trim_ascii_start().starts_with(b"<") => Words::Page,
            None => Words::Other,
        }
    }
}

fn class_by_status(status: u16, words: &Words) -> ErrorClass {
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
        (403, _) => ErrorClass::KeyForbidden,
        (404 | 410, _) => ErrorClass::ModelGone,
        (400 | 413 | 422, _) => ErrorClass::UserError,

        // 405, 408, 409, 415, 425, ...: undocumented, but a refusal by definition of 4xx. Neither
        // the task nor the key is known to be at fault, and nothing was billed.
        (400..=499, _) => ErrorClass::ProviderTransient,

        // The API says itself that it failed; or a load balancer found no server to pass the call to.
        (500..=599, Words::Api(_)) | (503, Words::Page | Words::Other) => {
            ErrorClass::ProviderTransient
        }

        // 502, 504, 520, 524 of a gateway: the API behind it may have finished the image. A cut 5xx
        // and everything below 400 (202, redirects): not an answer any of the APIs documents.
        _ => ErrorClass::Unknown,
    }
}

/// Our words, and the provider's own as a quotation where they help the consumer; ours alone where theirs could reveal a
/// key, its account or an address.
fn message_of(class: ErrorClass, status: u16, words: &Words, key: &SecretString) -> String {
    let theirs = || match words {
        Words::Api(error) => message::sanitized(&error.text, key),
        _ => None,
    };
    let quoted = |ours: String| match theirs() {
        Some(theirs) => message::quoting(&ours, &theirs),
        None => ours,
    };
    match class {
        ErrorClass::ContentBlocked => {
            quoted("the provider's content moderation refused the prompt".to_owned())
        }
        ErrorClass::UserError => {
            quoted(format!("the provider refused the request (status {status})"))
        }
        ErrorClass::KeyInvalid => "the provider does not accept the key".to_owned(),
        ErrorClass::KeyNoCredit => "the account of the key has no units left".to_owned(),
        ErrorClass::KeyForbidden => "the key is not allowed to make this call".to_owned(),
        ErrorClass::RateLimited => "the provider limits the rate of calls".to_owned(),
        ErrorClass::ModelGone => "the provider does not offer this model".to_owned(),
        ErrorClass::ProviderTransient => format!("the provider failed (status {status})"),
        ErrorClass::Unknown | ErrorClass::NotSent | ErrorClass::Timeout => {
            format!("the provider's answer is not one that it documents (status {status})")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_shows_who_wrote_it() {
        let dialect = Dialect {
            api_error: |body| {
                let text = String::from_utf8_lossy(body.strip_prefix(b"error ")?).into_owned();
                Some(ApiError { code: text, kind: String::new(), text: String::new() })
            },
            class: |_, _| None,
            lock_out: None,
        };
        let error = ApiError { code: "x".to_owned(), kind: String::new(), text: String::new() };

        assert_eq!(dialect.words_in(b"error x"), Words::Api(error));
        assert_eq!(dialect.words_in(b"\n <!DOCTYPE html><html>"), Words::Page);
        assert_eq!(dialect.words_in(b"{}"), Words::Other);
        assert_eq!(dialect.words_in(b""), Words::Other);
    }
}
