//! Pictures at the price of a copy: real PNG, JPEG and WebP files.
//!
//! A provider spends seconds on a picture; a simulator asked for thousands a second must not even
//! compress one. So a file is encoded once for each format, size and palette and kept, and each
//! call gets a copy that carries its digest as Exif text, so no two calls get the same bytes.

mod scene;
mod template;

use std::fmt;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use scene::PALETTES;
use template::{Kind, Template};

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// PNG.
    Png,
    /// Baseline JPEG, 4:2:0.
    Jpeg,
    /// Lossless WebP.
    Webp,
}

impl Format {
    /// As providers name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpeg",
            Self::Webp => "webp",
        }
    }

    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }
}

/// Width and height in pixels, multiples of 16 below 16,384.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    width: u16,
    height: u16,
}

impl Size {
    /// What a WebP can hold.
    const MAX: u16 = 1 << 14;

    /// A size; for constants, so a bad one does not compile.
    pub const fn new(width: u16, height: u16) -> Self {
        Self::checked(width, height).expect("both sides are multiples of 16 below 16,384")
    }

    /// A size, if there is such a picture.
    pub const fn checked(width: u16, height: u16) -> Option<Self> {
        let whole = width.is_multiple_of(16) && height.is_multiple_of(16);
        let fits = 0 < width && width < Self::MAX && 0 < height && height < Self::MAX;
        if whole && fits { Some(Self { width, height }) } else { None }
    }

    /// The number of pixels.
    pub fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Both sides, the longer first.
    pub fn long_and_short(self) -> (u16, u16) {
        (self.width.max(self.height), self.width.min(self.height))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// Whether a picture shows something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Look {
    /// The scene in its colours.
    Clear,
    /// Grey: what moderation leaves of a picture.
    Blurred,
}

/// A picture. Equal pictures encode to equal bytes, different ones to different bytes.
#[derive(Clone, Copy, Debug)]
pub struct Picture {
    pub format: Format,
    pub size: Size,
    pub look: Look,
    /// Decides the colours; a hash of all that the picture is made from.
    pub digest: [u8; 32],
}

/// A hash of all that a picture is made from; lengths keep neighbours apart.
pub fn digest<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

impl Picture {
    /// The file, of 0.3 to 10 KB.
    pub fn encode(&self) -> Bytes {
        let palette = match self.look {
            Look::Clear => self.digest[0] % PALETTES,
            Look::Blurred => 0,
        };
        let kind = Kind { format: self.format, size: self.size, look: self.look, palette };
        Template::of(kind).marked(&self.digest).into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use image::{ImageFormat, ImageReader, RgbImage};

    use super::*;

    const FORMATS: [(Format, ImageFormat); 3] = [
        (Format::Png, ImageFormat::Png),
        (Format::Jpeg, ImageFormat::Jpeg),
        (Format::Webp, ImageFormat::WebP),
    ];

    fn picture(format: Format, size: Size, digest: u8) -> Picture {
        let digest =
            std::array::from_fn(|n| digest.wrapping_add(u8::try_from(n * 37 % 256).unwrap()));
        Picture { format, size, look: Look::Clear, digest }
    }

    fn decoded(file: &[u8]) -> (ImageFormat, RgbImage) {
        let reader = ImageReader::new(std::io::Cursor::new(file)).with_guessed_format().unwrap();
        (reader.format().unwrap(), reader.decode().unwrap().into_rgb8())
    }

    #[test]
    fn every_format_decodes_at_the_size_asked_for() {
        for (format, expected) in FORMATS {
            for size in [Size::new(64, 32), Size::new(1216, 832), Size::new(640, 1536)] {
                let file = picture(format, size, 1).encode();

                let (format, pixels) = decoded(&file);

                assert_eq!(format, expected);
                assert_eq!(pixels.dimensions(), (size.width.into(), size.height.into()));
            }
        }
    }

    #[test]
    fn another_digest_gives_other_colours_and_other_bytes() {
        for (format, _) in FORMATS {
            let files: Vec<_> =
                (0..8).map(|n| picture(format, Size::new(64, 64), n * 29).encode()).collect();

            let bytes: HashSet<_> = files.iter().collect();
            let pixels: HashSet<_> = files.iter().map(|file| decoded(file).1.into_raw()).collect();

            assert_eq!(bytes.len(), 8, "{format:?}");
            assert!(pixels.len() >= 7, "{format:?}: {} of 8 look different", pixels.len());
        }
    }

    #[test]
    fn the_same_picture_gives_the_same_bytes() {
        for (format, _) in FORMATS {
            let one = picture(format, Size::new(1024, 1024), 5);

            assert_eq!(one.encode(), one.encode());
        }
    }

    #[test]
    fn a_clear_picture_shows_shapes() {
        for (format, _) in FORMATS {
            let (_, pixels) = decoded(&picture(format, Size::new(512, 512), 9).encode());

            let colours: HashSet<_> = pixels.pixels().collect();

            assert!(colours.len() >= 4, "{format:?} has {} colours", colours.len());
        }
    }

    #[test]
    fn a_blurred_picture_is_grey() {
        for (format, _) in FORMATS {
            let blurred =
                Picture { look: Look::Blurred, ..picture(format, Size::new(256, 128), 77) };

            let (_, pixels) = decoded(&blurred.encode());

            let grey = pixels.into_raw().iter().all(|channel| channel.abs_diff(128) <= 2);
            assert!(grey, "{format:?}");
        }
    }

    #[test]
    fn the_largest_file_is_small() {
        for (format, _) in FORMATS {
            let length = picture(format, Size::new(1872, 800), 3).encode().len();

            assert!((200..12_000).contains(&length), "{format:?} takes {length} bytes");
        }
    }
}
