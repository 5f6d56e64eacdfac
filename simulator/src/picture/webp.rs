//! WebP, lossless (RFC 9649): every pixel is its neighbours' plus the same small step, so its
//! codes take no bits at all and a megapixel is a handful of bytes, written afresh each time.

use super::bits::LowFirst;
use super::{Look, Picture};

/// How a pixel follows from those before it; numbers of the format.
const FROM_LEFT: u16 = 1;
const FROM_ABOVE: u16 = 2;
const FROM_BOTH: u16 = 7;

const OPAQUE: u16 = 255;

pub fn encode(picture: &Picture) -> Vec<u8> {
    let text = format!(
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF \
         xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" dc:source=\"{}\"/></rdf:RDF></x:xmpmeta>",
        picture.signature()
    );
    let mut chunks = b"WEBP".to_vec();
    push_chunk(&mut chunks, *b"VP8X", &header(picture));
    push_chunk(&mut chunks, *b"VP8L", &pixels(picture));
    push_chunk(&mut chunks, *b"XMP ", text.as_bytes());
    let mut file = Vec::with_capacity(chunks.len() + 8);
    push_chunk(&mut file, *b"RIFF", &chunks);
    file
}

/// The extended header: "there is XMP", and the size.
fn header(picture: &Picture) -> [u8; 10] {
    const HAS_XMP: u8 = 0b100;
    let [width, height] =
        [picture.size.width, picture.size.height].map(|side| (side - 1).to_le_bytes());
    [HAS_XMP, 0, 0, 0, width[0], width[1], 0, height[0], height[1], 0]
}

fn pixels(picture: &Picture) -> Vec<u8> {
    let mut bits = LowFirst::default();
    bits.push(0x2F, 8);
    bits.push(picture.size.width - 1, 14);
    bits.push(picture.size.height - 1, 14);
    // No transparency, version 0.
    bits.push(0, 1 + 3);
    match picture.look {
        Look::Clear => push_gradient(&mut bits, &picture.digest),
        Look::Blurred => push_image(&mut bits, [128, 128, 128, OPAQUE]),
    }
    bits.finish()
}

/// A prediction, and an image of what to add to it.
fn push_gradient(bits: &mut LowFirst, digest: &[u8; 32]) {
    let rule = [FROM_LEFT, FROM_ABOVE, FROM_BOTH][usize::from(digest[0] % 3)];
    let step = |n: usize| u16::from(1 + digest[n] % 8);
    // A transform follows: prediction, with one rule for each square of 512 pixels.
    bits.push(1, 1);
    bits.push(0, 2);
    bits.push(9 - 2, 3);
    // The rules are the green of a small image; it has no colour cache.
    bits.push(0, 1);
    push_constants(bits, [rule, 0, 0, 0]);
    // Prediction starts from opaque black, so nothing is added to the opacity.
    push_image(bits, [step(1), step(2), step(3), 0]);
}

/// An image of one colour, after all transforms.
fn push_image(bits: &mut LowFirst, channels: [u16; 4]) {
    // No further transform, no colour cache, no groups of codes.
    bits.push(0, 1 + 1 + 1);
    push_constants(bits, channels);
}

/// Codes that stand for one value each: green, red, blue, alpha, and the distance of
/// repetitions, of which there are none.
fn push_constants(bits: &mut LowFirst, channels: [u16; 4]) {
    for value in channels.into_iter().chain([0]) {
        // A simple code, of one symbol, written in eight bits.
        bits.push(0b101, 3);
        bits.push(value, 8);
    }
}

fn push_chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).expect("a chunk has a few hundred bytes");
    file.extend_from_slice(&kind);
    file.extend_from_slice(&length.to_le_bytes());
    file.extend_from_slice(data);
    if !data.len().is_multiple_of(2) {
        file.push(0);
    }
}
