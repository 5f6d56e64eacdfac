//! `Idempotency-Key`: a request sent twice has one effect and one answer.
//!
//! ```ignore
//! let mut tx = app.admin_db.begin().await?;
//! let once = match idempotency.begin(&mut tx, caller.user_id, &body.digest).await? {
//!     Begun::Answered(reply) => return Ok(reply),
//!     Begun::First(once) => once,
//! };
//! let hold = ledger::open_hold(&mut tx, ...).await?;
//! let reply = once.keep(&mut tx, Reply::new(&hold.into())).await?;
//! tx.commit().await?;
//! Ok(reply)
//! ```

use poem::{
    Request, RequestBody, Result,
    http::{HeaderMap, HeaderName},
};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaParamIn, MetaSchema, MetaSchemaRef},
    types::ToJSON,
};
use shared::idempotency::{self, Claim, RequestKey};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    problem::{Code, Problem},
    response::Reply,
};

/// The request header.
pub static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The most characters a key may have.
const KEY_CHARS_MAX: usize = 255;

/// The key of a request, if it has one, and the path it was sent to.
///
/// In an operation: `#[oai(name = "Idempotency-Key")] idempotency: Idempotency`.
#[derive(Debug)]
pub struct Idempotency {
    key: Option<String>,
    path: String,
}

/// Whether this request is the first with its key.
pub enum Begun<T, const STATUS: u16> {
    /// It is, or it has no key: go on.
    First(Once),
    /// It was answered before; this is the answer.
    Answered(Reply<T, STATUS>),
}

/// Keeps the answer to a first request.
#[must_use = "the answer must be kept in the transaction of its effect"]
pub struct Once(Option<RequestKey>);

impl Idempotency {
    /// The client's key, if it sent one.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The path of the request: the same key may be used with another path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Claims the key in the transaction of the effect. Waits for a request with the same key that is
    /// being served at the same time.
    pub async fn begin<T: ToJSON, const STATUS: u16>(
        self,
        conn: &mut PgConnection,
        user_id: Uuid,
        digest: &[u8; 32],
    ) -> Result<Begun<T, STATUS>, Problem> {
        let Some(key) = self.key else { return Ok(Begun::First(Once(None))) };
        let request = RequestKey { user_id, path: self.path, key, request_hash: *digest };
        match idempotency::claim(conn, &request).await? {
            Claim::First => Ok(Begun::First(Once(Some(request)))),
            Claim::Answered { status, body } => {
                Ok(Begun::Answered(Reply::from_stored(status, body)))
            }
            Claim::KeyReused => Err(key_reused()),
        }
    }
}

impl Once {
    /// Keeps the answer, if the request has a key. The caller commits.
    pub async fn keep<T: ToJSON, const STATUS: u16>(
        self,
        conn: &mut PgConnection,
        reply: Reply<T, STATUS>,
    ) -> Result<Reply<T, STATUS>, Problem> {
        if let Some(request) = self.0 {
            let (status, body) = reply.stored();
            idempotency::keep(conn, &request, status, body).await?;
        }
        Ok(reply)
    }
}

/// 409: the key was used with another body.
pub fn key_reused() -> Problem {
    Problem::new(
        Code::IdempotencyKeyReused,
        "this Idempotency-Key was used before with another body; use a new one",
    )
}

/// The key of a request; 400 if it is not valid.
fn read(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(&IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| {
        (1..=KEY_CHARS_MAX).contains(&key.len()) && key.bytes().all(|it| it.is_ascii_graphic())
    });
    match (key, values.next()) {
        (Some(key), None) => Ok(Some(key.to_owned())),
        _ => Err(Problem::invalid_field(
            "Idempotency-Key",
            "must be 1 to 255 visible ASCII characters",
        )),
    }
}

impl<'a> ApiExtractor<'a> for Idempotency {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    type ParamType = String;
    type ParamRawType = String;

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Header)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(MetaSchemaRef::Inline(Box::new(MetaSchema {
            min_length: Some(1),
            max_length: Some(KEY_CHARS_MAX),
            pattern: Some(r"^[!-~]+$".to_owned()),
            description: Some(
                "Makes it safe to repeat the request: if it is sent again with the same key and body, \
                 the first response is returned.",
            ),
            ..MetaSchema::new("string")
        })))
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        _options: ExtractParamOptions<String>,
    ) -> Result<Self> {
        Ok(Self { key: read(request.headers())?, path: request.uri().path().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(values: &[&str]) -> Result<Option<String>, &'static str> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(&IDEMPOTENCY_KEY, poem::http::HeaderValue::from_str(value).unwrap());
        }
        read(&headers).map_err(|problem| problem.code().as_str())
    }

    #[test]
    fn a_key_is_1_to_255_visible_ascii_characters_and_given_once() {
        assert_eq!(key_of(&[]), Ok(None));
        assert_eq!(key_of(&["order-7"]), Ok(Some("order-7".to_owned())));
        assert!(key_of(&[&"k".repeat(255)]).is_ok());
        for values in [&[""][..], &["two words"], &["schlüssel"], &["a", "b"]] {
            assert_eq!(key_of(values), Err("request.invalid"), "{values:?}");
        }
        assert!(key_of(&[&"k".repeat(256)]).is_err());
    }
}
