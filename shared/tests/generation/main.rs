//! How tasks come into the queue and are found there, as the roles that submit and claim.

#![expect(clippy::unwrap_used, reason = "this whole program is a test")]
#![expect(clippy::float_cmp, reason = "tags of tests are small numbers, added in one order")]

mod claim;
mod compensation;
mod doubt;
mod exchange;
mod fair;
mod fairness;
mod market;
mod parked;
mod place;
mod queue;
mod reads;
mod refunds;
mod repeats;
mod strikes;
mod submit;
mod supply;
