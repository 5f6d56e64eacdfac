//! What is no HTTP request, and how that is said.

use hyper::{Request, Version, header};
use poem_openapi::types::ToJSON;

use super::HEAD_BYTES_MAX;
use crate::problem::{CONTENT_TYPE, Code, Problem};

/// What the HTTP library lets pass and RFC 9110 does not.
pub(super) fn fault<B>(request: &Request<B>) -> Option<Problem> {
    if request.version() == Version::HTTP_11 && !request.headers().contains_key(header::HOST) {
        return Some(Problem::new(Code::RequestInvalid, "an HTTP/1.1 request must have a Host"));
    }
    let target = request.uri().path_and_query().map_or("", |it| it.as_str());
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len());
    if target.len() + headers.sum::<usize>() > HEAD_BYTES_MAX {
        return Some(Problem::new(Code::RequestHeadTooLarge, HEAD));
    }
    if !is_percent_encoded(target.as_bytes()) {
        let detail = "in the path and the query, write % as %25: it must be followed by two hexadecimal digits";
        return Some(Problem::new(Code::RequestInvalid, detail));
    }
    None
}

fn is_percent_encoded(text: &[u8]) -> bool {
    text.iter().enumerate().filter(|(_, it)| **it == b'%').all(|(at, _)| {
        text.get(at + 1..at + 3).is_some_and(|it| it.iter().all(u8::is_ascii_hexdigit))
    })
}

/// The response, whole, in place of the one that the HTTP library began with `by_library`.
pub(super) fn refusal(by_library: &[u8]) -> Vec<u8> {
    let (status, problem) = match by_library.get(9..12) {
        Some(b"431") => {
            ("431 Request Header Fields Too Large", Problem::new(Code::RequestHeadTooLarge, HEAD))
        }
        _ => ("400 Bad Request", Problem::new(Code::RequestInvalid, "this is no HTTP/1.1 request")),
    };
    let body = problem.details().to_json_string();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {CONTENT_TYPE}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

const HEAD: &str = "the head of a request may have at most 64 KiB and 100 headers";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percent_sign_is_followed_by_two_digits() {
        for good in ["/a?b=%20c", "/", "/%41%zz".get(..4).unwrap()] {
            assert!(is_percent_encoded(good.as_bytes()), "{good}");
        }
        for bad in ["/a?b=%zz", "/%", "/%4", "/a%g0"] {
            assert!(!is_percent_encoded(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn http_1_1_has_a_host() {
        let request =
            |version| Request::builder().version(version).uri("/health").body(()).unwrap();

        assert!(fault(&request(Version::HTTP_11)).is_some());
        assert!(fault(&request(Version::HTTP_10)).is_none());
    }
}
