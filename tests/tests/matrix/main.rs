//! The kill matrix: real binaries die at named points, servers vanish, freeze and restart, and every
//! row says what must come of it. In all of them every task ends, none is bought twice without need,
//! and the books are exact.
//!
//! Rows that share a stack check the books in between, so that a failure belongs to one row.

#[cfg(test)]
mod evidence;
#[cfg(test)]
mod frozen;
#[cfg(test)]
mod leader;
#[cfg(test)]
mod load;
#[cfg(test)]
mod poison;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod redis_server;
#[cfg(test)]
mod submit;
#[cfg(test)]
mod worker;
#[cfg(test)]
mod wrong_clock;
