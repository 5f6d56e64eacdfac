//! What the contract promises and the design relies on, held against real processes.

#[cfg(test)]
mod main_job;
