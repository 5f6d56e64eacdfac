//! Why a task waits.

use shared::generation::quote::{Obstacle, WaitingClass};

use crate::{
    extract::{Amount, Word},
    response::{Timestamp, view},
    services::Waiting,
};

view! {
    /// Why a task waits.
    pub struct WaitingView as "Waiting" from it: Waiting {
        /// What keeps how many resources from serving the task; empty if one is free and it waits for its turn.
        reasons: Vec<ReasonView>,
        /// How many waiting tasks come before it; at most 10,000 are counted.
        position: i64,
        /// When the first resource that pauses is tried again; absent if none pauses.
        retry_at: Option<Timestamp>,
        /// The reasons in a sentence for people.
        message: String,
    }
}

view! {
    /// What keeps some resources from serving a task.
    pub struct ReasonView as "WaitingReason" from it: Obstacle {
        /// What it is, for programs.
        class: Word<WaitingClass>,
        /// How many resources it keeps from serving the task.
        count: u32 = u32::try_from(it.count).unwrap_or(u32::MAX),
        /// What the cheapest of them that is free would cost, in credits; only where the price is the reason.
        cheapest: Option<Amount>,
    }
}
