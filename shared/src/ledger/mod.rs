//! Credits: wallets, grants, holds and the journal. The invariants live in SQL functions
//! (`migrations/functions/1*.sql`); here are the amounts, the calls and what is read.

mod credits;

pub use credits::{AMOUNT_MAX, Credits, CreditsError, PLACES};
