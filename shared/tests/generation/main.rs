//! How tasks come into the queue and are found there, as the roles that submit and claim.

#![expect(clippy::unwrap_used, reason = "this whole program is a test")]

mod claim;
mod compensation;
mod exchange;
mod market;
mod parked;
mod reads;
mod refunds;
mod strikes;
mod submit;
