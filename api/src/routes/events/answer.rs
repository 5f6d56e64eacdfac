//! The answer of a stream: it goes on for as long as there is something to tell.

use bytes::Bytes;
use futures::Stream;
use poem::{
    Body, IntoResponse, Response,
    http::{HeaderName, HeaderValue, StatusCode, header},
};
use poem_openapi::{
    ApiResponse,
    registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry},
    types::Type,
};

use crate::{
    routes::{generation::TaskView, resource::ResourceNewsView},
    streams::{BalanceTotalsView, ResetView},
};

const MEDIA_TYPE: &str = "text/event-stream";

/// A stream of events; where it `ENDS`, also the news (204) that there is nothing more to come.
pub struct EventAnswer<const ENDS: bool>(Response);

impl<const ENDS: bool> EventAnswer<ENDS> {
    /// Writes these events.
    pub fn stream(events: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static) -> Self {
        let body = Body::from_bytes_stream(events);
        let mut response = Response::builder().content_type(MEDIA_TYPE).body(body);
        let headers = response.headers_mut();
        let fresh = HeaderValue::from_static("no-store, no-transform");
        headers.insert(header::CACHE_CONTROL, fresh);
        // nginx would keep events back until a buffer is full.
        let buffering = HeaderName::from_static("x-accel-buffering");
        headers.insert(buffering, HeaderValue::from_static("no"));
        Self(response)
    }
}

impl EventAnswer<true> {
    /// Nothing comes any more: an `EventSource` stays away after it.
    pub fn over() -> Self {
        Self(StatusCode::NO_CONTENT.into_response())
    }
}

impl<const ENDS: bool> IntoResponse for EventAnswer<ENDS> {
    fn into_response(self) -> Response {
        self.0
    }
}

impl<const ENDS: bool> ApiResponse for EventAnswer<ENDS> {
    fn meta() -> MetaResponses {
        let data = if ENDS { TaskView::schema_ref() } else { any_of_data() };
        let events = MetaResponse {
            description: "Server-sent events; the schema is that of the `data` of each",
            status: Some(200),
            status_range: None,
            content: vec![MetaMediaType { content_type: MEDIA_TYPE, schema: data }],
            headers: vec![],
        };
        let over = MetaResponse {
            description: "The task has ended, and `Last-Event-ID` says that you know it",
            status: Some(204),
            status_range: None,
            content: vec![],
            headers: vec![],
        };
        MetaResponses { responses: [events].into_iter().chain(ENDS.then_some(over)).collect() }
    }

    fn register(registry: &mut Registry) {
        TaskView::register(registry);
        BalanceTotalsView::register(registry);
        ResourceNewsView::register(registry);
        ResetView::register(registry);
        crate::extract::Word::<crate::streams::EventType>::register(registry);
    }
}

/// What an event of a stream about everything carries; its type says which.
fn any_of_data() -> MetaSchemaRef {
    MetaSchemaRef::Inline(Box::new(MetaSchema {
        any_of: vec![
            TaskView::schema_ref(),
            BalanceTotalsView::schema_ref(),
            ResourceNewsView::schema_ref(),
            ResetView::schema_ref(),
        ],
        ..MetaSchema::ANY
    }))
}
