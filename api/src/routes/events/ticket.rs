//! `POST /api/events/ticket`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use serde::Deserialize;
use shared::{
    clock::unix_seconds,
    identity::access::{Reader, Ticket},
};

use crate::{
    auth::Caller,
    extract::{Body, Id},
    problem::{Fail, Problem},
    response::{Reply, Timestamp, view},
    routes::Tag,
    state::App,
};

/// A ticket may be used again for so long, so that a browser comes back after an interruption.
const LIFETIME: Duration = Duration::from_mins(10);

/// Tickets for streams.
pub struct EventTickets;

/// Which stream a ticket is to open.
#[derive(Debug, Object, Deserialize)]
#[oai(rename = "TicketRequest")]
struct TicketRequest {
    /// The task whose stream it opens; without it, the stream of everything.
    task_id: Option<Id>,
}

view! {
    /// A ticket that opens a stream of events without an access token.
    struct TicketView as "EventTicket" {
        /// The ticket, for the query parameter of the same name.
        ticket: String,
        /// The path of the stream with the ticket in it, for an `EventSource`.
        url: String,
        /// The stream cannot be opened with it after this time; one that is open stays so.
        expires_at: Timestamp,
    }
}

#[OpenApi(prefix_path = "/api/events", tag = "Tag::Events")]
impl EventTickets {
    /// Get a ticket that opens a stream without an access token.
    ///
    /// It is for the `EventSource` of browsers, which sends no headers. It opens one kind of stream, for ten minutes
    /// and as often as the connection breaks off, and nothing else.
    #[oai(path = "/ticket", method = "post", operation_id = "create_events_ticket")]
    async fn create(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        body: Body<TicketRequest>,
    ) -> Result<Reply<TicketView, 201>, Fail<404>> {
        let task = body.value.task_id.map(|it| it.0);
        if let Some(id) = task {
            let found = app.generation.reads.find(id, caller.user_id).await?;
            found.ok_or_else(Problem::not_found)?;
        }
        let expires_at = unix_seconds() + LIFETIME.as_secs();
        let reader = Reader::from(&*caller.0);
        let ticket = app.tickets.sign(&Ticket { reader, task, expires_at });
        let path = match task {
            Some(id) => format!("/api/generate/task/{id}/events"),
            None => "/api/events".to_owned(),
        };
        let url = format!("{path}?ticket={ticket}");
        let expires_at =
            i64::try_from(expires_at).ok().and_then(|it| DateTime::<Utc>::from_timestamp(it, 0));
        let expires_at = expires_at.unwrap_or_default().into();
        Ok(Reply::new(&TicketView { ticket, url, expires_at }).location(path))
    }
}
