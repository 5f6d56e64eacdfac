//! JSON travels compressed where the client takes gzip. Images are compressed already, and streams are sent piece by
//! piece. What has a token in it is left alone: who could choose a part of such a body would learn the rest from its
//! length.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use poem::{
    Response,
    http::{HeaderMap, HeaderValue, header},
};

/// Below this, a packet carries it anyway.
const BYTES_MIN: usize = 1024;
/// Paths whose answers have tokens in them.
const SECRET: &str = "/api/auth/";

/// Compresses the body if `asked` (the headers of the request) and the response allow it.
pub(super) async fn compress(path: &str, asked: &HeaderMap, mut response: Response) -> Response {
    let is_json = response.content_type().is_some_and(|it| {
        it.starts_with("application/json") || it.starts_with("application/problem+json")
    });
    let encoded = response.headers().contains_key(header::CONTENT_ENCODING);
    if !is_json || encoded || path.starts_with(SECRET) {
        return response;
    }
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept-encoding"));
    if !is_accepted(asked) {
        return response;
    }
    // Such bodies are whole in memory; reading them cannot fail.
    let plain = response.take_body().into_bytes().await.unwrap_or_default();
    if plain.len() < BYTES_MIN {
        response.set_body(plain);
        return response;
    }
    response.set_body(gzip_at(&plain, Compression::fast()));
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response
}

/// Compressed as far as it goes, for what is sent again and again.
pub(crate) fn gzip(plain: &[u8]) -> Vec<u8> {
    gzip_at(plain, Compression::best())
}

fn gzip_at(plain: &[u8], level: Compression) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 3), level);
    // Writing into memory does not fail.
    let written = encoder.write_all(plain).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}

/// Whether the client takes gzip (RFC 9110 §12.5.3).
pub(crate) fn is_accepted(asked: &HeaderMap) -> bool {
    let values = asked.get_all(header::ACCEPT_ENCODING).iter();
    let mut codings = values.filter_map(|it| it.to_str().ok()).flat_map(|it| it.split(','));
    codings.any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let quality = quality.trim().strip_prefix("q=").and_then(|it| it.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case("gzip") && quality.is_none_or(|it| it > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(coding: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(coding))])
    }

    fn json(bytes: usize) -> Response {
        Response::builder().content_type("application/json").body("7".repeat(bytes))
    }

    #[test]
    fn gzip_is_accepted_where_it_is_listed_with_a_weight() {
        for coding in ["gzip", "br, gzip", "deflate;q=0.5 , GZIP;q=0.1"] {
            assert!(is_accepted(&asking(coding)), "{coding}");
        }
        for coding in ["", "br", "gzip;q=0", "x-gzip", "identity"] {
            assert!(!is_accepted(&asking(coding)), "{coding}");
        }
        assert!(!is_accepted(&HeaderMap::new()));
    }

    #[tokio::test]
    async fn long_json_is_compressed_and_what_has_tokens_is_not() {
        let compressed =
            async |path: &str, response: Response| compress(path, &asking("gzip"), response).await;

        let long = compressed("/api/generate/history", json(100_000)).await;
        assert_eq!(long.header(header::CONTENT_ENCODING), Some("gzip"));
        assert_eq!(long.header(header::VARY), Some("accept-encoding"));
        assert!(long.into_body().into_bytes().await.unwrap().len() < 1_000);
        for (path, response) in [
            ("/api/generate/history", json(100)),
            ("/api/auth/login", json(100_000)),
            ("/image", Response::builder().content_type("image/png").body("7".repeat(9_999))),
        ] {
            let bytes = compressed(path, response).await;
            assert_eq!(bytes.header(header::CONTENT_ENCODING), None, "{path}");
            assert!(bytes.into_body().into_bytes().await.unwrap().len() >= 100, "{path}");
        }
    }
}
