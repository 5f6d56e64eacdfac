//! Models as admins write them.

use poem_openapi::Object;
use serde::Deserialize;
use shared::{
    images::ImageFormat,
    pool::model::{Model, ModelChange},
};

use super::words::{Name, Ratio};
use crate::{
    extract::{Line, PositiveAmount, Text, Word},
    problem::{FieldError, FieldFault, Problem},
    routes::operations::Reason,
};

/// The longest prompt of any model.
const PROMPT_CHARS_MAX: i32 = 10_000;
/// The longest any provider runs.
const RUN_SECONDS_MAX: i32 = 600;
/// Where a provider documents nothing.
const RUN_SECONDS_DEFAULT: i32 = 60;
/// The most words in one list.
const WORDS_MAX: usize = 100;

/// A model to add.
#[derive(Debug, Object, Deserialize)]
pub(super) struct NewModel {
    /// The image service that runs the model.
    provider: Text<1, 64>,
    /// The name that the provider itself uses for the model. The model's id is `provider/wire_name`.
    wire_name: Name,
    /// The name to show to people.
    display_name: Line<1, 100>,
    /// How many of its units the provider counts for one image.
    units_per_image: PositiveAmount,
    /// The ratios of width to height that the model can make, such as `16:9`; at least one.
    #[oai(validator(min_items = 1, max_items = 100))]
    aspect_ratios: Vec<Ratio>,
    /// The file formats that the model can make: at least one of `png`, `jpeg` and `webp`.
    #[oai(validator(min_items = 1, max_items = 100))]
    output_formats: Vec<Word<ImageFormat>>,
    /// The names of the styles that the model knows; none by default.
    #[oai(validator(max_items = 100))]
    style_presets: Option<Vec<Name>>,
    /// The longest prompt the model accepts, from 1 to 10,000 characters.
    #[oai(validator(minimum(value = "1"), maximum(value = "10000")))]
    prompt_max_chars: i32,
    /// The languages of prompts that the model understands, such as `en`; at least one.
    #[oai(validator(min_items = 1, max_items = 100))]
    prompt_languages: Vec<Name>,
    /// Whether the model accepts a negative prompt; `false` by default.
    negative_prompt: Option<bool>,
    /// Whether the model accepts a seed; `true` by default.
    seed: Option<bool>,
    /// The longest a call with this model runs, from 1 to 600 seconds; 60 by default.
    #[oai(validator(minimum(value = "1"), maximum(value = "600")))]
    run_seconds_max: Option<i32>,
    /// Whether the model is offered at once; `true` by default.
    enabled: Option<bool>,
    /// Why the model is added; recorded in the audit log.
    pub reason: Reason,
}

/// Changes to a model. A field that is left out stays as it is.
#[derive(Debug, Object, Deserialize)]
pub(super) struct ModelUpdate {
    /// The name to show to people.
    display_name: Option<Line<1, 100>>,
    /// How many of its units the provider counts for one image. Calls already started keep their cost.
    units_per_image: Option<PositiveAmount>,
    /// The ratios of width to height that the model can make, such as `16:9`; at least one.
    #[oai(validator(min_items = 1, max_items = 100))]
    aspect_ratios: Option<Vec<Ratio>>,
    /// The file formats that the model can make: at least one of `png`, `jpeg` and `webp`.
    #[oai(validator(min_items = 1, max_items = 100))]
    output_formats: Option<Vec<Word<ImageFormat>>>,
    /// The names of the styles that the model knows.
    #[oai(validator(max_items = 100))]
    style_presets: Option<Vec<Name>>,
    /// The longest prompt the model accepts, from 1 to 10,000 characters.
    #[oai(validator(minimum(value = "1"), maximum(value = "10000")))]
    prompt_max_chars: Option<i32>,
    /// The languages of prompts that the model understands, such as `en`; at least one.
    #[oai(validator(min_items = 1, max_items = 100))]
    prompt_languages: Option<Vec<Name>>,
    /// Whether the model accepts a negative prompt.
    negative_prompt: Option<bool>,
    /// Whether the model accepts a seed.
    seed: Option<bool>,
    /// The longest a call with this model runs, from 1 to 600 seconds. Calls already started keep theirs.
    #[oai(validator(minimum(value = "1"), maximum(value = "600")))]
    run_seconds_max: Option<i32>,
    /// Whether the model is offered. A disabled model makes no images.
    enabled: Option<bool>,
    /// Why the model changes; recorded in the audit log.
    pub reason: Reason,
}

