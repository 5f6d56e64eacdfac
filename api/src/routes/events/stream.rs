//! `GET /api/generate/task/{id}/events` and `GET /api/events`.

use std::sync::Arc;

use futures::{StreamExt, stream};
use poem::web::Data;
use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path},
};
use serde::Deserialize;
use shared::{
    clock::unix_seconds,
    generation::tasks::{Task, changes::Mark},
    identity::access::Reader,
};
use uuid::Uuid;

use super::{answer::EventAnswer, types::TypeList};
use crate::{
    auth::OptionalCaller,
    extract::{Id, Parameters, Text},
    problem::{Code, Fail, Problem},
    routes::Tag,
    state::App,
    streams::{EventId, EventTypes, Scope, opening, position, replay, task_frame},
};

/// Streams of events.
pub struct EventStreams;

/// What a stream tells, and to whom.
#[derive(Debug, Object, Deserialize)]
struct StreamQuery {
    /// Only events of these types, with commas between them; without it, of all types.
    types: Option<TypeList>,
}

/// How a browser opens a stream.
#[derive(Debug, Object, Deserialize)]
struct TicketQuery {
    /// A ticket from `POST /api/events/ticket`; with it, no access token is needed.
    ticket: Option<Text<1, 300>>,
}

#[OpenApi(prefix_path = "/api", tag = "Tag::Events")]
impl EventStreams {
    /// Follow a task until it has ended.
    ///
    /// The stream begins with the task as it is and tells it again whenever its status changes, an attempt starts or
    /// canceling is asked for; the name of each event is `task.` and the status. After the event of the end the stream
    /// closes; who comes back with the id of that event gets 204. Up to 10 streams of one user may be open at a server,
    /// each for at most an hour.
    #[oai(path = "/generate/task/:id/events", method = "get", operation_id = "stream_task_events")]
    async fn of_task(
        &self,
        Data(app): Data<&App>,
        caller: OptionalCaller,
        /// The id of the task.
        id: Path<Id>,
        Parameters(query): Parameters<TicketQuery>,
        /// The id of the last event you had of this stream.
        #[oai(name = "Last-Event-ID")]
        last_event_id: Header<Option<String>>,
    ) -> Result<EventAnswer<true>, Fail<401>> {
        let Path(Id(id)) = id;
        let reader = reader(app, caller, query.ticket, Some(id))?;
        let task = find(app, id, reader.user_id).await?;
        if let (Some(at), Some(last)) = (task.completed_at, last_event_id.0) {
            let knows = EventId::parse(&last).is_some_and(|it| it.subject == id && it.at >= at);
            return Ok(if knows {
                EventAnswer::over()
            } else {
                EventAnswer::stream(stream::iter([Ok(opening()), Ok(now(app, &task))]))
            });
        }
        let scope = Scope::Task { id, known: Mark::of(&task) };
        let subscription = app.streams.registry.open(reader, scope)?;
        // Once more: it may have ended before there was a place.
        let task = find(app, id, reader.user_id).await?;
        let mark = Mark::of(&task);
        subscription.knows(mark);
        let begin = stream::iter([Ok(opening()), Ok(now(app, &task))]);
        Ok(if mark.is_final() {
            EventAnswer::stream(begin)
        } else {
            EventAnswer::stream(begin.chain(subscription.map(Ok)))
        })
    }

    /// Follow everything that happens to your tasks, your credits and your resources.
    ///
    /// The stream tells what changes from its beginning on: open it first, then read what you show. After an
    /// interruption, send the id of the last event you had as `Last-Event-ID`, as an `EventSource` does by itself:
    /// tasks that ended in the meantime are told again, up to 24 hours and 10,000 tasks back, and some of the minute
    /// before that you know already. If you missed more, the event `stream.reset` tells you to read everything again.
    /// Of a user with more than 200 unfinished tasks, changes of those are told whose turn comes first; the end of a
    /// task is always told. Up to 10 streams of one user may be open at a server, each for at most an hour.
    #[oai(path = "/events", method = "get", operation_id = "stream_events")]
    async fn of_user(
        &self,
        Data(app): Data<&App>,
        caller: OptionalCaller,
        Parameters(query): Parameters<StreamQuery>,
        Parameters(ticket): Parameters<TicketQuery>,
        /// The id of the last event you had.
        #[oai(name = "Last-Event-ID")]
        last_event_id: Header<Option<String>>,
    ) -> Result<EventAnswer<false>, Fail<401>> {
        let reader = reader(app, caller, ticket.ticket, None)?;
        let types = query.types.map_or(EventTypes::ALL, |it| it.0);
        let subscription = app.streams.registry.open(reader, Scope::User(types))?;
        let user = reader.user_id;
        let from = app.streams.watch.begin(user).await?;
        let missed = match last_event_id.0 {
            None => stream::empty().boxed(),
            Some(last) => {
                let last = EventId::parse(&last);
                replay(&app.db, &app.generation, user, types, last, from).await?
            }
        };
        // Not before what was missed has been told: the next interruption may come earlier.
        let here = position(EventId::new(from, Uuid::nil()));
        let begin = stream::iter([Ok(opening())]).chain(missed);
        let live = stream::iter([here]).chain(subscription).map(Ok);
        Ok(EventAnswer::stream(begin.chain(live)))
    }
}

/// Whose stream it is, by the ticket or else by the access token.
fn reader(
    app: &App,
    caller: OptionalCaller,
    ticket: Option<Text<1, 300>>,
    task: Option<Uuid>,
) -> Result<Reader, Problem> {
    let Some(text) = ticket else {
        let caller = caller.0?.ok_or_else(|| {
            Problem::new(
                Code::AuthRequired,
                "send an access token, or a ticket from POST /api/events/ticket",
            )
        })?;
        return Ok(Reader::from(&*caller));
    };
    let ticket = app.tickets.verify(&text, unix_seconds()).filter(|it| it.task == task);
    let ticket = ticket.ok_or_else(|| {
        Problem::new(
            Code::AuthInvalidToken,
            "the ticket is expired, forged or of another stream; get a new one from POST /api/events/ticket",
        )
    })?;
    app.access.judge_reader(&ticket.reader)?;
    Ok(ticket.reader)
}

async fn find(app: &App, id: Uuid, user: Uuid) -> Result<Arc<Task>, Problem> {
    app.generation.reads.find(id, user).await?.ok_or_else(Problem::not_found)
}

/// The task as the first event; where it has not ended, its id makes an interruption begin anew.
fn now(app: &App, task: &Arc<Task>) -> bytes::Bytes {
    let at = task.completed_at.or(task.started_at).unwrap_or(task.created_at);
    task_frame(Task::clone(task), &app.generation.links, at)
}
