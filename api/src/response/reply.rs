//! Responses with a body, and without.

use std::marker::PhantomData;

use poem::{
    IntoResponse, Response,
    http::{HeaderName, HeaderValue, StatusCode, header},
};
use poem_openapi::{
    ApiResponse,
    registry::{MetaHeader, MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::{ToJSON, Type},
};
use serde_json::Value;

use super::FromDomain;

/// Present if this response was given before.
pub static IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A `T` with status `STATUS`, or `OTHER` if set: `Reply<TaskView, 200, 202>`.
#[derive(Debug)]
pub struct Reply<T, const STATUS: u16 = 200, const OTHER: u16 = 0> {
    status: u16,
    body: Value,
    location: Option<String>,
    cookie: Option<String>,
    replayed: bool,
    of: PhantomData<fn() -> T>,
}

impl<T: ToJSON, const STATUS: u16, const OTHER: u16> Reply<T, STATUS, OTHER> {
    /// The object, with `STATUS`.
    pub fn new(view: &T) -> Self {
        Self::raw(STATUS, view.to_json().unwrap_or_default(), false)
    }

    /// The object made from a value of the domain, with `STATUS`.
    pub fn of<D>(value: D) -> Self
    where
        T: FromDomain<D>,
    {
        Self::new(&T::from_domain(value))
    }

    /// The object, with `OTHER`.
    pub fn other(view: &T) -> Self {
        const { assert!(OTHER != 0, "this operation has one status only") };
        Self::raw(OTHER, view.to_json().unwrap_or_default(), false)
    }

    /// Marks the response as one to a repeated request. Its body need not be the same: a task is shown in
    /// its present state.
    #[must_use]
    pub fn replayed(self) -> Self {
        Self { replayed: true, ..self }
    }

    /// Sets `Location`.
    #[must_use]
    pub fn location(self, path: String) -> Self {
        Self { location: Some(path), ..self }
    }

    /// Sets `Set-Cookie`.
    #[must_use]
    pub fn cookie(self, cookie: Option<String>) -> Self {
        Self { cookie, ..self }
    }

    /// What the idempotency table keeps.
    pub(crate) fn stored(&self) -> (u16, &Value) {
        (self.status, &self.body)
    }

    /// From what the idempotency table kept.
    pub(crate) fn from_stored(status: u16, body: Value) -> Self {
        Self::raw(status, body, true)
    }

    fn raw(status: u16, mut body: Value, replayed: bool) -> Self {
        drop_nulls(&mut body);
        Self { status, body, location: None, cookie: None, replayed, of: PhantomData }
    }
}

/// Optional fields are absent, never null; the only exception is the `next_cursor` of the last page.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, value| !value.is_null() || name == "next_cursor");
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

impl<T, const STATUS: u16, const OTHER: u16> IntoResponse for Reply<T, STATUS, OTHER>
where
    T: Send,
{
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let mut response = Response::builder()
            .status(status)
            .content_type("application/json")
            .body(self.body.to_string());
        let headers = response.headers_mut();
        if let Some(Ok(location)) = self.location.map(HeaderValue::try_from) {
            headers.insert(header::LOCATION, location);
        }
        if let Some(Ok(mut cookie)) = self.cookie.map(HeaderValue::try_from) {
            cookie.set_sensitive(true);
            headers.insert(header::SET_COOKIE, cookie);
        }
        if self.replayed {
            headers.insert(&IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

impl<T: ToJSON, const STATUS: u16, const OTHER: u16> ApiResponse for Reply<T, STATUS, OTHER> {
    fn meta() -> MetaResponses {
        let statuses = [STATUS, OTHER].into_iter().filter(|status| *status != 0);
        MetaResponses { responses: statuses.map(response::<T>).collect() }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

fn response<T: Type>(status: u16) -> MetaResponse {
    let location = MetaHeader {
        name: "Location".to_owned(),
        description: Some("The path of the object".to_owned()),
        required: false,
        deprecated: false,
        schema: String::schema_ref(),
    };
    MetaResponse {
        description: match status {
            201 => "Created",
            202 => "Accepted; the work continues in the background",
            _ => "Success",
        },
        status: Some(status),
        status_range: None,
        content: vec![MetaMediaType { content_type: "application/json", schema: T::schema_ref() }],
        headers: if matches!(status, 201 | 202) { vec![location] } else { vec![] },
    }
}

/// A response without a body: 204.
#[derive(Debug, ApiResponse)]
pub enum NoContent {
    /// Done; there is no body.
    #[oai(status = 204)]
    Done,
}

#[cfg(test)]
mod tests {
    use poem_openapi::Object;
    use serde_json::json;

    use super::*;

    #[derive(Object)]
    struct View {
        name: String,
        hint: Option<String>,
        parts: Vec<Part>,
        next_cursor: Option<String>,
    }

    #[derive(Object)]
    struct Part {
        size: Option<u8>,
    }

    #[test]
    fn an_optional_field_is_absent_never_null_at_any_depth() {
        let view = View {
            name: "box".to_owned(),
            hint: None,
            parts: vec![Part { size: None }, Part { size: Some(1) }],
            next_cursor: None,
        };

        let reply: Reply<View> = Reply::new(&view);

        assert_eq!(
            reply.body,
            json!({"name": "box", "parts": [{}, {"size": 1}], "next_cursor": null})
        );
    }

    #[test]
    fn a_replayed_answer_says_so_and_keeps_its_status() {
        let body = json!({"name": "box"});
        let response = Reply::<View, 201>::from_stored(201, body).into_response();

        assert_eq!(response.status(), StatusCode::CREATED);
        assert_eq!(response.header(&IDEMPOTENCY_REPLAYED), Some("true"));
    }
}
