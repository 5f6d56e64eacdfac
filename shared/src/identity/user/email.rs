//! E-mail addresses, parsed once and compared lowercased.

use std::fmt;

/// The longest address RFC 5321 lets travel.
pub const EMAIL_CHARS_MAX: usize = 254;

/// Not an address we could write to.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
#[error("not an e-mail address")]
pub struct InvalidEmail;

/// A lowercased address of the form `local@domain.tld`, ASCII only.
///
/// Whether it exists is only known once a message arrived; here only what cannot be one is refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Reads an address as a person types it: surrounding blanks and case do not matter.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmail)?;
        let plausible = text.len() <= EMAIL_CHARS_MAX
            && text.bytes().all(|it| it.is_ascii_graphic())
            && is_local_part(local)
            && is_domain(domain);
        if plausible { Ok(Self(text.to_ascii_lowercase())) } else { Err(InvalidEmail) }
    }

    /// The lowercased address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`: the display name of someone who gave none.
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or(self.as_str(), |(local, _)| local)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_local_part(local: &str) -> bool {
    let forbidden = |it: char| "()<>[]:;,@\\\"".contains(it);
    (1..=64).contains(&local.len())
        && !local.contains(forbidden)
        && local.split('.').all(|atom| !atom.is_empty())
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.contains('.') && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_around_and_case_do_not_matter() {
        assert_eq!(Email::parse(" Ada@Example.COM ").unwrap().as_str(), "ada@example.com");
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        for text in [
            "",
            "@",
            "ada",
            "ada@",
            "@example.com",
            "ada@localhost",
            "a da@example.com",
            "ada@exa mple.com",
            "ada@@example.com",
            "ada@-example.com",
            "ada@example..com",
            ".ada@example.com",
            "a..da@example.com",
            "ada@example.com\0",
            "аda@example.com",
            "Ada <ada@example.com>",
        ] {
            assert_eq!(Email::parse(text), Err(InvalidEmail), "{text:?}");
        }
        assert_eq!(Email::parse(&format!("{}@example.com", "a".repeat(65))), Err(InvalidEmail));
    }

    #[test]
    fn usual_addresses_are_accepted() {
        for text in ["ada@example.com", "ada+tag@sub.example.co.uk", "o'neil_1@x-y.io"] {
            assert!(Email::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn the_local_part_names_someone_who_gave_no_name() {
        assert_eq!(Email::parse("ada.l@example.com").unwrap().local_part(), "ada.l");
    }
}
