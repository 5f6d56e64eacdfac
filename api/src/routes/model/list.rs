//! `GET /api/generate/models`.

use std::{slice, sync::Arc};

use poem::web::Data;
use poem_openapi::{Object, OpenApi, types::Example};
use shared::{generation::quote::PriceList, pool::Model};
use uuid::Uuid;

use crate::{
    auth::Caller,
    extract::Amount,
    problem::Fail,
    response::{Page, Reply},
    routes::Tag,
    state::App,
};

/// What can be picked.
pub struct ModelList;

/// A model, and what it costs the caller.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Model", example, skip_serializing_if_is_none)]
struct ModelView {
    /// What a request names.
    id: String,
    /// The image service.
    provider: String,
    /// For people.
    display_name: String,
    /// Width to height.
    aspect_ratios: Vec<String>,
    /// `png`, `jpeg`, `webp`.
    output_formats: Vec<String>,
    /// Styles it knows.
    style_presets: Vec<String>,
    /// Whether it can be told what the image must not show.
    negative_prompt: bool,
    /// Characters of a prompt, at most.
    prompt_max_chars: i32,
    /// Languages it reads.
    prompt_languages: Vec<String>,
    /// What the provider counts for one image.
    units_per_image: Amount,
    /// What the cheapest resource open to the caller costs.
    from_credits: Option<Amount>,
    /// Whether any resource is open to the caller.
    available: bool,
}

#[OpenApi(prefix_path = "/api/generate", tag = "Tag::Generation")]
impl ModelList {
    /// Every model, with what it costs the caller.
    #[oai(path = "/models", method = "get", operation_id = "generate_models")]
    #[expect(clippy::unused_async, reason = "operations are asynchronous")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
    ) -> Result<Reply<Page<ModelView>>, Fail> {
        let prices = app.generation.market.prices();
        let enabled = prices.catalogue().models.iter().filter(|it| it.enabled);
        let models = enabled.map(|it| view(it, &prices, caller.user_id)).collect();
        Ok(Reply::new(&Page::whole(models)))
    }
}

fn view(model: &Arc<Model>, prices: &PriceList, user: Uuid) -> ModelView {
    let quote = prices.quote(slice::from_ref(model), user, None).ok();
    ModelView {
        id: model.id.clone(),
        provider: model.provider.clone(),
        display_name: model.display_name.clone(),
        aspect_ratios: model.aspect_ratios.clone(),
        output_formats: model.output_formats.clone(),
        style_presets: model.style_presets.clone(),
        negative_prompt: model.negative_prompt,
        prompt_max_chars: model.prompt_chars_max,
        prompt_languages: model.prompt_languages.clone(),
        units_per_image: model.units.into(),
        available: quote.is_some(),
        from_credits: quote.map(|it| it.estimate.into()),
    }
}

impl Example for ModelView {
    fn example() -> Self {
        let words = |words: &[&str]| words.iter().map(|it| (*it).to_owned()).collect();
        Self {
            id: "stability/core".to_owned(),
            provider: "stability".to_owned(),
            display_name: "Stable Image Core".to_owned(),
            aspect_ratios: words(&["1:1", "16:9"]),
            output_formats: words(&["png", "jpeg", "webp"]),
            style_presets: words(&["photographic"]),
            negative_prompt: true,
            prompt_max_chars: 10_000,
            prompt_languages: words(&["en"]),
            units_per_image: Amount(rust_decimal::Decimal::new(3, 0)),
            from_credits: Some(Amount(rust_decimal::Decimal::new(3, 0))),
            available: true,
        }
    }
}
