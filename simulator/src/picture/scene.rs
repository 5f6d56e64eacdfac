//! The one scene every picture shows: a sun over two hills.

use super::Size;

/// Pixels on a side of the squares the scene is built of; the blocks a JPEG is coded in.
pub const BLOCK: usize = 8;

/// Number of regions, each of one colour.
pub const REGIONS: usize = 4;

const SKY: u8 = 0;
const SUN: u8 = 1;
const FAR_HILL: u8 = 2;
const NEAR_HILL: u8 = 3;

/// The region of every block, row by row.
#[derive(Debug)]
pub struct Scene {
    pub columns: usize,
    pub rows: usize,
    regions: Vec<u8>,
}

impl Scene {
    pub fn new(size: Size) -> Self {
        let columns = usize::from(size.width) / BLOCK;
        let rows = usize::from(size.height) / BLOCK;
        let regions = (0..rows)
            .flat_map(|row| (0..columns).map(move |column| region(column, row, columns, rows)))
            .collect();
        Self { columns, rows, regions }
    }

    pub fn row(&self, row: usize) -> &[u8] {
        &self.regions[row * self.columns..][..self.columns]
    }

    pub fn at(&self, column: usize, row: usize) -> u8 {
        self.regions[row * self.columns + column]
    }
}

/// Later shapes stand before earlier ones. Measures are fractions of the sides, so every ratio
/// shows the same scene.
fn region(column: usize, row: usize, columns: usize, rows: usize) -> u8 {
    let within = |centre: (usize, usize), radius: usize| {
        column.abs_diff(centre.0).pow(2) + row.abs_diff(centre.1).pow(2) < radius.pow(2)
    };
    let short = columns.min(rows);
    if row >= rows - rows / 8 || within((columns * 3 / 4, rows), short * 2 / 5) {
        NEAR_HILL
    } else if within((columns / 5, rows), short / 2) {
        FAR_HILL
    } else if within((columns / 2, rows / 3), short / 6) {
        SUN
    } else {
        SKY
    }
}
