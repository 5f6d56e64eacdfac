//! `POST /api/generate/estimate`.

use poem::web::Data;
use poem_openapi::OpenApi;

use super::text_to_image::TextToImage;
use crate::{
    auth::Caller,
    extract::{Amount, Body},
    problem::{Fail, Problem},
    response::{Reply, view},
    routes::Tag,
    services::submit,
    state::App,
};

/// Estimates.
pub struct Estimates;

view! {
    /// What a task with the same request would cost, by supply that can serve it.
    struct EstimateView as "Estimate" {
        /// The id of the model that the cheapest resource would use.
        model: String,
        /// What the image costs with the cheapest resource that can make it now, in credits; if none can, with
        /// the cheapest that can before the deadline.
        estimate: Amount,
        /// Credits that a task would set aside: your `max_credits`, or the larger of estimate and reference
        /// cost, and a margin.
        max_credits: Amount,
        /// How many resources can make the image before the deadline for at most `max_credits`.
        resources: u32,
        /// How many of them could begin at once.
        resources_free: u32,
        /// What the cheapest model that may be used costs at the reference price of its provider, in credits.
        reference_cost: Amount,
        /// `true` if no resource can make the image for the reference cost and a margin; otherwise absent.
        above_reference: Option<bool>,
    }
}

#[OpenApi(prefix_path = "/api/generate", tag = "Tag::Generation")]
impl Estimates {
    /// Estimate what an image costs, without making it.
    #[oai(path = "/estimate", method = "post", operation_id = "estimate_image")]
    async fn estimate(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        body: Body<TextToImage>,
    ) -> Result<Reply<EstimateView>, Fail<422>> {
        let order = body.value.into_order()?;
        let judged = submit::judge(app, &order, caller.user_id).await?.map_err(Problem::from)?;
        let max_credits = order.ceiling(&judged.quote);
        let prices = app.generation.market.prices();
        let wish = order.wish(&judged.models, caller.user_id, &app.config.generation);
        let count = prices.count_resources(&wish, max_credits);
        let quote = &judged.quote;

        Ok(Reply::new(&EstimateView {
            model: quote.model.id.clone(),
            estimate: quote.estimate.into(),
            max_credits: max_credits.into(),
            resources: u32::try_from(count.all).unwrap_or(u32::MAX),
            resources_free: u32::try_from(count.free).unwrap_or(u32::MAX),
            reference_cost: quote.reference_cost.into(),
            above_reference: quote.above_reference.then_some(true),
        }))
    }
}
