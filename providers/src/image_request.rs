//! What an adapter is given, and what it returns.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::image_file;

/// One image to make, in words every provider shares.
#[derive(Debug, Clone)]
pub struct ImageRequest {
    /// The attempt this call belongs to; sent as `X-Request-Id`.
    pub attempt_id: Uuid,
    /// The provider's own name of the model: `core`, `ultra`, `sd3.5-large`, ...
    pub model: String,
    /// What the image shows.
    pub prompt: String,
    /// What it must not show.
    pub negative_prompt: Option<String>,
    /// Width to height, `16:9`; the provider chooses the pixels.
    pub aspect_ratio: String,
    /// Makes the image repeatable, 0 like any other.
    pub seed: Option<u32>,
    /// The file format the image must come in.
    pub output_format: OutputFormat,
    /// The provider's name of a style, `photographic`.
    pub style_preset: Option<String>,
    /// A hash that stands for the consumer, so that the provider can tell one abusive user from all
    /// the others. Visible ASCII.
    pub end_user: Option<String>,
}

/// A file format of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputFormat {
    /// Lossless; the default.
    #[default]
    Png,
    /// Lossy, without transparency.
    Jpeg,
    /// Lossy or lossless, smaller.
    Webp,
}

impl OutputFormat {
    /// As providers and our API spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpeg",
            Self::Webp => "webp",
        }
    }

    /// The media type of a file in this format.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }
}

/// An image a provider made, verified to be a file of the requested format.
#[derive(Debug, Clone)]
pub struct Image {
    /// The file. Its size counts against the [`crate::BodyBudget`] until the last handle to it is
    /// dropped.
    pub bytes: Bytes,
    /// `image/png`, `image/jpeg` or `image/webp`.
    pub content_type: &'static str,
    /// Pixels, read from the file.
    pub width: u32,
    /// Pixels, read from the file.
    pub height: u32,
    /// The seed that was used, where the provider says so, as a request would name it.
    pub seed: Option<u64>,
}

impl Image {
    /// The file as an image, if it is one of this format by its header.
    pub(crate) fn measured(bytes: Bytes, format: OutputFormat) -> Option<Self> {
        let (width, height) = image_file::measured(&bytes, format)?;
        Some(Self { bytes, content_type: format.content_type(), width, height, seed: None })
    }
}
