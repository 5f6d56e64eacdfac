//! Models as admins write them.

use poem_openapi::{Object, types::Example};
use rust_decimal::Decimal;
use serde::Deserialize;
use shared::pool::model::{Model, ModelChange};

use crate::{
    extract::{PositiveAmount, Text},
    problem::{FieldError, FieldFault, Problem},
    routes::operations::Reason,
};

/// A prompt has at most this many characters, whatever the model.
const PROMPT_CHARS_MAX: i32 = 10_000;
/// A list of words has at most this many.
const WORDS_MAX: usize = 100;

/// One word of a list: `16:9`, `png`, `anime`, `en`.
type Word = Text<1, 40>;

/// A new model.
#[derive(Debug, Object, Deserialize)]
#[oai(example)]
pub(super) struct NewModel {
    /// Its provider.
    pub provider: Text<1, 64>,
    /// The provider's own name for it; with the provider's it makes the id.
    pub wire_name: Text<1, 64>,
    /// For people.
    display_name: Text<1, 100>,
    /// What the provider counts for one image.
    units_per_image: PositiveAmount,
    /// At least one, such as `16:9`.
    aspect_ratios: Vec<Word>,
    /// At least one of `png`, `jpeg` and `webp`.
    output_formats: Vec<Word>,
    /// None by default.
    style_presets: Option<Vec<Word>>,
    /// 1 to 10,000.
    prompt_max_chars: i32,
    /// At least one, such as `en`.
    prompt_languages: Vec<Word>,
    /// False by default.
    negative_prompt: Option<bool>,
    /// True by default.
    enabled: Option<bool>,
    /// Why; goes into the audit log.
    pub reason: Reason,
}

/// What is left out stays as it is.
#[derive(Debug, Object, Deserialize)]
#[oai(example)]
pub(super) struct ModelUpdate {
    /// For people.
    display_name: Option<Text<1, 100>>,
    /// What the provider counts for one image. What is claimed already keeps its cost.
    units_per_image: Option<PositiveAmount>,
    /// At least one, such as `16:9`.
    aspect_ratios: Option<Vec<Word>>,
    /// At least one of `png`, `jpeg` and `webp`.
    output_formats: Option<Vec<Word>>,
    /// Which it knows.
    style_presets: Option<Vec<Word>>,
    /// 1 to 10,000.
    prompt_max_chars: Option<i32>,
    /// At least one, such as `en`.
    prompt_languages: Option<Vec<Word>>,
    /// Whether it takes a negative prompt.
    negative_prompt: Option<bool>,
    /// A disabled model is not offered and serves nothing.
    enabled: Option<bool>,
    /// Why; goes into the audit log.
    pub reason: Reason,
}

impl NewModel {
    /// The model it describes; 400 naming every field that is out of bounds.
    pub(super) fn into_model(self) -> Result<Model, Problem> {
        let mut faults = Faults::default();
        faults.check("wire_name", is_name(&self.wire_name), "must be a-z, 0-9, `.`, `-` or `_`");
        faults.ratios(Some(&self.aspect_ratios));
        faults.formats(Some(&self.output_formats));
        faults.languages(Some(&self.prompt_languages));
        faults.presets(self.style_presets.as_deref());
        faults.prompt_chars(Some(self.prompt_max_chars));
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
            enabled: self.enabled.unwrap_or(true),
            // The database's clock says when.
            created_at: chrono::DateTime::UNIX_EPOCH,
        })
    }
}

