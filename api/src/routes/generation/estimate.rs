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
    /// What a task with the same request would cost.
    struct EstimateView as "Estimate" {
        /// The id of the model that the cheapest resource would use.
        model: String,
        /// What the image costs with the cheapest resource, in credits.
        estimate: Amount,
        /// Credits that a task would set aside: your `max_credits`, or the estimate and a margin.
        max_credits: Amount,
        /// How many resources can make the image for at most `max_credits`.
        resources: u32,
    }
}

#[OpenApi(prefix_path = "/api/generate", tag = "Tag::Generation")]
impl Estimates {
    /// Estimate what an image costs, without making it.
    #[oai(path = "/estimate", method = "post", operation_id = "generate_estimate")]
    async fn estimate(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        body: Body<TextToImage>,
    ) -> Result<Reply<EstimateView>, Fail<422>> {
        let order = body.value.into_order()?;
        let judged = submit::judge(app, &order, caller.user_id).await?.map_err(Problem::from)?;
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
