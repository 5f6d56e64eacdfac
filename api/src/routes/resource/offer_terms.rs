//! What the exchange allows an owner to offer.

use rust_decimal::Decimal;
use shared::{ledger::Credits, pool::Catalogue};

use crate::problem::{Code, Problem};

/// A price and limits that an owner wants to set.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct OfferTerms {
    pub price_per_unit: Option<Credits>,
    pub daily_limit: Option<Decimal>,
    pub monthly_limit: Option<Decimal>,
}

impl OfferTerms {
    /// 422 for a price above the cap, or for a limit that is below one image of every model of the provider.
    pub(super) fn check(&self, catalogue: &Catalogue, provider: &str) -> Result<(), Problem> {
        if let (Some(price), Some(provider)) =
            (self.price_per_unit, catalogue.providers.get(provider))
        {
            let max = catalogue.price_max(provider);
            if price > max {
                let detail = format!(
                    "must be at most {max} credits: the reference price of {} is {}",
                    provider.name, provider.reference_price
                );
                return Err(Problem::of_field(
                    Code::ResourcePriceTooHigh,
                    "price_per_unit",
                    detail,
                ));
            }
        }
        let least = catalogue.models_of(provider).min_by_key(|it| it.units);
        for (field, limit) in
            [("daily_limit", self.daily_limit), ("monthly_limit", self.monthly_limit)]
        {
            if let (Some(limit), Some(least)) = (limit, least)
                && limit < least.units
            {
                let detail = format!(
                    "must be at least {}, the units of one image of {}; no model takes less",
                    least.units.normalize(),
                    least.id
                );
                return Err(Problem::of_field(Code::ResourceServesNothing, field, detail));
            }
        }
        Ok(())
    }
}
