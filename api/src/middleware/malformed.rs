//! What the HTTP library lets pass and RFC 9110 does not.

use percent_encoding::percent_decode_str;
use poem::http::{HeaderValue, Version, header, uri::Authority};

use crate::problem::{Code, Problem};

/// The longest head of a request, in bytes.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Why a request is refused before anybody looks at what it asks for. Whoever accepts connections attaches it to the
/// request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// HTTP/1.1 without a Host.
    NoHost,
    /// More than one Host, or one that is none.
    Host,
    /// A `%` that two hexadecimal digits do not follow.
    Percent,
    /// A query whose bytes are no text.
    Query,
    /// More than [`HEAD_BYTES_MAX`].
    Head,
}

impl Malformed {
    /// What is wrong with this head.
    pub fn of<B>(request: &poem::http::Request<B>) -> Option<Self> {
        let target = request.uri().path_and_query().map_or("", |it| it.as_str());
        let lengths =
            request.headers().iter().map(|(name, value)| name.as_str().len() + value.len());
        if target.len() + lengths.sum::<usize>() > HEAD_BYTES_MAX {
            return Some(Self::Head);
        }
        if request.version() == Version::HTTP_11 && !request.headers().contains_key(header::HOST) {
            return Some(Self::NoHost);
        }
        let hosts: Vec<_> = request.headers().get_all(header::HOST).iter().collect();
        if hosts.len() > 1 || !hosts.into_iter().all(is_host) {
            return Some(Self::Host);
        }
        if !is_percent_encoded(target.as_bytes()) {
            return Some(Self::Percent);
        }
        let query = request.uri().query().unwrap_or_default();
        percent_decode_str(query).decode_utf8().is_err().then_some(Self::Query)
    }
}

impl From<Malformed> for Problem {
    fn from(malformed: Malformed) -> Self {
        match malformed {
            Malformed::NoHost => {
                Self::new(Code::RequestInvalid, "an HTTP/1.1 request must have a Host")
            }
            Malformed::Host => Self::new(
                Code::RequestInvalid,
                "send one Host, with the name or the address that the URL has and nothing else",
            ),
            Malformed::Percent => Self::new(
                Code::RequestInvalid,
                "in the path and the query, write % as %25: two hexadecimal digits must follow it",
            ),
            Malformed::Query => {
                Self::new(Code::RequestInvalid, "the query must be text in UTF-8, percent-encoded")
            }
            Malformed::Head => Self::new(
                Code::RequestHeadTooLarge,
                format!("the head of a request may have at most {} KiB", HEAD_BYTES_MAX / 1024),
            ),
        }
    }
}

/// A name or an address, with or without a port; empty where the URL has none (RFC 9112 §3.2).
fn is_host(value: &HeaderValue) -> bool {
    value
        .to_str()
        .is_ok_and(|it| it.is_empty() || (!it.contains('@') && it.parse::<Authority>().is_ok()))
}

fn is_percent_encoded(text: &[u8]) -> bool {
    text.iter().enumerate().filter(|(_, it)| **it == b'%').all(|(at, _)| {
        text.get(at + 1..at + 3).is_some_and(|it| it.iter().all(u8::is_ascii_hexdigit))
    })
}

#[cfg(test)]
mod tests {
    use poem::http::Request;

    use super::*;

    #[test]
    fn a_percent_sign_is_followed_by_two_digits() {
        for good in ["/a?b=%20c", "/", "/%41"] {
            assert!(is_percent_encoded(good.as_bytes()), "{good}");
        }
        for bad in ["/a?b=%zz", "/%", "/%4", "/a%g0"] {
            assert!(!is_percent_encoded(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn a_query_is_text() {
        let of = |target: &str| {
            let request = Request::builder().version(Version::HTTP_10).uri(target);
            Malformed::of(&request.body(()).unwrap())
        };

        assert_eq!(of("/a?b=%C3%A4&c=%F0%9F%A6%8A"), None);
        for bad in ["/a?b=%ff", "/a?b=%c3%28", "/a?%ff=1", "/a?b=%ed%a0%80"] {
            assert_eq!(of(bad), Some(Malformed::Query), "{bad}");
        }
    }

    #[test]
    fn there_is_one_host_and_it_is_one() {
        let of = |hosts: &[&str]| {
            let request = Request::builder().version(Version::HTTP_11).uri("/");
            let request = hosts.iter().fold(request, |it, host| it.header("host", *host));
            Malformed::of(&request.body(()).unwrap())
        };

        for good in ["here", "here:8080", "[::1]:8080", "127.0.0.1", ""] {
            assert_eq!(of(&[good]), None, "{good}");
        }
        for bad in ["a b", "a/b", "me@here", "here, there", "a?b"] {
            assert_eq!(of(&[bad]), Some(Malformed::Host), "{bad}");
        }
        assert_eq!(of(&["here", "here"]), Some(Malformed::Host));
    }

    #[test]
    fn http_1_1_has_a_host_and_a_head_has_an_end() {
        let request = |version| Request::builder().version(version).uri("/health");

        let none = request(Version::HTTP_11).body(()).unwrap();
        assert_eq!(Malformed::of(&none), Some(Malformed::NoHost));
        assert_eq!(Malformed::of(&request(Version::HTTP_10).body(()).unwrap()), None);
        let long = request(Version::HTTP_11).header("host", "a").header("x", "a".repeat(70_000));
        assert_eq!(Malformed::of(&long.body(()).unwrap()), Some(Malformed::Head));
    }
}
