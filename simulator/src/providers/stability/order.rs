//! What a request asks for, with every limit of the vendor's schema checked (published; the
//! wording of messages beyond "is required" is assumed).
//!
//! Parts the schema does not know are ignored: the vendor's own Python sample sends an empty one
//! called `none` to make its library choose multipart.

use std::ops::RangeInclusive;

use hyper::HeaderMap;
use hyper::header::ACCEPT;

use super::form::Form;
use super::model::{Endpoint, Model, SD3_MODELS};
use super::refusal::Refusal;
use super::size::{RATIOS, Ratio};
use crate::picture::{Format, Size};

/// Characters of a prompt.
const PROMPT_MAX: usize = 10_000;
/// The largest seed; 0 asks for a random one.
const SEED_MAX: u32 = 4_294_967_294;

const FORMATS: [(&str, Format); 3] =
    [("png", Format::Png), ("jpeg", Format::Jpeg), ("webp", Format::Webp)];

const STYLES: [&str; 17] = [
    "enhance",
    "anime",
    "photographic",
    "digital-art",
    "comic-book",
    "fantasy-art",
    "line-art",
    "analog-film",
    "neon-punk",
    "isometric",
    "low-poly",
    "origami",
    "modeling-compound",
    "cinematic",
    "3d-model",
    "pixel-art",
    "tile-texture",
];

/// How the image is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapping {
    /// The bytes, with the rest in headers.
    Binary,
    /// Base64 in JSON.
    Json,
}

/// A request that breaks no rule.
#[derive(Debug)]
pub struct Order {
    pub model: Model,
    pub prompt: String,
    pub negative_prompt: String,
    pub style: Option<&'static str>,
    /// The seed named, if it is not 0.
    pub seed: Option<u32>,
    pub format: Format,
    pub size: Size,
    pub wrapping: Wrapping,
}

impl Order {
    /// Checks a request; every broken rule is in the refusal.
    pub fn read(endpoint: Endpoint, headers: &HeaderMap, form: &Form) -> Result<Self, Refusal> {
        let mut fields = Fields { form, errors: Vec::new() };
        let wrapping = wrapping(headers, &mut fields.errors);
        let prompt = fields.prompt();
        let negative_prompt = fields.text("negative_prompt").unwrap_or_default().to_owned();
        let style = fields.choice("style_preset", &STYLES.map(|style| (style, style)));
        let seed = fields.seed();
        let format = fields.choice("output_format", &FORMATS).unwrap_or(Format::Png);
        let ratio = fields.choice("aspect_ratio", &RATIOS);
        let model = match endpoint {
            Endpoint::Ultra => {
                fields.starting_image();
                Model::Ultra
            }
            Endpoint::Core => Model::Core,
            Endpoint::Sd3 => fields.sd3(),
        };
        if !fields.errors.is_empty() {
            return Err(Refusal::BadRequest(fields.errors));
        }
        let size = ratio.unwrap_or(Ratio::SQUARE).size(model);
        Ok(Self { model, prompt, negative_prompt, style, seed, format, size, wrapping })
    }
}

fn wrapping(headers: &HeaderMap, errors: &mut Vec<String>) -> Wrapping {
    match headers.get(ACCEPT).map(|value| value.to_str()) {
        // Published: `image/*` when absent. `*/*`, which many clients send unasked, is assumed
        // to mean the same.
        None | Some(Ok("image/*" | "*/*")) => Wrapping::Binary,
        Some(Ok("application/json")) => Wrapping::Json,
        Some(_) => {
            errors.push("accept: must be one of image/*, application/json".to_owned());
            Wrapping::Binary
        }
    }
}

/// Reads parts and gathers what is wrong with them.
struct Fields<'a> {
    form: &'a Form,
    errors: Vec<String>,
}

impl<'a> Fields<'a> {
    fn wrong(&mut self, name: &str, why: &str) {
        self.errors.push(format!("{name}: {why}"));
    }

    fn prompt(&mut self) -> String {
        let before = self.errors.len();
        let prompt = self.text("prompt").unwrap_or_default();
        if prompt.is_empty() && self.errors.len() == before {
            self.wrong("prompt", "is required");
        }
        prompt.to_owned()
    }

    fn text(&mut self, name: &str) -> Option<&'a str> {
        let Ok(text) = std::str::from_utf8(self.form.part(name)?) else {
            self.wrong(name, "must be text");
            return None;
        };
        if text.chars().count() > PROMPT_MAX {
            self.wrong(name, &format!("must be at most {PROMPT_MAX} characters"));
            return None;
        }
        Some(text)
    }

    fn choice<T: Copy>(&mut self, name: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(name)?;
        let chosen = choices.iter().find(|(value, _)| *value == text);
        if chosen.is_none() {
            let values: Vec<&str> = choices.iter().map(|(value, _)| *value).collect();
            self.wrong(name, &format!("must be one of {}", values.join(", ")));
        }
        chosen.map(|(_, value)| *value)
    }

    fn seed(&mut self) -> Option<u32> {
        let seed = self.text("seed")?.parse().ok().filter(|seed| *seed <= SEED_MAX);
        if seed.is_none() {
            self.wrong("seed", &format!("must be a whole number between 0 and {SEED_MAX}"));
        }
        seed.filter(|seed| *seed != 0)
    }

    fn number(&mut self, name: &str, range: &RangeInclusive<f64>) -> Option<f64> {
        let number = self.text(name)?.parse().ok().filter(|number| range.contains(number));
        if number.is_none() {
            let (least, most) = (range.start(), range.end());
            self.wrong(name, &format!("must be a number between {least} and {most}"));
        }
        number
    }

    /// The fields of `sd3` alone.
    fn sd3(&mut self) -> Model {
        let from_image = [("text-to-image", false), ("image-to-image", true)];
        if self.choice("mode", &from_image).unwrap_or(false) {
            if self.form.part("image").is_none() {
                self.wrong("image", "is required");
            }
            if self.form.part("aspect_ratio").is_some() {
                self.wrong("aspect_ratio", "is only valid for text-to-image requests");
            }
            self.starting_image();
        } else {
            for name in ["image", "strength"] {
                if self.form.part(name).is_some() {
                    self.wrong(name, "is only valid for image-to-image requests");
                }
            }
        }
        self.number("cfg_scale", &(1.0..=10.0));
        self.choice("model", &SD3_MODELS).unwrap_or(Model::Sd35Large)
    }

    /// An image to start from, and how far to leave it: none or both.
    fn starting_image(&mut self) {
        let strength = self.form.part("strength").is_some();
        match self.form.part("image") {
            None if strength => self.wrong("strength", "is only valid with an image"),
            None => {}
            Some(image) => {
                if !is_image(image) {
                    self.wrong("image", "must be a jpeg, png or webp");
                }
                if !strength {
                    self.wrong("strength", "is required");
                }
                self.number("strength", &(0.0..=1.0));
            }
        }
    }
}

fn is_image(file: &[u8]) -> bool {
    file.starts_with(b"\x89PNG\r\n\x1a\n")
        || file.starts_with(b"\xFF\xD8\xFF")
        || (file.starts_with(b"RIFF") && file.get(8..12) == Some(b"WEBP"))
}
