//! Models as admins see them.

use poem_openapi::{Object, types::Example};
use rust_decimal::Decimal;
use shared::pool::Model;

use crate::{extract::Amount, response::Timestamp, routes::wallet::example_instant};

/// A model, with everything an admin may set.
#[derive(Debug, Object)]
#[oai(rename = "AdminModel", example)]
pub(super) struct AdminModelView {
    /// `provider/name`.
    id: String,
    /// Its provider.
    provider: String,
    /// The provider's own name for it.
    wire_name: String,
    /// For people.
    display_name: String,
    /// What the provider counts for one image.
    units_per_image: Amount,
    /// Which it can make.
    aspect_ratios: Vec<String>,
    /// Which it can make.
    output_formats: Vec<String>,
    /// Which it knows.
    style_presets: Vec<String>,
    /// Characters of a prompt.
    prompt_max_chars: i32,
    /// Which it can read.
    prompt_languages: Vec<String>,
    /// Whether it takes a negative prompt.
    negative_prompt: bool,
    /// A disabled model is not offered and serves nothing.
    enabled: bool,
    /// When it was made.
    created_at: Timestamp,
}

impl From<Model> for AdminModelView {
    fn from(model: Model) -> Self {
        Self {
            id: model.id,
            provider: model.provider,
            wire_name: model.wire_name,
            display_name: model.display_name,
            units_per_image: model.units.into(),
            aspect_ratios: model.aspect_ratios,
            output_formats: model.output_formats,
            style_presets: model.style_presets,
            prompt_max_chars: model.prompt_chars_max,
            prompt_languages: model.prompt_languages,
            negative_prompt: model.negative_prompt,
            enabled: model.enabled,
            created_at: model.created_at.into(),
        }
    }
}

impl Example for AdminModelView {
    fn example() -> Self {
        let words = |words: &[&str]| words.iter().map(|&it| it.to_owned()).collect();
        Self {
            id: "stability/core".to_owned(),
            provider: "stability".to_owned(),
            wire_name: "core".to_owned(),
            display_name: "Stable Image Core".to_owned(),
            units_per_image: Amount(Decimal::from(3)),
            aspect_ratios: words(&["1:1", "16:9"]),
            output_formats: words(&["png", "webp"]),
            style_presets: words(&["anime"]),
            prompt_max_chars: 10_000,
            prompt_languages: words(&["en"]),
            negative_prompt: true,
            enabled: true,
            created_at: example_instant(0),
        }
    }
}
