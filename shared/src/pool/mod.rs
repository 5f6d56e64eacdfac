//! The pool of hosted keys: what can be bought, at what price, from whom, and which serves next.

pub mod catalogue;
mod feed;
pub mod hot;
pub mod quota;
pub mod rank;
mod request;
pub mod resource_reads;
pub mod resources;
pub mod store;
pub mod vault;

pub use catalogue::{Catalogue, Model, Offer, Policy, Provider, Resource, ResourceStatus};
pub use feed::CatalogueFeed;
pub use request::{AUTO, ModelRefusal, ModelRequest, models_for};
