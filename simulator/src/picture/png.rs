//! PNG (ISO/IEC 15948): the scene is compressed once per size, the palette chosen per picture.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::scene::{BLOCK, REGIONS, Scene};
use super::template::Templates;
use super::{Look, Picture, Size};

static TEMPLATES: Templates = Templates::new();

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// Bits of a pixel, an index into four colours.
const DEPTH: u8 = 2;
const COLOUR_TYPE_PALETTE: u8 = 3;

pub fn encode(picture: &Picture) -> Vec<u8> {
    let scene = TEMPLATES.of(picture.size, scene_chunks);
    let mut file = Vec::with_capacity(scene.len() + 256);
    file.extend_from_slice(&SIGNATURE);
    let mut header = [0; 13];
    header[..4].copy_from_slice(&u32::from(picture.size.width).to_be_bytes());
    header[4..8].copy_from_slice(&u32::from(picture.size.height).to_be_bytes());
    header[8] = DEPTH;
    header[9] = COLOUR_TYPE_PALETTE;
    push_chunk(&mut file, *b"IHDR", &header);
    push_chunk(&mut file, *b"PLTE", &palette(picture));
    push_chunk(&mut file, *b"tEXt", format!("Source\0{}", picture.signature()).as_bytes());
    file.extend_from_slice(&scene);
    file
}

fn palette(picture: &Picture) -> [u8; 3 * REGIONS] {
    match picture.look {
        Look::Blurred => [128; 3 * REGIONS],
        Look::Clear => std::array::from_fn(|n| picture.digest[n]),
    }
}

/// The chunks after the palette: the compressed pixels and the end.
fn scene_chunks(size: Size) -> Vec<u8> {
    const FILTER_NONE: u8 = 0;
    let scene = Scene::new(size);
    let mut pixels = ZlibEncoder::new(Vec::new(), Compression::default());
    let mut line = Vec::with_capacity(1 + scene.columns * 2);
    for row in 0..scene.rows {
        line.clear();
        line.push(FILTER_NONE);
        // Eight pixels of one region: two bytes, each the same two bits four times.
        line.extend(scene.row(row).iter().flat_map(|region| [region * 0b0101_0101; 2]));
        for _ in 0..BLOCK {
            pixels.write_all(&line).expect("a Vec takes all that is written");
        }
    }
    let pixels = pixels.finish().expect("a Vec takes all that is written");
    let mut chunks = Vec::with_capacity(pixels.len() + 32);
    push_chunk(&mut chunks, *b"IDAT", &pixels);
    push_chunk(&mut chunks, *b"IEND", &[]);
    chunks
}

fn push_chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).expect("a chunk has a few KB");
    file.extend_from_slice(&length.to_be_bytes());
    file.extend_from_slice(&kind);
    file.extend_from_slice(data);
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&kind);
    checksum.update(data);
    file.extend_from_slice(&checksum.finalize().to_be_bytes());
}
