//! Credits: wallets, grants, holds and the journal. The invariants live in SQL functions
//! (`migrations/functions/1*.sql`); here are the amounts, the calls and what is read.

pub mod audit;
mod credits;
pub mod earnings;
mod expiry;
pub mod journal;
pub mod statement;
pub mod statistics;
pub mod wallet;

pub use credits::{AMOUNT_MAX, Credits, CreditsError, PLACES};
pub use expiry::{Swept, expire_due};
