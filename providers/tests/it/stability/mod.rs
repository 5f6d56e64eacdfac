//! Stability's protocol: what is sent, and how each of its answers is read.

mod answers;
mod requests;
mod simulated;
