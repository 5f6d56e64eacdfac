use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The largest image kept, in bytes; providers' answers are bounded by the same size.
pub const IMAGE_LENGTH_MAX: usize = 32 * 1024 * 1024;

/// The media types kept and served. Closed: nothing a browser would run can be among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContentType {
    /// `image/png`
    #[serde(rename = "image/png")]
    Png,
    /// `image/jpeg`
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// `image/webp`
    #[serde(rename = "image/webp")]
    Webp,
}

impl ContentType {
    const ALL: [Self; 3] = [Self::Png, Self::Jpeg, Self::Webp];

    /// The media type as headers, rows and records spell it.
    pub const fn as_str(self) -> &'static str {
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

    /// Reads a media type without parameters; `None` for one that is not kept.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == text)
    }
}

/// The record of a kept image. As JSON it is what settling takes for one image, and what stands
/// behind the image in its object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeptImage {
    /// What the bytes are.
    pub content_type: ContentType,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Length of the image, without its record.
    pub bytes: u64,
    /// The seed, where the provider told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// SHA-256 of the image, lower-case hex.
    pub sha256: String,
}

impl KeptImage {
    /// Describes an image: takes its length and digest (about a millisecond for a megabyte), believes
    /// the caller the rest.
    pub fn describe(
        content_type: ContentType,
        width: u32,
        height: u32,
        seed: Option<u64>,
        image: &[u8],
    ) -> Self {
        Self {
            content_type,
            width,
            height,
            bytes: image.len() as u64,
            seed,
            sha256: digest_of(image),
        }
    }

    /// Whether these are the very bytes described.
    pub(super) fn describes(&self, image: &[u8]) -> bool {
        self.bytes == image.len() as u64 && self.sha256 == digest_of(image)
    }
}

fn digest_of(image: &[u8]) -> String {
    use std::fmt::Write;

    let digest = Sha256::digest(image);
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all that is written to it");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_spelled_as_settling_takes_it() {
        let described = KeptImage::describe(ContentType::Png, 64, 32, Some(7), b"abc");

        assert_eq!(
            serde_json::to_string(&described).unwrap(),
            "{\"content_type\":\"image/png\",\"width\":64,\"height\":32,\"bytes\":3,\"seed\":7,\
             \"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"}",
        );
    }

    #[test]
    fn an_unknown_seed_is_absent() {
        let described = KeptImage::describe(ContentType::Webp, 1, 1, None, b"abc");

        let json = serde_json::to_string(&described).unwrap();

        assert!(!json.contains("seed"));
        assert_eq!(serde_json::from_str::<KeptImage>(&json).unwrap(), described);
    }

    #[test]
    fn only_images_browsers_show_have_a_content_type() {
        for kind in ContentType::ALL {
            assert_eq!(ContentType::parse(kind.as_str()), Some(kind));
        }
        for other in ["text/html", "image/svg+xml", "image/PNG", "image/png; q=1", ""] {
            assert_eq!(ContentType::parse(other), None);
        }
    }
}
