//! `POST /api/generate/estimate`.

use poem::web::Data;
use poem_openapi::{Object, OpenApi, types::Example};

use super::{submit::judge, text_to_image::TextToImage};
use crate::{
    auth::Caller,
    extract::{Amount, Body},
    problem::{Fail, Problem},
    response::Reply,
    routes::Tag,
    state::App,
};

/// What an image would cost.
pub struct Estimates;

/// What a submit with the same body would be held and served by.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Estimate", example)]
struct EstimateView {
    /// The model of the cheapest way.
    model: String,
    /// What the cheapest way costs.
    estimate: Amount,
    /// What a submit would hold: the ceiling asked for, or the estimate and a headroom.
    max_credits: Amount,
    /// Resources that can serve it for at most that.
    resources: u32,
}

#[OpenApi(prefix_path = "/api/generate", tag = "Tag::Generation")]
impl Estimates {
    /// What an image would cost, without making it.
    #[oai(path = "/estimate", method = "post", operation_id = "generate_estimate")]
    async fn estimate(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        body: Body<TextToImage>,
    ) -> Result<Reply<EstimateView>, Fail<422>> {
        let order = body.value.into_order()?;
        let judged = judge(app, &order, caller.user_id).await?.map_err(Problem::from)?;
        let max_credits = order.ceiling(judged.quote.estimate, &app.config.generation);
        let prices = app.generation.market.prices();
        let resources = prices.count_resources(&judged.models, caller.user_id, max_credits);

        Ok(Reply::new(&EstimateView {
            model: judged.quote.model.id.clone(),
            estimate: judged.quote.estimate.into(),
            max_credits: max_credits.into(),
            resources: u32::try_from(resources).unwrap_or(u32::MAX),
        }))
    }
}

impl Example for EstimateView {
    fn example() -> Self {
        Self {
            model: "stability/core".to_owned(),
            estimate: Amount(rust_decimal::Decimal::new(3, 0)),
            max_credits: Amount(rust_decimal::Decimal::new(33, 1)),
            resources: 12,
        }
    }
}
