//! Every way a call can fail, sorted by what follows from it.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::message;

/// What went wrong, and so whose fault it was and whether the call may have been billed. `as_str` is
/// the `error_class` of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// The provider does not know the key.
    KeyInvalid,
    /// The key's account has no units left.
    KeyNoCredit,
    /// The key may not make this call: plan, region, verification.
    KeyForbidden,
    /// The key calls too often; `retry_after` says how long it is locked out.
    RateLimited,
    /// The prompt, or the image made from it, was refused by moderation.
    ContentBlocked,
    /// The request is wrong by the provider's rules.
    UserError,
    /// The provider does not offer the model.
    ModelGone,
    /// The provider failed and says so; it made no image.
    ProviderTransient,
    /// An image may have been made and billed, but none that can be delivered came back.
    Unknown,
    /// No part of the request's content left this process.
    NotSent,
    /// Time ran out after the request was sent: the image may have been made and billed.
    Timeout,
}

impl ErrorClass {
    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KeyInvalid => "key_invalid",
            Self::KeyNoCredit => "key_no_credit",
            Self::KeyForbidden => "key_forbidden",
            Self::RateLimited => "rate_limited",
            Self::ContentBlocked => "content_blocked",
            Self::UserError => "user_error",
            Self::ModelGone => "model_gone",
            Self::ProviderTransient => "provider_transient",
            Self::Unknown => "unknown",
            Self::NotSent => "not_sent",
            Self::Timeout => "timeout",
        }
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether the owner of the key paid the provider for this call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Billed {
    /// Certainly not.
    No,
    /// Yes, by the provider's rules.
    Yes,
    /// The answer, or its absence, does not show it.
    Unknown,
}

/// A call that brought no image.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{class}: {message}")]
pub struct CallError {
    /// What follows from it.
    pub class: ErrorClass,
    /// Safe for a consumer to read: no key, no address, at most 300 characters.
    pub message: String,
    /// How long the provider wants this key to stay quiet.
    pub retry_after: Option<Duration>,
    /// Whether the owner of the key paid for it.
    pub billed: Billed,
}

impl CallError {
    /// A failure described by `message`, which is shortened to 300 characters. A provider's own text
    /// may be passed only after keys and addresses were taken out of it.
    pub fn new(class: ErrorClass, billed: Billed, message: impl AsRef<str>) -> Self {
        Self { class, message: message::shortened(message.as_ref()), retry_after: None, billed }
    }

    /// The same failure, with the time the provider asked for.
    #[must_use]
    pub fn with_retry_after(self, retry_after: Option<Duration>) -> Self {
        Self { retry_after, ..self }
    }

    pub(crate) fn not_sent(message: &str) -> Self {
        Self::new(ErrorClass::NotSent, Billed::No, message)
    }

    pub(crate) fn unknown(message: &str) -> Self {
        Self::new(ErrorClass::Unknown, Billed::Unknown, message)
    }

    pub(crate) fn transient(message: &str) -> Self {
        Self::new(ErrorClass::ProviderTransient, Billed::No, message)
    }

    /// What a call for a model that the adapter does not know comes to; nothing was sent.
    pub(crate) fn model_gone() -> Self {
        let message = "the provider does not offer this model";
        Self::new(ErrorClass::ModelGone, Billed::No, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_a_class_is_the_same_in_json() {
        for class in [
            ErrorClass::KeyInvalid,
            ErrorClass::KeyNoCredit,
            ErrorClass::KeyForbidden,
            ErrorClass::RateLimited,
            ErrorClass::ContentBlocked,
            ErrorClass::UserError,
            ErrorClass::ModelGone,
            ErrorClass::ProviderTransient,
            ErrorClass::Unknown,
            ErrorClass::NotSent,
            ErrorClass::Timeout,
        ] {
            assert_eq!(serde_json::to_value(class).unwrap(), class.as_str());
        }
    }
}
