//! A client of the public API that knows the contract and nothing else.

mod answer;
mod caller;
mod contract;
mod events;
mod user;

pub use answer::Answer;
pub use caller::{Caller, Request};
pub use contract::{
    Attempt, Balance, Earning, Earnings, Grant, Image, Page, Resource, Task, TaskError, Transaction,
};
pub use events::{Event, EventStream};
pub use user::{User, connect_body};

use rust_decimal::Decimal;

/// An amount as a test writes it.
pub fn credits(text: &str) -> Decimal {
    text.parse().unwrap_or_else(|error| panic!("{text} is not a decimal: {error}"))
}
