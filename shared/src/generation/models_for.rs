//! What a consumer asks for, matched against what models can do.

use std::sync::Arc;

use super::{AUTO, ImageSpec};
use crate::pool::{Catalogue, Model};

/// Why no model serves a spec.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelRefusal {
    #[error("no model is called {0:?}")]
    UnknownModel(String),
    /// The provider of the model does not know it any more.
    #[error("{0} is not known to its provider any more")]
    Gone(String),
    /// A value that no model of ours knows: (field, value, the values there are).
    #[error("{value:?} is not a {field} of any model; one of {allowed:?}")]
    UnknownValue { field: &'static str, value: String, allowed: Vec<String> },
    /// The chosen model's own limit: (field, what it can).
    #[error("{model} cannot: {detail}")]
    Cannot { model: String, field: &'static str, detail: String },
}

/// Models that can serve the request, or why none can. A value that no model has is another refusal
/// than one that only the chosen model lacks.
pub fn models_for(
    catalogue: &Catalogue,
    spec: &ImageSpec,
) -> Result<Vec<Arc<Model>>, ModelRefusal> {
    let enabled = || catalogue.models.iter().filter(|it| it.is_offered());
    let asked: Vec<_> =
        enabled().filter(|it| spec.model == AUTO || it.id == spec.model).cloned().collect();
    if asked.is_empty() && spec.model != AUTO {
        if catalogue.model(&spec.model).is_some_and(|it| it.enabled) {
            return Err(ModelRefusal::Gone(spec.model.clone()));
        }
        return Err(ModelRefusal::UnknownModel(spec.model.clone()));
    }
    known("aspect_ratio", &spec.aspect_ratio, enabled().flat_map(|it| it.aspect_ratios.iter()))?;
    known(
        "output_format",
        spec.output_format.as_str(),
        enabled().flat_map(|it| it.output_formats.iter()),
    )?;
    if let Some(style) = &spec.style_preset {
        known("style_preset", style, enabled().flat_map(|it| it.style_presets.iter()))?;
    }
    let mut refusal = None;
    let able: Vec<_> = asked
        .into_iter()
        .filter(|model| match lacks(model, spec) {
            None => true,
            Some((field, detail)) => {
                refusal.get_or_insert(ModelRefusal::Cannot {
                    model: model.id.clone(),
                    field,
                    detail,
                });
                false
            }
        })
        .collect();
    match refusal {
        Some(refusal) if able.is_empty() => Err(refusal),
        _ => Ok(able),
    }
}

fn known<'a>(
    field: &'static str,
    value: &str,
    values: impl Iterator<Item = &'a String> + Clone,
) -> Result<(), ModelRefusal> {
    if values.clone().next().is_none() || values.clone().any(|it| it == value) {
        return Ok(());
    }
    let mut allowed: Vec<String> = values.cloned().collect();
    allowed.sort_unstable();
    allowed.dedup();
    Err(ModelRefusal::UnknownValue { field, value: value.to_owned(), allowed })
}

fn lacks(model: &Model, spec: &ImageSpec) -> Option<(&'static str, String)> {
    let has = |values: &[String], value: &str| values.iter().any(|it| it == value);
    if !has(&model.aspect_ratios, &spec.aspect_ratio) {
        return Some((
            "aspect_ratio",
            format!("its ratios are {}", model.aspect_ratios.join(", ")),
        ));
    }
    if !has(&model.output_formats, spec.output_format.as_str()) {
        return Some((
            "output_format",
            format!("its formats are {}", model.output_formats.join(", ")),
        ));
    }
    if let Some(style) = &spec.style_preset
        && !has(&model.style_presets, style)
    {
        return Some((
            "style_preset",
            format!("its presets are {}", model.style_presets.join(", ")),
        ));
    }
    if spec.negative_prompt.is_some() && !model.negative_prompt {
        return Some(("negative_prompt", "it takes no negative prompt".to_owned()));
    }
    if spec.seed.is_some() && !model.seed {
        return Some(("seed", "it takes no seed".to_owned()));
    }
    let chars_max = usize::try_from(model.prompt_chars_max).unwrap_or(0);
    if spec.prompt.chars().count() > chars_max {
        return Some(("prompt", format!("its prompts have at most {chars_max} characters")));
    }
    if plainly_foreign(&spec.prompt, &model.prompt_languages) {
        return Some((
            "prompt",
            format!("it reads {}; translate the prompt first", model.prompt_languages.join(", ")),
        ));
    }
    None
}

/// True only when most letters are of a script that none of the languages is written in. Anything
/// less plain is left to the provider.
fn plainly_foreign(prompt: &str, languages: &[String]) -> bool {
    if languages
        .iter()
        .any(|it| !matches!(it.as_str(), "en" | "de" | "fr" | "es" | "it" | "pt" | "nl"))
    {
        return false;
    }
    let (mut latin, mut other) = (0_usize, 0_usize);
    for c in prompt.chars().filter(|c| c.is_alphabetic()) {
        if is_latin(c) { latin += 1 } else { other += 1 }
    }
    other > latin
}

