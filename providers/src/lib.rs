//! Adapters for image services.
//!
//! An adapter translates one [`ImageRequest`] into a service's protocol, and the service's answer
//! into an [`Image`] or a [`CallError`]. The error's class follows from what is certain about the
//! call, not from its HTTP status alone: whether the owner of the key was billed decides what may be
//! done next.
//!
//! Adapters never retry, choose a key, read the environment, touch the database or log.
//!
//! | where | what |
//! | --- | --- |
//! | [`ImageProvider`] | what every adapter can do |
//! | [`ImageRequest`], [`Image`] | what goes in and comes out |
//! | [`CallError`], [`ErrorClass`], [`Billed`] | every way it can fail |
//! | [`Registry`], [`ProviderConfig`] | the adapters of this process, by name |
//! | [`BodyBudget`] | bytes of images this process holds at once |
//! | `adapters` | one folder for each provider |

mod adapters;
mod body_budget;
mod call_error;
mod http;
mod image_file;
mod image_provider;
mod image_request;
mod message;
mod provider_config;
mod registry;

pub use body_budget::BodyBudget;
pub use call_error::{Billed, CallError, ErrorClass};
pub use image_provider::ImageProvider;
pub use image_request::{Image, ImageRequest, OutputFormat};
pub use provider_config::{ConfigError, ProviderConfig};
pub use registry::Registry;
