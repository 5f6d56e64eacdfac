use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{ImageFormat, Seed, format::media_type};

/// The largest image kept, in bytes; providers' answers are bounded by the same size.
pub const IMAGE_LENGTH_MAX: usize = 32 * 1024 * 1024;

/// The record of a kept image. As JSON it is what settling takes for one image, and what stands
/// behind the image in its object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeptImage {
    /// What the bytes are; spelled as a media type.
    #[serde(rename = "content_type", with = "media_type")]
    pub format: ImageFormat,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Length of the image, without its record.
    pub bytes: u64,
    /// The seed, where the provider reported it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Seed>,
    /// SHA-256 of the image, lower-case hex.
    pub sha256: String,
}

impl KeptImage {
    /// Describes an image: takes its length and digest (about a millisecond for a megabyte), believes
    /// the caller the rest.
    pub fn describe(
        format: ImageFormat,
        width: u32,
        height: u32,
        seed: Option<Seed>,
        image: &[u8],
    ) -> Self {
        Self { format, width, height, bytes: image.len() as u64, seed, sha256: digest_of(image) }
    }

    /// Whether these are the very bytes described.
    pub(super) fn describes(&self, image: &[u8]) -> bool {
        self.bytes == image.len() as u64 && self.sha256 == digest_of(image)
    }
}

fn digest_of(image: &[u8]) -> String {
    hex::encode(Sha256::digest(image))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_spelled_as_settling_takes_it() {
        let described = KeptImage::describe(ImageFormat::Png, 64, 32, Some(Seed(7)), b"abc");

        assert_eq!(
            serde_json::to_string(&described).unwrap(),
            "{\"content_type\":\"image/png\",\"width\":64,\"height\":32,\"bytes\":3,\"seed\":7,\
             \"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"}",
        );
    }

    #[test]
    fn an_unknown_seed_is_absent() {
        let described = KeptImage::describe(ImageFormat::Webp, 1, 1, None, b"abc");

        let json = serde_json::to_string(&described).unwrap();

        assert!(!json.contains("seed"));
        assert_eq!(serde_json::from_str::<KeptImage>(&json).unwrap(), described);
    }
}
