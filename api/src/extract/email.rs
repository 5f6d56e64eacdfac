//! E-mail addresses on the wire.

use poem_openapi::registry::MetaSchema;
use shared::identity::user::{Email, InvalidEmail};

use super::string_input;

/// An address, compared in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(pub Email);

fn parse(text: &str) -> Result<EmailAddress, InvalidEmail> {
    Email::parse(text).map(EmailAddress)
}

string_input!(
    EmailAddress,
    parse,
    |it| it.0.to_string(),
    MetaSchema {
        max_length: Some(254),
        example: Some("ada@example.com".into()),
        ..MetaSchema::new_with_format("string", "email")
    }
);
