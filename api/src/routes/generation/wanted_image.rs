//! How a client wants an image: as it was made, or in another size or format.

use poem_openapi::{Object, registry::MetaSchema};
use serde::Deserialize;
use shared::{
    generation::tasks::TaskImage,
    images::{RENDITION_WIDTHS, Rendition, RenditionFormat},
};

use crate::extract::{Word, string_input};

/// A width that an image may be made in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Width(u32);

fn parse_width(text: &str) -> Result<Width, String> {
    let width = text.parse().ok().filter(|it| RENDITION_WIDTHS.contains(it)).map(Width);
    width.ok_or_else(|| {
        let widths = RENDITION_WIDTHS.map(|it| it.to_string()).join(", ");
        format!("must be one of: {widths}")
    })
}

/// `1`, or nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flag;

fn parse_flag(text: &str) -> Result<Flag, &'static str> {
    if text == "1" { Ok(Flag) } else { Err("must be 1, or be left out") }
}

fn words(all: &[&str]) -> MetaSchema {
    let enum_items = all.iter().map(|it| (*it).into()).collect();
    MetaSchema { enum_items, ..MetaSchema::new("string") }
}

string_input!(
    Width,
    parse_width,
    |it| it.0.to_string(),
    words(&["64", "128", "256", "384", "512", "768", "1024"])
);
string_input!(Flag, parse_flag, |_it| "1".to_owned(), words(&["1"]));

/// How the image is wanted.
#[derive(Debug, Object, Deserialize)]
pub(super) struct WantedImage {
    /// The most pixels that it may be wide.
    w: Option<Width>,
    /// The format of the file; with `w`, `jpeg` by default. What is transparent is white in a JPEG.
    format: Option<Word<RenditionFormat>>,
    /// `1`: browsers save the file instead of showing it.
    pub download: Option<Flag>,
}

impl WantedImage {
    /// What is to be made of the image; `None`: it is wanted as it is.
    pub fn rendition_of(&self, image: &TaskImage) -> Option<Rendition> {
        if self.w.is_none() && self.format.is_none() {
            return None;
        }
        let format = self.format.map_or(RenditionFormat::Jpeg, Word::value);
        let width = u32::try_from(image.width).unwrap_or_default();
        let rendition = Rendition::new(self.w.map(|it| it.0), format)?.of_width(width);
        let as_it_is = rendition.width().is_none() && format.image_format() == image.format;
        (!as_it_is).then_some(rendition)
    }
}

/// Another image, or the same in another size or format, has another tag.
pub(super) fn etag(image: &TaskImage, rendition: Option<Rendition>) -> String {
    let digest = hex::encode(&image.sha256);
    rendition.map_or_else(|| format!("\"{digest}\""), |it| format!("\"{digest}.{}\"", it.name()))
}

#[cfg(test)]
mod tests {
    use shared::images::ImageFormat;
    use uuid::Uuid;

    use super::*;

    fn image(width: i32, format: ImageFormat) -> TaskImage {
        TaskImage {
            attempt: Uuid::nil(),
            format,
            width,
            height: 100,
            bytes: 3,
            seed: None,
            sha256: vec![0xab],
            deleted: false,
        }
    }

    fn wanted(query: &str) -> Result<WantedImage, serde_urlencoded::de::Error> {
        serde_urlencoded::from_str(query)
    }

    #[test]
    fn an_image_is_drawn_anew_only_where_that_makes_another_of_it() {
        let name = |query: &str, width, format| {
            let rendition = wanted(query).unwrap().rendition_of(&image(width, format));
            rendition.map(Rendition::name)
        };
        let (png, jpeg) = (ImageFormat::Png, ImageFormat::Jpeg);

        assert_eq!(name("", 1_000, png), None);
        assert_eq!(name("w=384", 1_000, png).unwrap(), "w384.jpeg");
        assert_eq!(name("w=384&format=png", 1_000, png).unwrap(), "w384.png");
        assert_eq!(name("w=384&format=png", 384, png), None);
        assert_eq!(name("w=384", 300, jpeg), None);
        assert_eq!(name("format=jpeg", 300, png).unwrap(), "full.jpeg");
        assert_eq!(name("w=1024", 300, ImageFormat::Webp).unwrap(), "full.jpeg");
        for query in ["w=385", "w=0", "w=x", "format=webp", "format=", "download=yes"] {
            assert!(wanted(query).is_err(), "{query}");
        }
    }

    #[test]
    fn each_size_and_format_has_a_tag_of_its_own() {
        let image = image(1_000, ImageFormat::Png);
        let small = wanted("w=64").unwrap().rendition_of(&image);

        assert_eq!(etag(&image, None), "\"ab\"");
        assert_eq!(etag(&image, small), "\"ab.w64.jpeg\"");
    }
}
