//! E-mail addresses on the wire.

use poem_openapi::registry::MetaSchema;
use shared::identity::user::{Email, InvalidEmail};

use super::string_input;

/// An address, compared in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(pub Email);

/// What [`Email::parse`] takes: dot-separated atoms, `@`, and a domain with a dot.
const PATTERN: &str = r"^(?=[^@]{1,64}@)[!#-'*+\-/-9=?A-Z^-~]+(?:\.[!#-'*+\-/-9=?A-Z^-~]+)*@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$";

fn parse(text: &str) -> Result<EmailAddress, InvalidEmail> {
    Email::parse(text).map(EmailAddress)
}

string_input!(
    EmailAddress,
    parse,
    |it| it.0.to_string(),
    MetaSchema {
        max_length: Some(254),
        pattern: Some(PATTERN.to_owned()),
        example: Some("ada@example.com".into()),
        ..MetaSchema::new_with_format("string", "email")
    }
);
