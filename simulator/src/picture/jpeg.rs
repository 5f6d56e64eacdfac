//! JPEG (ITU-T T.81), baseline: the scene is coded once per size in whole blocks, and the
//! quantisation tables, which scale every value, give each picture its own colours.

use super::bits::HighFirst;
use super::scene::{REGIONS, Scene};
use super::template::Templates;
use super::{Look, Picture, Size};

static TEMPLATES: Templates = Templates::new();

const START: [u8; 2] = [0xFF, 0xD8];
const JFIF: [u8; 18] = *b"\xFF\xE0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00";
const END: [u8; 2] = [0xFF, 0xD9];

/// Y, Cb, Cr. A decoder shows `128 + level × step / 8`, with the step from the picture's table.
const COMPONENTS: usize = 3;
/// The level of each component in each region.
const LEVELS: [[i8; COMPONENTS]; REGIONS] = [[3, 3, -2], [6, -5, 4], [-2, 1, -3], [-5, -2, 1]];

pub fn encode(picture: &Picture) -> Vec<u8> {
    let scene = TEMPLATES.of(picture.size, scene_segments);
    let mut file = Vec::with_capacity(scene.len() + 512);
    file.extend_from_slice(&START);
    file.extend_from_slice(&JFIF);
    push_segment(&mut file, 0xDB, &tables(picture));
    push_segment(&mut file, 0xFE, picture.signature().as_bytes());
    file.extend_from_slice(&scene);
    file
}

/// One quantisation table for each component: the step of the block's mean, then 63 ones.
fn tables(picture: &Picture) -> Vec<u8> {
    let brightness = 64 + picture.digest[0] % 96;
    let tint = |n: usize| 1 + picture.digest[n] % 160;
    let steps = match picture.look {
        Look::Clear => [brightness, tint(1), tint(2)],
        Look::Blurred => [1; COMPONENTS],
    };
    let mut tables = Vec::with_capacity(COMPONENTS * 65);
    for (number, step) in (0_u8..).zip(steps) {
        tables.push(number);
        tables.push(step);
        tables.extend_from_slice(&[1; 63]);
    }
    tables
}

/// What follows the tables: frame, codes, the coded blocks and the end.
fn scene_segments(size: Size) -> Vec<u8> {
    let mut segments = Vec::new();
    let mut frame = vec![8];
    frame.extend_from_slice(&size.height.to_be_bytes());
    frame.extend_from_slice(&size.width.to_be_bytes());
    // Component, sampling (brightness twice as fine both ways), quantisation table.
    frame.extend_from_slice(&[3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 2]);
    push_segment(&mut segments, 0xC0, &frame);

    // Means: "no change" in one bit, a change of 1 to 4 bits in four.
    push_codes(&mut segments, 0x00, [1, 0, 0, 4], &[0, 1, 2, 3, 4]);
    // The rest of a block: "nothing more" in one bit, the only code used.
    push_codes(&mut segments, 0x10, [1, 0, 0, 0], &[0]);

    // Components with their codes, then the whole spectrum in one pass.
    push_segment(&mut segments, 0xDA, &[3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
    segments.extend_from_slice(&blocks(&Scene::new(size)));
    segments.extend_from_slice(&END);
    segments
}

/// The blocks in squares of 2×2: four of brightness, then one of each colour difference.
fn blocks(scene: &Scene) -> Vec<u8> {
    let mut bits = HighFirst::default();
    let mut before = [0; COMPONENTS];
    for row in (0..scene.rows).step_by(2) {
        for column in (0..scene.columns).step_by(2) {
            for (right, down) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                push_block(&mut bits, &mut before, 0, scene.at(column + right, row + down));
            }
            push_block(&mut bits, &mut before, 1, scene.at(column, row));
            push_block(&mut bits, &mut before, 2, scene.at(column, row));
        }
    }
    bits.finish()
}

fn push_block(bits: &mut HighFirst, before: &mut [i8; COMPONENTS], component: usize, region: u8) {
    let level = LEVELS[usize::from(region)][component];
    let change = level - before[component];
    before[component] = level;
    let length = u8::try_from(8 - change.unsigned_abs().leading_zeros()).expect("at most 8");
    if length == 0 {
        bits.push(0, 1);
    } else {
        bits.push(0b1000 + length - 1, 4);
        // A negative change is written as the ones' complement of its size.
        let size = change.unsigned_abs();
        bits.push(if change < 0 { !size } else { size }, length);
    }
    bits.push(0, 1);
}

/// A table of codes: how many there are of 1, 2, 3 and 4 bits, and what they mean.
fn push_codes(segments: &mut Vec<u8>, table: u8, counts: [u8; 4], meanings: &[u8]) {
    let mut codes = vec![table];
    codes.extend_from_slice(&counts);
    codes.extend_from_slice(&[0; 12]);
    codes.extend_from_slice(meanings);
    push_segment(segments, 0xC4, &codes);
}

fn push_segment(file: &mut Vec<u8>, marker: u8, data: &[u8]) {
    let length = u16::try_from(data.len() + 2).expect("a segment has a few hundred bytes");
    file.extend_from_slice(&[0xFF, marker]);
    file.extend_from_slice(&length.to_be_bytes());
    file.extend_from_slice(data);
}
