//! What the exchange offers, as an admin sets it: providers with their policies, and models. Processes
//! that choose hear of a change through the catalogue's feed within seconds.

mod error;
mod model;
mod policy;
mod store;

pub use error::OfferError;
pub use model::{
    ModelChange, OfferedModel, change_model, create_model, delete_model, find_model, list_models,
};
pub use policy::{OfferedProvider, PolicyReview, find_provider, list_providers, set_policy};
