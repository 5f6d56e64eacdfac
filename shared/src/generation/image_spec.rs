//! The image a consumer asks for.

use serde::Serialize;

use crate::images::{ImageFormat, Seed};

/// The model name that leaves the choice of the model to Aetherflow.
pub const AUTO: &str = "auto";

/// One image to make, in words that every provider shares. The same seven values travel from the request
/// through the task to the call: as JSON under these names, in the tables with the model under
/// `requested_model` (`generation.task.model` is the model that made the image).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct ImageSpec {
    /// What the image shows.
    pub prompt: String,
    /// What it must not show.
    pub negative_prompt: Option<String>,
    /// A model's id, or [`AUTO`].
    #[sqlx(rename = "requested_model")]
    pub model: String,
    /// Width to height, `16:9`.
    pub aspect_ratio: String,
    /// Makes an image repeatable.
    pub seed: Option<Seed>,
    /// Of the file.
    pub output_format: ImageFormat,
    /// The provider's name of a style.
    pub style_preset: Option<String>,
}

impl ImageSpec {
    /// A square PNG, by whatever model is cheapest.
    pub fn of_prompt(prompt: impl Into<String>) -> Self {
        Self {
            prompt: prompt.into(),
            negative_prompt: None,
            model: AUTO.to_owned(),
            aspect_ratio: "1:1".to_owned(),
            seed: None,
            output_format: ImageFormat::Png,
            style_preset: None,
        }
    }
}
