//! Image services on a local port: the real protocol, with faults on demand.
//!
//! Every provider lives in a folder of its own under `providers` and answers under its name as a
//! path prefix, so the base URL our product is given is `{simulator_url}/{provider}`. What the
//! providers share (calls and their payment, keys, faults, pictures, the control API) lives beside
//! that.
//!
//! Nothing here is part of the product: the simulator knows none of our tables or types, only
//! what a provider publishes, so a mistake in an adapter cannot be mirrored by it.

mod body;
mod call;
mod control;
mod credits;
mod key;
mod picture;
mod providers;
mod reply;
mod route;
mod server;

pub use server::{Handle, providers, start, start_on};
