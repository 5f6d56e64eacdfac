//! The pool of hosted keys: what can be bought, at what price, from whom, and which serves next.

pub mod catalogue;
mod error;
mod feed;
pub mod hot;
pub mod model;
pub mod provider;
pub mod quota;
pub mod rank;
pub mod resource;
pub mod store;
pub mod vault;

pub use catalogue::{Catalogue, Offer, Resource, ResourceStatus};
pub use error::PoolError;
pub use feed::CatalogueFeed;
pub use model::Model;
pub use provider::{Policy, Provider};
