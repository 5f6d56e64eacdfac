//! Tickets open a stream of events without a header, for browsers whose `EventSource` cannot send one. A ticket stands
//! in an address, where it may be seen by others, so it opens nothing but one stream, and not for long.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use uuid::Uuid;

use super::Reader;

/// Keeps the key apart from that of access tokens: neither can ever pass for the other.
const PURPOSE: &[u8] = b"aetherflow: tickets for event streams, 1";
/// User, session, version, task (nil: all), expiry.
const CLAIMS_LENGTH: usize = 16 + 16 + 4 + 16 + 8;
const DIGEST_LENGTH: usize = 32;

/// What a ticket opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// On whose behalf.
    pub reader: Reader,
    /// The stream of this task; `None`: that of everything.
    pub task: Option<Uuid>,
    /// Good until then (Unix seconds).
    pub expires_at: u64,
}

/// Signs and verifies tickets.
#[derive(Clone)]
pub struct Tickets(Hmac<Sha256>);

impl Tickets {
    /// With a key that is derived from the secret of access tokens.
    pub fn new(secret: &SecretString) -> Self {
        let mac = |key: &[u8]| Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes any key");
        let mut derived = mac(secret.expose_secret().as_bytes());
        derived.update(PURPOSE);
        Self(mac(&derived.finalize().into_bytes()))
    }

    /// The ticket as text, fit for an address as it is.
    pub fn sign(&self, ticket: &Ticket) -> String {
        let claims = encode(ticket);
        let mut mac = self.0.clone();
        mac.update(&claims);
        let digest = mac.finalize().into_bytes();
        BASE64_URL_SAFE_NO_PAD.encode([claims.as_slice(), &digest].concat())
    }

    /// What it opens at `now` (Unix seconds), if it is ours and has not expired.
    pub fn verify(&self, text: &str, now: u64) -> Option<Ticket> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (claims, digest) = bytes.split_at_checked(CLAIMS_LENGTH)?;
        if digest.len() != DIGEST_LENGTH {
            return None;
        }
        let mut mac = self.0.clone();
        mac.update(claims);
        mac.verify_slice(digest).ok()?;
        decode(claims).filter(|it| now < it.expires_at)
    }
}

fn encode(ticket: &Ticket) -> Vec<u8> {
    let Reader { user_id, session_id, version } = ticket.reader;
    let mut claims = Vec::with_capacity(CLAIMS_LENGTH);
    claims.extend(user_id.as_bytes());
    claims.extend(session_id.as_bytes());
    claims.extend(version.to_be_bytes());
    claims.extend(ticket.task.unwrap_or_default().as_bytes());
    claims.extend(ticket.expires_at.to_be_bytes());
    claims
}

fn decode(claims: &[u8]) -> Option<Ticket> {
    let (user_id, rest) = claims.split_first_chunk::<16>()?;
    let (session_id, rest) = rest.split_first_chunk::<16>()?;
    let (version, rest) = rest.split_first_chunk::<4>()?;
    let (task, rest) = rest.split_first_chunk::<16>()?;
    let (expires_at, _) = rest.split_first_chunk::<8>()?;
    let task = Uuid::from_bytes(*task);
    Some(Ticket {
        reader: Reader {
            user_id: Uuid::from_bytes(*user_id),
            session_id: Uuid::from_bytes(*session_id),
            version: i32::from_be_bytes(*version),
        },
        task: (!task.is_nil()).then_some(task),
        expires_at: u64::from_be_bytes(*expires_at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::access::AccessTokens;

    const NOW: u64 = 1_800_000_000;

    fn tickets(secret: &str) -> Tickets {
        Tickets::new(&SecretString::from(secret))
    }

    fn ticket(task: Option<Uuid>) -> Ticket {
        let (user_id, session_id) = (Uuid::now_v7(), Uuid::now_v7());
        Ticket { reader: Reader { user_id, session_id, version: 7 }, task, expires_at: NOW + 600 }
    }

    #[test]
    fn a_ticket_reads_back_until_it_expires() {
        let tickets = tickets("a secret of thirty-two characters");
        for task in [None, Some(Uuid::now_v7())] {
            let ticket = ticket(task);
            let text = tickets.sign(&ticket);

            assert_eq!(tickets.verify(&text, NOW), Some(ticket));
            assert_eq!(tickets.verify(&text, ticket.expires_at), None);
        }
    }

    #[test]
    fn a_changed_or_foreign_ticket_opens_nothing() {
        let tickets = tickets("a secret of thirty-two characters");
        let text = tickets.sign(&ticket(None));
        let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(&text).unwrap();
        for position in [0, 20, 33, 40, CLAIMS_LENGTH - 1, bytes.len() - 1] {
            bytes[position] ^= 1;
            let changed = BASE64_URL_SAFE_NO_PAD.encode(&bytes);
            assert_eq!(tickets.verify(&changed, NOW), None, "byte {position}");
            bytes[position] ^= 1;
        }

        for other in ["", "x", &text[..text.len() - 4]] {
            assert_eq!(tickets.verify(other, NOW), None, "{other:?}");
        }
        let theirs = super::tests::tickets("another secret of that length, or more");
        assert_eq!(tickets.verify(&theirs.sign(&ticket(None)), NOW), None);
    }

    #[test]
    fn a_ticket_is_no_access_token() {
        let secret = SecretString::from("a secret of thirty-two characters");
        let text = Tickets::new(&secret).sign(&ticket(None));

        assert!(AccessTokens::new(&secret).verify(&text).is_err());
    }
}
