//! Encoded once, kept, and marked for each call.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder as _};
use jpeg_encoder::{ColorType, SamplingFactor};
use parking_lot::RwLock;

use super::scene::{colours, draw};
use super::{Format, Look, Size};

/// Bytes of the text that makes a picture distinct.
const TEXT_LENGTH: usize = 64;

/// What a file depends on, its text aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kind {
    pub format: Format,
    pub size: Size,
    pub look: Look,
    pub palette: u8,
}

/// A whole file, and where its text is.
#[derive(Debug)]
pub struct Template {
    file: Vec<u8>,
    text: Range<usize>,
    /// In a PNG: what a checksum follows, the text included.
    checked: Option<Range<usize>>,
}

impl Template {
    /// The template of a kind, encoded on first use. Two threads may both encode a missing one: it
    /// comes out the same.
    pub fn of(kind: Kind) -> Arc<Self> {
        static KEPT: LazyLock<RwLock<HashMap<Kind, Arc<Template>>>> =
            LazyLock::new(RwLock::default);
        if let Some(template) = KEPT.read().get(&kind) {
            return Arc::clone(template);
        }
        let template = Arc::new(Self::encode(kind));
        KEPT.write().insert(kind, Arc::clone(&template));
        template
    }

    /// The file with the text of one call: the digest in hexadecimal.
    pub fn marked(&self, digest: &[u8; TEXT_LENGTH / 2]) -> Vec<u8> {
        let mut file = self.file.clone();
        hex::encode_to_slice(digest, &mut file[self.text.clone()])
            .expect("the text has two digits for each byte of the digest");
        if let Some(checked) = self.checked.clone() {
            let checksum = crc32fast::hash(&file[checked.clone()]);
            file[checked.end..][..4].copy_from_slice(&checksum.to_be_bytes());
        }
        file
    }

    fn encode(kind: Kind) -> Self {
        let exif = description([b'0'; TEXT_LENGTH]);
        let mut file = Vec::new();
        match kind.format {
            Format::Png => write_png(&mut file, kind, &exif),
            Format::Jpeg => write_jpeg(&mut file, kind, &exif),
            Format::Webp => write_webp(&mut file, kind, &exif),
        }
        let start = file
            .windows(exif.len())
            .position(|window| window == exif)
            .expect("every encoder writes the Exif data as it was given");
        let end = start + exif.len();
        // A NUL follows the text.
        let text = end - 1 - TEXT_LENGTH..end - 1;
        // The checksum of a chunk covers its name of four letters too.
        let checked = (kind.format == Format::Png).then_some(start - 4..end);
        Self { file, text, checked }
    }
}

const WRITTEN: &str = "a Vec takes all that is written";

/// With a palette, which `image` does not write: half the bytes.
fn write_png(file: &mut Vec<u8>, kind: Kind, exif: &[u8]) {
    let mut info = png::Info::with_size(kind.size.width.into(), kind.size.height.into());
    info.color_type = png::ColorType::Indexed;
    info.palette = Some(colours(kind.look, kind.palette).concat().into());
    info.exif_metadata = Some(exif.into());
    let encoder = png::Encoder::with_info(file, info).expect(WRITTEN);
    let mut writer = encoder.write_header().expect(WRITTEN);
    writer.write_image_data(&draw(kind.size, |region| [region])).expect(WRITTEN);
}

/// With few colour samples and codes made to measure, which `image` does not write: a fifth of the
/// bytes.
fn write_jpeg(file: &mut Vec<u8>, kind: Kind, exif: &[u8]) {
    let mut encoder = jpeg_encoder::Encoder::new(file, 90);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.set_optimized_huffman_tables(true);
    // The decoder of `image` misreads what this encoder writes of a flat scene without it.
    encoder.set_progressive_scans(2);
    encoder.add_exif_metadata(exif).expect(WRITTEN);
    encoder.encode(&rgb(kind), kind.size.width, kind.size.height, ColorType::Rgb).expect(WRITTEN);
}

fn write_webp(file: &mut Vec<u8>, kind: Kind, exif: &[u8]) {
    let mut encoder = WebPEncoder::new_lossless(file);
    encoder.set_exif_metadata(exif.to_vec()).expect("WebP holds Exif data");
    let (width, height) = (kind.size.width.into(), kind.size.height.into());
    encoder.encode(&rgb(kind), width, height, ExtendedColorType::Rgb8).expect(WRITTEN);
}

fn rgb(kind: Kind) -> Vec<u8> {
    let colours = colours(kind.look, kind.palette);
    draw(kind.size, |region| colours[usize::from(region)])
}

/// Exif data with one field, `ImageDescription`.
fn description(text: [u8; TEXT_LENGTH]) -> Vec<u8> {
    const FIELD: [u8; 4] = *b"\x0E\x01\x02\0"; // its number, and its type: text
    const TEXT_AT: u32 = 26;
    let length = u32::try_from(TEXT_LENGTH + 1).expect("a short text");
    [
        b"II*\0\x08\0\0\0\x01\0".as_slice(),
        &FIELD,
        &length.to_le_bytes(),
        &TEXT_AT.to_le_bytes(),
        &[0; 4],
        &text,
        &[0],
    ]
    .concat()
}
