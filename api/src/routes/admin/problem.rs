//! What the errors of providers and models look like from outside.

use shared::ops::offer::OfferError;

use crate::problem::{Code, Problem};

impl From<OfferError> for Problem {
    fn from(error: OfferError) -> Self {
        match error {
            OfferError::ProviderNotFound | OfferError::ModelNotFound => Self::not_found(),
            OfferError::ModelExists => {
                Self::new(Code::ModelExists, "change it instead, or delete it first")
            }
            OfferError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_offer_have_their_codes() {
        for (error, code) in [
            (OfferError::ProviderNotFound, "not_found"),
            (OfferError::ModelNotFound, "not_found"),
            (OfferError::ModelExists, "model.exists"),
            (OfferError::Store(sqlx::Error::PoolTimedOut), "unavailable"),
        ] {
            assert_eq!(Problem::from(error).code().as_str(), code);
        }
    }
}
