//! Models as admins write them.

use poem_openapi::Object;
use serde::Deserialize;
use shared::pool::model::{Model, ModelChange};

use crate::{
    extract::{Line, PositiveAmount, Text},
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

/// One word of a list: `16:9`, `png`, `anime`, `en`.
type Word = Text<1, 40>;

/// A model to add.
#[derive(Debug, Object, Deserialize)]
pub(super) struct NewModel {
    /// The image service that runs the model.
    provider: Text<1, 64>,
    /// The name that the provider itself uses for the model. The model's id is `provider/wire_name`.
    wire_name: Line<1, 64>,
    /// The name to show to people.
    display_name: Line<1, 100>,
    /// How many of its units the provider counts for one image.
    units_per_image: PositiveAmount,
    /// The ratios of width to height that the model can make, such as `16:9`; at least one.
    aspect_ratios: Vec<Word>,
    /// The file formats that the model can make: at least one of `png`, `jpeg` and `webp`.
    output_formats: Vec<Word>,
    /// The names of the styles that the model knows; none by default.
    style_presets: Option<Vec<Word>>,
    /// The longest prompt the model accepts, from 1 to 10,000 characters.
    prompt_max_chars: i32,
    /// The languages of prompts that the model understands, such as `en`; at least one.
    prompt_languages: Vec<Word>,
    /// Whether the model accepts a negative prompt; `false` by default.
    negative_prompt: Option<bool>,
    /// Whether the model accepts a seed; `true` by default.
    seed: Option<bool>,
    /// The longest a call with this model runs, from 1 to 600 seconds; 60 by default.
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
    aspect_ratios: Option<Vec<Word>>,
    /// The file formats that the model can make: at least one of `png`, `jpeg` and `webp`.
    output_formats: Option<Vec<Word>>,
    /// The names of the styles that the model knows.
    style_presets: Option<Vec<Word>>,
    /// The longest prompt the model accepts, from 1 to 10,000 characters.
    prompt_max_chars: Option<i32>,
    /// The languages of prompts that the model understands, such as `en`; at least one.
    prompt_languages: Option<Vec<Word>>,
    /// Whether the model accepts a negative prompt.
    negative_prompt: Option<bool>,
    /// Whether the model accepts a seed.
    seed: Option<bool>,
    /// The longest a call with this model runs, from 1 to 600 seconds. Calls already started keep theirs.
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
        faults.check(
            "wire_name",
            is_name(&self.wire_name),
            "must be letters, digits, `.`, `-` and `_`",
        );
        faults.ratios(Some(&self.aspect_ratios));
        faults.formats(Some(&self.output_formats));
        faults.languages(Some(&self.prompt_languages));
        faults.presets(self.style_presets.as_deref());
        faults.prompt_chars(Some(self.prompt_max_chars));
        faults.run_seconds(self.run_seconds_max);
        faults.finish()?;
        Ok(Model {
            id: format!("{}/{}", &*self.provider, &*self.wire_name),
            provider: self.provider.into_string(),
            wire_name: self.wire_name.into_string(),
            display_name: self.display_name.into_string(),
            units: self.units_per_image.0,
            aspect_ratios: strings(self.aspect_ratios),
            output_formats: strings(self.output_formats),
            style_presets: self.style_presets.map(strings).unwrap_or_default(),
            prompt_chars_max: self.prompt_max_chars,
            prompt_languages: strings(self.prompt_languages),
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
        faults.ratios(self.aspect_ratios.as_deref());
        faults.formats(self.output_formats.as_deref());
        faults.languages(self.prompt_languages.as_deref());
        faults.presets(self.style_presets.as_deref());
        faults.prompt_chars(self.prompt_max_chars);
        faults.run_seconds(self.run_seconds_max);
        faults.finish()?;
        Ok(ModelChange {
            display_name: self.display_name.map(Line::into_string),
            units: self.units_per_image.map(|it| it.0),
            aspect_ratios: self.aspect_ratios.map(strings),
            output_formats: self.output_formats.map(strings),
            style_presets: self.style_presets.map(strings),
            prompt_chars_max: self.prompt_max_chars,
            prompt_languages: self.prompt_languages.map(strings),
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

    fn words(&mut self, field: &str, words: Option<&[Word]>, fits: fn(&str) -> bool, detail: &str) {
        let Some(words) = words else { return };
        let fits = words.len() <= WORDS_MAX && words.iter().all(|it| fits(it));
        self.check(field, fits && !words.is_empty(), detail);
    }

    fn ratios(&mut self, words: Option<&[Word]>) {
        self.words(
            "aspect_ratios",
            words,
            is_ratio,
            "must be 1 to 100 ratios such as 16:9, each number from 1 to 255",
        );
    }

    fn formats(&mut self, words: Option<&[Word]>) {
        let known = |it: &str| ["png", "jpeg", "webp"].contains(&it);
        self.words("output_formats", words, known, "must be one or more of: png, jpeg, webp");
    }

    fn languages(&mut self, words: Option<&[Word]>) {
        self.words("prompt_languages", words, is_name, "must be 1 to 100 languages such as en");
    }

    fn presets(&mut self, words: Option<&[Word]>) {
        let words = words.filter(|it| !it.is_empty());
        self.words(
            "style_presets",
            words,
            is_name,
            "must be at most 100 names of letters, digits, `.`, `-` and `_`",
        );
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

fn is_name(text: &str) -> bool {
    let fits = |it: u8| it.is_ascii_alphanumeric() || b".-_".contains(&it);
    !text.is_empty() && text.bytes().all(fits)
}

fn is_ratio(text: &str) -> bool {
    text.split_once(':').is_some_and(|(width, height)| {
        [width, height].iter().all(|it| matches!(it.parse::<u8>(), Ok(1..)) && !it.starts_with('+'))
    })
}

fn strings(words: Vec<Word>) -> Vec<String> {
    words.into_iter().map(Text::into_string).collect()
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

    fn text<const MIN: usize, const MAX: usize>(text: &str) -> Text<MIN, MAX> {
        serde_json::from_value(text.into()).unwrap()
    }

    fn line<const MIN: usize, const MAX: usize>(text: &str) -> Line<MIN, MAX> {
        serde_json::from_value(text.into()).unwrap()
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
        for ratio in ["16x9", "0:1", "+1:1", "1:", "999:1"] {
            let refused = refused(|it| it.aspect_ratios = vec![text(ratio)]);
            assert_eq!(refused, ["aspect_ratios"], "{ratio}");
        }
        let several = refused(|it| {
            it.wire_name = line("a/b");
            it.output_formats = vec![text("gif")];
            it.prompt_max_chars = 10_001;
            it.run_seconds_max = Some(0);
        });
        let fields = ["wire_name", "output_formats", "prompt_max_chars", "run_seconds_max"];
        assert_eq!(several, fields);
    }

    #[test]
    fn the_id_is_the_provider_and_its_name() {
        let model = core().into_model().unwrap();

        assert_eq!(model.id, "stability/core");
        assert!(model.enabled && model.style_presets.is_empty());
    }
}
