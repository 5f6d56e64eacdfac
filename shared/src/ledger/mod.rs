//! Credits: wallets, grants, holds and the journal. The invariants live in SQL functions
//! (`migrations/functions/1*.sql`); here are the amounts, the calls and what is read.

pub mod audit;
mod credits;
mod expiry;
pub mod earnings;
pub mod statement;
pub mod statistics;
pub mod wallet;

pub use expiry::{Swept, expire_due};
pub use credits::{AMOUNT_MAX, Credits, CreditsError, PLACES};
