//! What a request asks for. Fields, values and limits are published; the wording of messages is
//! observed for unknown fields and values, else assumed.

use serde_json::{Map, Value};

use super::model::{Model, Quality};
use super::refusal::Refusal;
use crate::picture::{Format, Size};

/// Characters of a prompt.
const PROMPT_MAX: usize = 32_000;

const FORMATS: [(&str, Format); 3] =
    [("png", Format::Png), ("jpeg", Format::Jpeg), ("webp", Format::Webp)];

const KNOWN: [&str; 13] = [
    "prompt",
    "model",
    "n",
    "size",
    "quality",
    "background",
    "output_format",
    "output_compression",
    "moderation",
    "safety_identifier",
    "user",
    "stream",
    "partial_images",
];

/// A request that breaks no rule.
#[derive(Debug)]
pub struct Order {
    pub model: &'static Model,
    pub prompt: String,
    pub quality: Quality,
    pub size: Size,
    pub format: Format,
    pub background: &'static str,
}

impl Order {
    /// Checks a request; the first broken rule is in the refusal.
    pub fn read(body: &[u8]) -> Result<Self, Refusal> {
        let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
            return Err(Refusal::not_json());
        };
        if let Some(unknown) = fields.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(Refusal::unknown_parameter(unknown));
        }
        let fields = Fields(fields);
        let prompt = fields.text("prompt")?.ok_or_else(|| Refusal::missing("prompt"))?;
        if prompt.is_empty() || prompt.chars().count() > PROMPT_MAX {
            let why = format!("Expected a text of 1 to {PROMPT_MAX} characters.");
            return Err(Refusal::invalid("prompt", prompt, &why));
        }
        // The real service has a default, which is not published.
        let model = fields.text("model")?.ok_or_else(|| Refusal::missing("model"))?;
        let model = Model::by_name(model).ok_or_else(|| Refusal::model_not_found(model))?;
        let size = fields.text("size")?.unwrap_or("auto");
        let size = model.size(size).map_err(|why| Refusal::invalid("size", size, &why))?;
        let quality = fields.choice("quality", &Quality::ALL)?.unwrap_or(Quality::High);
        let format = fields.choice("output_format", &FORMATS)?.unwrap_or(Format::Png);
        let backgrounds =
            [("opaque", "opaque"), ("transparent", "transparent"), ("auto", "opaque")];
        let background = fields.choice("background", &backgrounds)?.unwrap_or("opaque");
        fields.choice("moderation", &[("auto", ()), ("low", ())])?;
        fields.text("safety_identifier")?;
        fields.text("user")?;
        fields.number("output_compression", 0..=100)?;
        fields.number("n", 1..=10)?;
        fields.not_simulated()?;
        Ok(Self { model, prompt: prompt.to_owned(), quality, size, format, background })
    }
}

/// The fields of a request.
struct Fields(Map<String, Value>);

impl Fields {
    fn given(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        let Some(value) = self.given(name) else { return Ok(None) };
        let wrong = || Refusal::invalid_type(name, "a string");
        value.as_str().map(Some).ok_or_else(wrong)
    }

    fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<Option<T>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let chosen = choices.iter().find(|(value, _)| *value == text);
        let chosen = chosen.ok_or_else(|| {
            let values: Vec<_> = choices.iter().map(|(value, _)| format!("'{value}'")).collect();
            Refusal::invalid(name, text, &format!("Supported values are: {}.", values.join(", ")))
        })?;
        Ok(Some(chosen.1))
    }

    fn number(&self, name: &str, range: std::ops::RangeInclusive<u64>) -> Result<(), Refusal> {
        let Some(value) = self.given(name) else { return Ok(()) };
        if value.as_u64().is_some_and(|number| range.contains(&number)) {
            return Ok(());
        }
        let why = format!("Expected an integer from {} to {}.", range.start(), range.end());
        Err(Refusal::invalid(name, &value.to_string(), &why))
    }

    /// What the real service offers and this one does not is refused, not ignored.
    fn not_simulated(&self) -> Result<(), Refusal> {
        for (name, harmless) in [("n", Value::from(1)), ("stream", Value::from(false))] {
            if let Some(value) = self.given(name).filter(|value| **value != harmless) {
                let why = "This simulator makes one image, in one answer.";
                return Err(Refusal::invalid(name, &value.to_string(), why));
            }
        }
        Ok(())
    }
}
