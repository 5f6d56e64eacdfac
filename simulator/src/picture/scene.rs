//! The one scene every picture shows: a sun over two hills.

use super::{Look, Size};

/// Pixels on a side of the squares the scene is built of. A JPEG codes its colours in such squares,
/// so flat ones cost next to nothing.
const BLOCK: u32 = 16;

/// Sky, sun, far hill, near hill.
pub type Colours = [[u8; 3]; 4];

const GREY: Colours = [[128; 3]; 4];

/// Colours to choose from; every choice is a file of its own in memory.
#[rustfmt::skip]
const CLEAR: [Colours; PALETTES as usize] = [
    [[126, 184, 218], [255, 214, 92], [98, 140, 112], [46, 84, 62]],
    [[244, 162, 97], [255, 236, 179], [150, 82, 96], [64, 36, 66]],
    [[24, 32, 68], [226, 226, 236], [48, 62, 104], [12, 16, 34]],
    [[214, 220, 226], [250, 250, 250], [150, 160, 172], [92, 102, 116]],
    [[252, 204, 214], [240, 98, 110], [168, 120, 180], [92, 64, 118]],
    [[162, 218, 194], [246, 246, 150], [66, 150, 140], [22, 82, 92]],
    [[236, 196, 130], [214, 74, 40], [176, 120, 60], [110, 64, 30]],
    [[190, 170, 236], [255, 250, 210], [110, 110, 180], [40, 48, 96]],
];

/// Number of palettes a clear picture can have.
pub const PALETTES: u8 = 8;

/// The colours of a picture, by region.
pub fn colours(look: Look, palette: u8) -> Colours {
    match look {
        Look::Clear => CLEAR[usize::from(palette % PALETTES)],
        Look::Blurred => GREY,
    }
}

/// Draws the scene, row by row, `pixel` giving the bytes of a pixel in a region.
pub fn draw<const BYTES: usize>(size: Size, pixel: impl Fn(u8) -> [u8; BYTES]) -> Vec<u8> {
    let (columns, rows) = (u32::from(size.width) / BLOCK, u32::from(size.height) / BLOCK);
    let mut pixels = Vec::new();
    for row in 0..rows {
        let line: Vec<u8> = (0..columns)
            .flat_map(|column| pixel(region(column, row, columns, rows)).repeat(BLOCK as usize))
            .collect();
        pixels.extend(line.repeat(BLOCK as usize));
    }
    pixels
}

/// The region of a square: the index of its colour. Later shapes stand before earlier ones. Measures are fractions of the
/// sides, so every ratio shows the same scene.
fn region(column: u32, row: u32, columns: u32, rows: u32) -> u8 {
    let within = |centre: (u32, u32), radius: u32| {
        column.abs_diff(centre.0).pow(2) + row.abs_diff(centre.1).pow(2) < radius.pow(2)
    };
    let short = columns.min(rows);
    if row >= rows - rows.div_ceil(8) || within((columns * 3 / 4, rows), short * 2 / 5) {
        3
    } else if within((columns / 5, rows), short / 2) {
        2
    } else {
        u8::from(within((columns / 2, rows / 3), short.div_ceil(6)))
    }
}