/// Basic Latin to Latin Extended-B, Latin Extended Additional, and Latin letters in other clothes: full-width,
/// mathematical, letterlike, enclosed.
fn is_latin(c: char) -> bool {
    matches!(c,
        'a'..='z' | 'A'..='Z' | '\u{00AA}' | '\u{00BA}' | '\u{00C0}'..='\u{024F}'
        | '\u{1E00}'..='\u{1EFF}' | '\u{2100}'..='\u{214F}' | '\u{24B6}'..='\u{24E9}'
        | '\u{FF21}'..='\u{FF5A}' | '\u{1D400}'..='\u{1D7FF}' | '\u{1F130}'..='\u{1F189}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::Seed;

    #[test]
    fn only_a_prompt_mostly_in_a_foreign_script_is_refused() {
        let english = ["en".to_owned()];
        assert!(plainly_foreign("一只红色的狐狸在雪地里", &english));
        assert!(plainly_foreign("рыжая лиса на снегу", &english));
        assert!(!plainly_foreign("a red fox 狐狸 in the snow", &english));
        assert!(!plainly_foreign("un renard roux, très élégant, façade", &english));
        assert!(!plainly_foreign("1234 !!! 🦊", &english));
        assert!(
            !plainly_foreign("𝐚 𝐟𝐨𝐱, 𝒶 𝒻ℴ𝓍, ⓐ ⓕⓞⓧ", &english),
            "Latin letters in other clothes"
        );
        assert!(!plainly_foreign("一只红色的狐狸", &["en".to_owned(), "zh".to_owned()]));
    }

    fn model(id: &str, ratios: &[&str]) -> Arc<Model> {
        Arc::new(Model {
            id: id.to_owned(),
            provider: "stability".to_owned(),
            wire_name: "core".to_owned(),
            display_name: id.to_owned(),
            units: rust_decimal::Decimal::from(3),
            aspect_ratios: ratios.iter().map(|it| (*it).to_owned()).collect(),
            output_formats: vec!["png".to_owned()],
            style_presets: vec![],
            prompt_chars_max: 10,
            prompt_languages: vec!["en".to_owned()],
            negative_prompt: false,
            seed: false,
            run_seconds_max: 60,
            enabled: true,
            gone_since: None,
            created_at: chrono::DateTime::UNIX_EPOCH,
        })
    }

    fn spec(model: &str) -> ImageSpec {
        ImageSpec { model: model.to_owned(), ..ImageSpec::of_prompt("a fox") }
    }

    #[test]
    fn a_model_without_seeds_or_negative_prompts_serves_no_request_with_one() {
        let mut catalogue = Catalogue::default();
        let able =
            Model { negative_prompt: true, seed: true, ..Model::clone(&model("b", &["1:1"])) };
        catalogue.models.extend([model("a", &["1:1"]), Arc::new(able)]);
        let seeded = |model| ImageSpec { seed: Some(Seed(7)), ..spec(model) };
        let fog = || Some("fog".to_owned());
        let negative = |model| ImageSpec { negative_prompt: fog(), ..spec(model) };

        for (asked, field) in [(seeded("a"), "seed"), (negative("a"), "negative_prompt")] {
            let refused = models_for(&catalogue, &asked);
            assert!(matches!(refused, Err(ModelRefusal::Cannot { field: it, .. }) if it == field));
        }
        for asked in [seeded(AUTO), negative(AUTO)] {
            let able = models_for(&catalogue, &asked).unwrap();
            assert_eq!(able.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["b"]);
        }
    }

    #[test]
    fn what_only_the_chosen_model_lacks_is_told_from_what_none_has() {
        let mut catalogue = Catalogue::default();
        catalogue.models.extend([model("a", &["1:1"]), model("b", &["1:1", "2:3"])]);
        let wide = |model| ImageSpec { aspect_ratio: "2:3".to_owned(), ..spec(model) };

        assert!(matches!(
            models_for(&catalogue, &wide("a")),
            Err(ModelRefusal::Cannot { field: "aspect_ratio", .. })
        ));
        assert_eq!(
            models_for(&catalogue, &wide(AUTO)).unwrap().len(),
            1,
            "auto takes the one that can"
        );
        let odd = ImageSpec { aspect_ratio: "7:1".to_owned(), ..spec(AUTO) };
        assert!(matches!(
            models_for(&catalogue, &odd),
            Err(ModelRefusal::UnknownValue { field: "aspect_ratio", .. })
        ));
        assert_eq!(
            models_for(&catalogue, &spec("c")),
            Err(ModelRefusal::UnknownModel("c".to_owned()))
        );
    }

    #[test]
    fn a_model_its_provider_does_not_know_any_more_serves_nobody_and_is_named() {
        let mut catalogue = Catalogue::default();
        let gone = Model {
            gone_since: Some(chrono::DateTime::UNIX_EPOCH),
            ..Model::clone(&model("a", &["1:1"]))
        };
        catalogue.models.extend([Arc::new(gone), model("b", &["1:1"])]);

        assert_eq!(models_for(&catalogue, &spec("a")), Err(ModelRefusal::Gone("a".to_owned())));
        let able = models_for(&catalogue, &spec(AUTO)).unwrap();
        assert_eq!(able.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["b"]);
    }
}
