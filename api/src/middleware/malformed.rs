//! What the HTTP library lets pass and RFC 9110 does not.

use poem::http::{Version, header};

use crate::problem::{Code, Problem};

/// The longest head of a request, in bytes.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Why a request is refused before anybody looks at what it asks for. Whoever accepts connections attaches it to the
/// request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// HTTP/1.1 without a Host.
    NoHost,
    /// A `%` that two hexadecimal digits do not follow.
    Percent,
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
        (!is_percent_encoded(target.as_bytes())).then_some(Self::Percent)
    }
}

impl From<Malformed> for Problem {
    fn from(malformed: Malformed) -> Self {
        match malformed {
            Malformed::NoHost => {
                Self::new(Code::RequestInvalid, "an HTTP/1.1 request must have a Host")
            }
            Malformed::Percent => Self::new(
                Code::RequestInvalid,
                "in the path and the query, write % as %25: two hexadecimal digits must follow it",
            ),
            Malformed::Head => Self::new(
                Code::RequestHeadTooLarge,
                format!("the head of a request may have at most {} KiB", HEAD_BYTES_MAX / 1024),
            ),
        }
    }
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
    fn http_1_1_has_a_host_and_a_head_has_an_end() {
        let request = |version| Request::builder().version(version).uri("/health");

        let none = request(Version::HTTP_11).body(()).unwrap();
        assert_eq!(Malformed::of(&none), Some(Malformed::NoHost));
        assert_eq!(Malformed::of(&request(Version::HTTP_10).body(()).unwrap()), None);
        let long = request(Version::HTTP_11).header("host", "a").header("x", "a".repeat(70_000));
        assert_eq!(Malformed::of(&long.body(()).unwrap()), Some(Malformed::Head));
    }
}