impl ModelUpdate {
    /// The change it describes; 400 naming every field that is out of bounds.
    pub(super) fn into_change(self) -> Result<ModelChange, Problem> {
        let mut faults = Faults::default();
        faults.ratios(self.aspect_ratios.as_deref());
        faults.formats(self.output_formats.as_deref());
        faults.languages(self.prompt_languages.as_deref());
        faults.presets(self.style_presets.as_deref());
        faults.prompt_chars(self.prompt_max_chars);
        faults.finish()?;
        Ok(ModelChange {
            display_name: self.display_name.map(Text::into_string),
            units: self.units_per_image.map(|it| it.0),
            aspect_ratios: self.aspect_ratios.map(strings),
            output_formats: self.output_formats.map(strings),
            style_presets: self.style_presets.map(strings),
            prompt_chars_max: self.prompt_max_chars,
            prompt_languages: self.prompt_languages.map(strings),
            negative_prompt: self.negative_prompt,
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
        self.words("aspect_ratios", words, is_ratio, "must be 1 to 100 ratios such as 16:9");
    }

    fn formats(&mut self, words: Option<&[Word]>) {
        let known = |it: &str| ["png", "jpeg", "webp"].contains(&it);
        self.words("output_formats", words, known, "must be some of png, jpeg and webp");
    }

    fn languages(&mut self, words: Option<&[Word]>) {
        self.words("prompt_languages", words, is_name, "must be 1 to 100 languages such as en");
    }

    fn presets(&mut self, words: Option<&[Word]>) {
        let words = words.filter(|it| !it.is_empty());
        self.words("style_presets", words, is_name, "must be at most 100 names");
    }

    fn prompt_chars(&mut self, chars: Option<i32>) {
        let fits = chars.is_none_or(|it| (1..=PROMPT_CHARS_MAX).contains(&it));
        self.check("prompt_max_chars", fits, "must be 1 to 10000");
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

impl Example for NewModel {
    fn example() -> Self {
        let words = |words: &[&'static str]| words.iter().map(|it| Text::literal(it)).collect();
        Self {
            provider: Text::literal("stability"),
            wire_name: Text::literal("core"),
            display_name: Text::literal("Stable Image Core"),
            units_per_image: PositiveAmount(Decimal::from(3)),
            aspect_ratios: words(&["1:1", "16:9"]),
            output_formats: words(&["png", "webp"]),
            style_presets: None,
            prompt_max_chars: PROMPT_CHARS_MAX,
            prompt_languages: words(&["en"]),
            negative_prompt: Some(true),
            enabled: None,
            reason: Text::literal("the provider offers it now"),
        }
    }
}

impl Example for ModelUpdate {
    fn example() -> Self {
        Self {
            display_name: None,
            units_per_image: Some(PositiveAmount(Decimal::new(35, 1))),
            aspect_ratios: None,
            output_formats: None,
            style_presets: None,
            prompt_max_chars: None,
            prompt_languages: None,
            negative_prompt: None,
            enabled: None,
            reason: Text::literal("the provider changed its price"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut NewModel)) -> Vec<String> {
        let mut new = NewModel::example();
        change(&mut new);
        let faults = new.into_model().err().map(Problem::into_errors).unwrap_or_default();
        faults.into_iter().map(|it| it.field).collect()
    }

    #[test]
    fn every_field_that_is_out_of_bounds_is_named() {
        assert_eq!(refused(|_| ()), [""; 0]);
        assert_eq!(refused(|it| it.aspect_ratios.clear()), ["aspect_ratios"]);
        for ratio in ["16x9", "0:1", "+1:1", "1:", "999:1"] {
            let refused = refused(|it| it.aspect_ratios = vec![Text::literal(ratio)]);
            assert_eq!(refused, ["aspect_ratios"], "{ratio}");
        }
        let several = refused(|it| {
            it.wire_name = Text::literal("a/b");
            it.output_formats = vec![Text::literal("gif")];
            it.prompt_max_chars = 10_001;
        });
        assert_eq!(several, ["wire_name", "output_formats", "prompt_max_chars"]);
    }

    #[test]
    fn the_id_is_the_provider_and_its_name() {
        let model = NewModel::example().into_model().unwrap();

        assert_eq!(model.id, "stability/core");
        assert!(model.enabled && model.style_presets.is_empty());
    }
}
