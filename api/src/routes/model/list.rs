//! `GET /api/generate/models`.

use std::{slice, sync::Arc};

use poem::web::Data;
use poem_openapi::OpenApi;
use shared::{
    generation::{
        Route,
        quote::{PriceList, Wish},
    },
    ledger::Credits,
    pool::Model,
};
use uuid::Uuid;

use crate::{
    auth::Caller,
    extract::{Amount, Parameters},
    problem::Fail,
    response::{Page, Paging, Reply, view},
    routes::Tag,
    services::submit::DEADLINE_SECONDS_MAX,
    state::App,
};

/// Listing models.
pub struct ModelList;

/// A model, and what it costs the caller, if a resource can serve them.
struct PricedModel {
    model: Model,
    estimate: Option<Credits>,
}

view! {
    /// A model, and what it costs the caller.
    struct ModelView as "Model" from it: PricedModel {
        /// The `model` to send in a request.
        id: String = it.model.id,
        /// The image service that runs the model.
        provider: String = it.model.provider,
        /// The name to show to people.
        display_name: String = it.model.display_name,
        /// The ratios of width to height that the model can make, such as `16:9`.
        aspect_ratios: Vec<String> = it.model.aspect_ratios,
        /// The file formats that the model can make: `png`, `jpeg` or `webp`.
        output_formats: Vec<String> = it.model.output_formats,
        /// The names of the styles that the model knows.
        style_presets: Vec<String> = it.model.style_presets,
        /// Whether the model accepts a negative prompt.
        negative_prompt: bool = it.model.negative_prompt,
        /// Whether the model accepts a seed.
        seed: bool = it.model.seed,
        /// The longest prompt the model accepts, in characters.
        prompt_max_chars: i32 = it.model.prompt_chars_max,
        /// The languages of prompts that the model understands, such as `en`.
        prompt_languages: Vec<String> = it.model.prompt_languages,
        /// How many of its units the provider counts for one image.
        units_per_image: Amount = it.model.units,
        /// What an image costs you, in credits, with the cheapest resource that can make it now, else soon; absent
        /// if there is none.
        from_credits: Option<Amount> = it.estimate,
        /// Whether a resource that you may use can make an image now or soon.
        available: bool = it.estimate.is_some(),
    }
}

#[OpenApi(prefix_path = "/api/generate", tag = "Tag::Generation")]
impl ModelList {
    /// List the models you can choose from, sorted by id, with what they cost you.
    #[oai(path = "/models", method = "get", operation_id = "list_models")]
    #[expect(clippy::unused_async, reason = "operations are asynchronous")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<Page<ModelView>>, Fail> {
        let prices = app.generation.market.prices();
        let enabled = prices.catalogue().models.iter().filter(|it| it.is_offered());
        let models = enabled.map(|it| price(it, &prices, caller.user_id)).collect();
        Ok(Reply::new(&Page::of_all(models, &paging, |it: &PricedModel| &it.model.id)?))
    }
}

fn price(model: &Arc<Model>, prices: &PriceList, user: Uuid) -> PricedModel {
    let quote = prices.quote(&Wish {
        models: slice::from_ref(model),
        user,
        route: Route::Any,
        max_credits: None,
        deadline_seconds: DEADLINE_SECONDS_MAX,
    });
    let available = quote.ok().filter(|it| it.available);
    PricedModel { model: Model::clone(model), estimate: available.map(|it| it.estimate) }
}
