//! Image services on a local port: the real protocol, with faults on demand.
//!
//! Every provider lives in a folder of its own and answers under its name as a path prefix, so
//! the base URL our product is given is `{simulator_url}/{provider}`. What the providers share
//! (keys and what was charged to them, faults, pictures, the control API) lives beside them.
//!
//! Nothing here is part of the product: the simulator knows none of our tables or types, only
//! what a provider publishes, so a mistake in an adapter cannot be mirrored by it.

mod body;
mod control;
mod credits;
mod key;
mod picture;
mod provider;
mod reply;
mod route;
mod server;
mod stability;

pub use provider::Provider;
pub use server::{Handle, start, start_on};
