//! The body that a submit and an estimate take.

use poem_openapi::Object;
use serde::Deserialize;
use shared::{
    generation::{AUTO, ImageSpec, Route},
    images::{ImageFormat, Seed},
};

use crate::{
    extract::{PositiveAmount, Text, Word},
    problem::{FieldError, FieldFault, Problem},
    services::submit::{DEADLINE_SECONDS_MAX, ImageOrder},
};

pub(super) const PROMPT_CHARS_MAX: usize = 10_000;
/// The largest seed that every provider takes.
const SEED_MAX: u32 = 4_294_967_294;
const DEADLINE_SECONDS_MIN: u32 = 10;
const ASPECT_RATIO_DEFAULT: &str = "1:1";

/// What a field that is left out is taken for, for the document.
mod defaults {
    use super::{ASPECT_RATIO_DEFAULT, AUTO, ImageFormat, Route, Text, Word};

    pub fn model() -> Option<Text<1, 100>> {
        AUTO.parse().ok()
    }

    pub fn aspect_ratio() -> Option<Text<1, 20>> {
        ASPECT_RATIO_DEFAULT.parse().ok()
    }

    #[expect(clippy::unnecessary_wraps, reason = "the field may be left out")]
    pub fn output_format() -> Option<Word<ImageFormat>> {
        Some(Word(ImageFormat::Png))
    }

    #[expect(clippy::unnecessary_wraps, reason = "the field may be left out")]
    pub fn route() -> Option<Word<Route>> {
        Some(Word(Route::Any))
    }
}

/// An image to make.
#[derive(Debug, Clone, Object, Deserialize)]
#[oai(skip_serializing_if_is_none)]
pub(super) struct TextToImage {
    /// What the image should show. Each model has its own limit: see `prompt_max_chars` of the model.
    prompt: Text<1, PROMPT_CHARS_MAX>,
    /// What the image should not show. Not every model accepts it.
    negative_prompt: Option<Text<0, PROMPT_CHARS_MAX>>,
    /// The id of a model, or `auto` (the default) for the cheapest model that can make the image.
    #[oai(default = "defaults::model")]
    model: Option<Text<1, 100>>,
    /// The ratio of width to height, such as `16:9`; `1:1` by default.
    #[oai(default = "defaults::aspect_ratio")]
    aspect_ratio: Option<Text<1, 20>>,
    /// Makes the image repeatable: the same request with the same seed gives a similar image.
    #[oai(validator(minimum(value = "0"), maximum(value = "4294967294")))]
    seed: Option<u32>,
    /// The format of the file; `png` by default.
    #[oai(default = "defaults::output_format")]
    output_format: Option<Word<ImageFormat>>,
    /// The name of a style; the model's `style_presets` lists them.
    style_preset: Option<Text<1, 100>>,
    /// Whose keys may make it: `any` (the default) for your own that can, else those of others.
    #[oai(default = "defaults::route")]
    route: Option<Word<Route>>,
    /// The most the image may cost, in credits, which are set aside until the task ends. By default the
    /// larger of estimate and reference cost and a margin, or less if your wallet has less but covers the
    /// estimate.
    max_credits: Option<PositiveAmount>,
    /// On whose behalf you ask, in any words of yours that name them, such as an id. It is kept only as a digest, passed
    /// on to providers as one, and prompts that moderation refuses are counted for them beside you.
    end_user: Option<Text<1, 128>>,
    /// How long the task may wait for a resource, in seconds, from 10 to 3,600; 300 by default.
    #[oai(validator(minimum(value = "10"), maximum(value = "3600")))]
    deadline_seconds: Option<u32>,
}

/// 400 for numbers out of range; `prefix` stands before the names of their fields.
pub(super) fn check_numbers(
    seed: Option<u32>,
    deadline_seconds: Option<u32>,
    prefix: &str,
) -> Result<(), Problem> {
    let mut errors = Vec::new();
    let mut bound = |field: &str, value: Option<u32>, min: u32, max: u32| {
        if value.is_some_and(|it| !(min..=max).contains(&it)) {
            let detail = format!("must be a whole number from {min} to {max}");
            errors.push(FieldError::new(format!("{prefix}{field}"), FieldFault::Invalid, detail));
        }
    };
    bound("seed", seed, 0, SEED_MAX);
    bound("deadline_seconds", deadline_seconds, DEADLINE_SECONDS_MIN, DEADLINE_SECONDS_MAX);
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
}

impl TextToImage {
    /// The request with its defaults filled in; 400 for numbers out of range.
    pub fn into_order(self) -> Result<ImageOrder, Problem> {
        check_numbers(self.seed, self.deadline_seconds, "")?;
        let negative_prompt = self.negative_prompt.map(Text::into_string);
        let spec = ImageSpec {
            prompt: self.prompt.into_string(),
            negative_prompt: negative_prompt.filter(|it| !it.is_empty()),
            model: self.model.map_or_else(|| AUTO.to_owned(), Text::into_string),
            aspect_ratio: self
                .aspect_ratio
                .map_or_else(|| ASPECT_RATIO_DEFAULT.to_owned(), Text::into_string),
            seed: self.seed.map(Seed),
            output_format: self.output_format.map_or(ImageFormat::Png, Word::value),
            style_preset: self.style_preset.map(Text::into_string),
        };
        Ok(ImageOrder {
            spec,
            route: self.route.map_or(Route::Any, Word::value),
            end_user: self.end_user.map(Text::into_string),
            max_credits: self.max_credits.map(PositiveAmount::credits),
            deadline_seconds: self.deadline_seconds,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn order(body: Value) -> Result<ImageOrder, Problem> {
        serde_json::from_value::<TextToImage>(body).unwrap().into_order()
    }

    fn fox() -> ImageOrder {
        order(json!({"prompt": "a fox"})).unwrap()
    }

    #[test]
    fn bodies_that_mean_the_same_are_the_same_request() {
        let spelled = json!({"prompt": " a fox ", "model": "auto", "aspect_ratio": "1:1",
            "output_format": "png", "negative_prompt": "", "route": "any"});
        let path = "/api/generate/text-to-image";

        assert_eq!(order(spelled).unwrap().request_hash(path), fox().request_hash(path));
        let other = order(json!({"prompt": "a fox", "seed": 1})).unwrap();
        assert_ne!(other.request_hash(path), fox().request_hash(path));
        let own = order(json!({"prompt": "a fox", "route": "own"})).unwrap();
        assert_ne!(own.request_hash(path), fox().request_hash(path));
        assert_ne!(fox().request_hash("/api/other"), fox().request_hash(path));
        assert_eq!(fox().request_hash(path).len(), 64);
    }

    #[test]
    fn numbers_out_of_range_are_named_together() {
        let problem =
            order(json!({"prompt": "a", "seed": 4_294_967_295_u32, "deadline_seconds": 9}));

        let fields: Vec<_> =
            problem.unwrap_err().into_errors().into_iter().map(|it| it.field).collect();
        assert_eq!(fields, ["seed", "deadline_seconds"]);
        for seconds in [10, 3_600] {
            assert!(order(json!({"prompt": "a", "deadline_seconds": seconds})).is_ok());
        }
    }
}