impl NewModel {
    /// The model that is described; 400 naming every field that is out of bounds.
    pub(super) fn into_model(self) -> Result<Model, Problem> {
        let mut faults = Faults::default();
        faults.count("aspect_ratios", Some(self.aspect_ratios.len()), 1);
        faults.count("output_formats", Some(self.output_formats.len()), 1);
        faults.count("prompt_languages", Some(self.prompt_languages.len()), 1);
        faults.count("style_presets", self.style_presets.as_ref().map(Vec::len), 0);
        faults.prompt_chars(Some(self.prompt_max_chars));
        faults.run_seconds(self.run_seconds_max);
        faults.finish()?;
        let wire_name = self.wire_name.into_string();
        Ok(Model {
            id: format!("{}/{}", &*self.provider, &*wire_name),
            provider: self.provider.into_string(),
            wire_name,
            display_name: self.display_name.into_string(),
            units: self.units_per_image.0,
            aspect_ratios: ratios(self.aspect_ratios),
            output_formats: formats(self.output_formats),
            style_presets: self.style_presets.map(names).unwrap_or_default(),
            prompt_chars_max: self.prompt_max_chars,
            prompt_languages: names(self.prompt_languages),
            negative_prompt: self.negative_prompt.unwrap_or(false),
            seed: self.seed.unwrap_or(true),
            run_seconds_max: self.run_seconds_max.unwrap_or(RUN_SECONDS_DEFAULT),
            enabled: self.enabled.unwrap_or(true),
            gone_since: None,
            // The database sets the time.
            created_at: chrono::DateTime::UNIX_EPOCH,
        })
    }
}

impl ModelUpdate {
    /// The change that is described; 400 naming every field that is out of bounds.
    pub(super) fn into_change(self) -> Result<ModelChange, Problem> {
        let mut faults = Faults::default();
        faults.count("aspect_ratios", self.aspect_ratios.as_ref().map(Vec::len), 1);
        faults.count("output_formats", self.output_formats.as_ref().map(Vec::len), 1);
        faults.count("prompt_languages", self.prompt_languages.as_ref().map(Vec::len), 1);
        faults.count("style_presets", self.style_presets.as_ref().map(Vec::len), 0);
        faults.prompt_chars(self.prompt_max_chars);
        faults.run_seconds(self.run_seconds_max);
        faults.finish()?;
        Ok(ModelChange {
            display_name: self.display_name.map(Line::into_string),
            units: self.units_per_image.map(|it| it.0),
            aspect_ratios: self.aspect_ratios.map(ratios),
            output_formats: self.output_formats.map(formats),
            style_presets: self.style_presets.map(names),
            prompt_chars_max: self.prompt_max_chars,
            prompt_languages: self.prompt_languages.map(names),
            negative_prompt: self.negative_prompt,
            seed: self.seed,
            run_seconds_max: self.run_seconds_max,
            enabled: self.enabled,
        })
    }
}

/// Fields that are out of bounds.
#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    fn check(&mut self, field: &str, fits: bool, detail: &str) {
        if !fits {
            self.0.push(FieldError::new(field, FieldFault::Invalid, detail));
        }
    }

    fn count(&mut self, field: &str, count: Option<usize>, min: usize) {
        let fits = count.is_none_or(|it| (min..=WORDS_MAX).contains(&it));
        self.check(field, fits, &format!("must have {min} to {WORDS_MAX} items"));
    }

    fn prompt_chars(&mut self, chars: Option<i32>) {
        let fits = chars.is_none_or(|it| (1..=PROMPT_CHARS_MAX).contains(&it));
        self.check("prompt_max_chars", fits, "must be from 1 to 10000");
    }

    fn run_seconds(&mut self, seconds: Option<i32>) {
        let fits = seconds.is_none_or(|it| (1..=RUN_SECONDS_MAX).contains(&it));
        self.check("run_seconds_max", fits, "must be from 1 to 600");
    }

    fn finish(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::invalid(self.0)) }
    }
}

fn ratios(ratios: Vec<Ratio>) -> Vec<String> {
    ratios.into_iter().map(Ratio::into_string).collect()
}

fn formats(formats: Vec<Word<ImageFormat>>) -> Vec<String> {
    formats.into_iter().map(|it| it.as_str().to_owned()).collect()
}

fn names(names: Vec<Name>) -> Vec<String> {
    names.into_iter().map(Name::into_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn core() -> NewModel {
        serde_json::from_value(serde_json::json!({
            "provider": "stability", "wire_name": "core", "display_name": "Stable Image Core",
            "units_per_image": "3", "aspect_ratios": ["1:1", "16:9"], "output_formats": ["png"],
            "prompt_max_chars": 10_000, "prompt_languages": ["en"], "reason": "newly offered",
        }))
        .unwrap()
    }

    fn refused(change: impl FnOnce(&mut NewModel)) -> Vec<String> {
        let mut new = core();
        change(&mut new);
        let faults = new.into_model().err().map(Problem::into_errors).unwrap_or_default();
        faults.into_iter().map(|it| it.field).collect()
    }

    #[test]
    fn every_field_that_is_out_of_bounds_is_named() {
        assert_eq!(refused(|_| ()), [""; 0]);
        assert_eq!(refused(|it| it.aspect_ratios.clear()), ["aspect_ratios"]);
        let several = refused(|it| {
            it.output_formats.clear();
            it.prompt_languages = vec![it.prompt_languages[0].clone(); 101];
            it.prompt_max_chars = 10_001;
            it.run_seconds_max = Some(0);
        });
        let fields = ["output_formats", "prompt_languages", "prompt_max_chars", "run_seconds_max"];
        assert_eq!(several, fields);
    }

    #[test]
    fn the_id_is_the_provider_and_its_name() {
        let model = core().into_model().unwrap();

        assert_eq!(model.id, "stability/core");
        assert!(model.enabled && model.style_presets.is_empty());
    }
}
