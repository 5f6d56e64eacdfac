//! `GET /api/market/terms`.

use std::sync::Arc;

use poem::web::Data;
use poem_openapi::OpenApi;
use shared::{
    ledger::Credits,
    pool::{Catalogue, Model, Policy, Provider},
};

use crate::{
    auth::Caller,
    extract::{Amount, Word},
    problem::Fail,
    response::{FromDomain, Reply, view},
    routes::Tag,
    state::App,
};

/// Reading the terms.
pub struct MarketTerms;

/// A provider with what may be asked for its unit, and its models.
struct ProviderOffer {
    provider: Provider,
    price_max: Credits,
    models: Vec<Model>,
}

view! {
    /// What holds for everybody who buys images or hosts keys.
    struct MarketTermsView as "MarketTerms" {
        /// The platform's share of what a resource earns, as a fraction.
        commission_rate: Amount,
        /// How long earnings can be disputed before they are payable, in seconds.
        dispute_window: u64,
        /// What a hold adds to the larger of estimate and reference cost, as a fraction.
        price_headroom: Amount,
        /// How long images are kept, in seconds.
        image_retention: u64,
        /// Every provider whose keys can be hosted, by name.
        providers: Vec<ProviderTermsView>,
    }
}

view! {
    /// What the keys of a provider may be hosted for.
    struct ProviderTermsView as "ProviderTerms" from it: ProviderOffer {
        /// The name of the provider, as `provider` of a resource.
        id: String = it.provider.name,
        /// The name to show to people.
        display_name: String = it.provider.display_name,
        /// Whose tasks the provider's keys may serve.
        policy: Word<Policy> = it.provider.policy,
        /// What one unit is worth, in credits. Default ceilings and places in the queue are counted by it.
        reference_price: Amount = it.provider.reference_price,
        /// The highest `price_per_unit` that an owner may ask, in credits.
        price_max: Amount,
        /// What the provider counts and bills, in words.
        unit: String = it.provider.unit,
        /// The models that images can be made with.
        models: Vec<ModelTermsView>,
    }
}

view! {
    /// How many units an image takes.
    struct ModelTermsView as "ModelTerms" from it: Model {
        /// The id of the model.
        id: String,
        /// Units that the provider counts for one image.
        units_per_image: Amount = it.units,
    }
}

#[OpenApi(prefix_path = "/api/market", tag = "Tag::Resources")]
impl MarketTerms {
    /// Get the terms of the exchange: reference prices, the highest prices, the commission.
    #[oai(path = "/terms", method = "get", operation_id = "get_market_terms")]
    #[expect(clippy::unused_async, reason = "operations are asynchronous")]
    async fn terms(
        &self,
        Data(app): Data<&App>,
        _caller: Caller,
    ) -> Result<Reply<MarketTermsView>, Fail> {
        let config = &app.config.generation;
        let prices = app.generation.market.prices();
        Ok(Reply::new(&MarketTermsView {
            commission_rate: config.commission_rate.into(),
            dispute_window: app.config.dispute_window.as_secs(),
            price_headroom: config.market.price_headroom.into(),
            image_retention: config.image_retention.as_secs(),
            providers: Vec::from_domain(offers(prices.catalogue())),
        }))
    }
}

fn offers(catalogue: &Catalogue) -> Vec<ProviderOffer> {
    let mut providers: Vec<_> = catalogue.providers.values().map(Arc::as_ref).collect();
    providers.sort_unstable_by_key(|it| it.name.as_str());
    let offers = providers.into_iter().map(|provider| ProviderOffer {
        provider: provider.clone(),
        price_max: catalogue.price_max(provider),
        models: catalogue.models_of(&provider.name).map(|it| Model::clone(it)).collect(),
    });
    offers.collect()
}
