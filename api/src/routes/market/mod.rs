//! The terms everybody trades by.

mod terms;

pub use terms::MarketTerms;

/// Every operation of the domain.
pub type Routes = MarketTerms;

/// One instance of each.
pub const fn all() -> Routes {
    MarketTerms
}
