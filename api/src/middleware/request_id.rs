//! `X-Request-Id`: taken from the request if it is valid, else made; returned, logged and part of every
//! problem.

use poem::{Request, http::HeaderName};
use uuid::Uuid;

/// The header, of requests and responses.
pub static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The most characters of a client's id.
const CHARS_MAX: usize = 128;

tokio::task_local! {
    static CURRENT: String;
}

/// The client's id if it is 1 to 128 visible ASCII characters, else a new one.
pub(super) fn of(request: &Request) -> String {
    request
        .header(&X_REQUEST_ID)
        .filter(|it| is_acceptable(it))
        .map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// Runs the request under its id.
pub(super) async fn scope<T>(id: String, request: impl Future<Output = T>) -> T {
    CURRENT.scope(id, request).await
}

/// Answers what is no request, under an id of its own.
pub fn scope_of_none<T>(answer: impl FnOnce(&str) -> T) -> T {
    let id = Uuid::now_v7().to_string();
    CURRENT.sync_scope(id.clone(), || answer(&id))
}

/// The id of the request being served; empty outside of a request.
pub fn current() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

fn is_acceptable(id: &str) -> bool {
    (1..=CHARS_MAX).contains(&id.len()) && id.bytes().all(|it| it.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_header(id: &str) -> String {
        of(&Request::builder().header("x-request-id", id).finish())
    }

    #[test]
    fn a_visible_id_is_kept_and_anything_else_replaced() {
        assert_eq!(of_header("abc-123"), "abc-123");
        assert_eq!(of_header(&"x".repeat(128)), "x".repeat(128));
        for id in ["", "two words", &"x".repeat(129), "tab\there"] {
            let made = of_header(id);
            assert!(Uuid::parse_str(&made).is_ok(), "{id:?} became {made:?}");
        }
    }

    #[tokio::test]
    async fn code_of_a_request_sees_its_id_and_other_code_none() {
        assert_eq!(scope("one".to_owned(), async { current() }).await, "one");
        assert_eq!(current(), "");
    }
}
