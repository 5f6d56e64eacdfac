//! Sizes by ratio. Published are only the megapixels, so clients must read the real size; these
//! are assumed: for one megapixel those the open models are trained on, for one and a half the
//! nearest multiples of 16.

use super::model::Model;
use crate::picture::Size;

/// The shape of an image. Values of `aspect_ratio`, widest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    one_megapixel: Size,
    one_and_a_half: Size,
}

impl Ratio {
    /// What is made when no ratio is given, 1:1.
    pub const SQUARE: Self = Self::new((1024, 1024), (1216, 1216));

    const fn new(one_megapixel: (u16, u16), one_and_a_half: (u16, u16)) -> Self {
        Self {
            one_megapixel: Size::new(one_megapixel.0, one_megapixel.1),
            one_and_a_half: Size::new(one_and_a_half.0, one_and_a_half.1),
        }
    }

    /// The size a model makes.
    pub const fn size(self, model: Model) -> Size {
        match model {
            Model::Core => self.one_and_a_half,
            Model::Ultra
            | Model::Sd35Large
            | Model::Sd35LargeTurbo
            | Model::Sd35Medium
            | Model::Sd35Flash => self.one_megapixel,
        }
    }
}

/// Values of `aspect_ratio` (published).
pub const RATIOS: [(&str, Ratio); 9] = [
    ("21:9", Ratio::new((1536, 640), (1872, 800))),
    ("16:9", Ratio::new((1344, 768), (1648, 928))),
    ("3:2", Ratio::new((1216, 832), (1504, 1008))),
    ("5:4", Ratio::new((1088, 896), (1360, 1088))),
    ("1:1", Ratio::SQUARE),
    ("4:5", Ratio::new((896, 1088), (1088, 1360))),
    ("2:3", Ratio::new((832, 1216), (1008, 1504))),
    ("9:16", Ratio::new((768, 1344), (928, 1648))),
    ("9:21", Ratio::new((640, 1536), (800, 1872))),
];
