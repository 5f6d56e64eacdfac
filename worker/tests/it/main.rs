//! A worker inside the test's process, against a real PostgreSQL, the simulated provider on a real socket
//! and a folder of images: what it does with a task, and through which troubles.
#![expect(clippy::unwrap_used, reason = "a test ends where it is surprised")]

mod calls;
mod exchange;
mod process;
mod proxy;
mod queues;
mod troubles;
