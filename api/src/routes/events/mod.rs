//! Streams of events, and tickets that open them.

mod answer;
mod stream;
mod ticket;
mod types;

pub use stream::EventStreams;
pub use ticket::EventTickets;

/// Every operation of the group.
pub type Routes = (EventStreams, EventTickets);

/// One instance of each.
pub const fn all() -> Routes {
    (EventStreams, EventTickets)
}
