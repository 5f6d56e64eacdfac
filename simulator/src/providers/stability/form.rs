//! The parts of a `multipart/form-data` request.

use std::collections::HashMap;
use std::convert::Infallible;

use bytes::Bytes;
use futures::stream;
use hyper::HeaderMap;
use hyper::header::CONTENT_TYPE;
use multer::Multipart;

use super::refusal::Refusal;

/// The parts of a request by name.
#[derive(Debug, Default)]
pub struct Form(HashMap<String, Bytes>);

impl Form {
    /// Takes a body apart. Anything but multipart is refused in the observed words; a part given
    /// twice is refused too (assumed), so that a careless client is noticed.
    pub async fn read(headers: &HeaderMap, body: Bytes) -> Result<Self, Refusal> {
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let Some(boundary) = content_type.and_then(|value| multer::parse_boundary(value).ok())
        else {
            return Err(bad("content-type: must be multipart/form-data"));
        };
        let body = stream::once(async { Ok::<_, Infallible>(body) });
        let mut multipart = Multipart::new(body, boundary);
        let mut parts = HashMap::new();
        loop {
            let part = multipart.next_field().await;
            let Some(part) = part.map_err(|_| bad("body: is not valid multipart/form-data"))?
            else {
                return Ok(Self(parts));
            };
            let Some(name) = part.name().map(str::to_owned) else {
                return Err(bad("body: every part must have a name"));
            };
            let value =
                part.bytes().await.map_err(|_| bad("body: is not valid multipart/form-data"))?;
            if parts.contains_key(&name) {
                return Err(bad(&format!("{name}: must be given once")));
            }
            parts.insert(name, value);
        }
    }

    /// The bytes of a part.
    pub fn part(&self, name: &str) -> Option<&Bytes> {
        self.0.get(name)
    }
}

fn bad(message: &str) -> Refusal {
    Refusal::BadRequest(vec![message.to_owned()])
}
