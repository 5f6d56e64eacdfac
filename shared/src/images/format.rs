use crate::vocabulary::UnknownWord;

crate::vocabulary! {
    /// The format of an image file. A closed set: nothing that a browser would run can be among them.
    pub enum ImageFormat {
        /// Lossless.
        Png = "png",
        /// Lossy, without transparency.
        Jpeg = "jpeg",
        /// Lossy or lossless, smaller than the others.
        Webp = "webp",
    }
}

impl ImageFormat {
    /// As headers, rows and records of kept images spell it.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }

    /// The usual end of a file's name, for downloads.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Webp => "webp",
        }
    }

    /// The format of a media type without parameters.
    pub fn of_media_type(text: &str) -> Result<Self, UnknownWord> {
        text.strip_prefix("image/").unwrap_or_default().parse()
    }
}

/// For `#[serde(with)]`: a format as its media type.
pub(crate) mod media_type {
    use std::borrow::Cow;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::ImageFormat;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub fn serialize<S: Serializer>(format: &ImageFormat, into: S) -> Result<S::Ok, S::Error> {
        into.serialize_str(format.media_type())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<ImageFormat, D::Error> {
        let text = Cow::<'de, str>::deserialize(from)?;
        ImageFormat::of_media_type(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_media_types_that_browsers_show_have_a_format() {
        for format in ImageFormat::ALL {
            assert_eq!(ImageFormat::of_media_type(format.media_type()), Ok(*format));
        }
        for other in ["text/html", "image/svg+xml", "image/PNG", "image/png; q=1", "png", ""] {
            assert!(ImageFormat::of_media_type(other).is_err(), "{other}");
        }
    }
}
