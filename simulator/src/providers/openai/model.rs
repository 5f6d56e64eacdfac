//! The image models, their sizes and prices.

use crate::credits::Credits;
use crate::picture::Size;

/// A model.
#[derive(Debug)]
pub struct Model {
    pub name: &'static str,
    /// Tenths of a cent for an image of 1024×1024, by quality.
    square: [u64; 3],
    /// The same for 1536×1024 and 1024×1536.
    oblong: [u64; 3],
    /// Whether it takes sizes beside the three.
    any_size: bool,
}

/// How much work goes into an image; an index into prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    Low,
    Medium,
    High,
}

impl Quality {
    /// Values of `quality` (published); that `auto` takes the highest is assumed.
    pub const ALL: [(&'static str, Self); 4] =
        [("low", Self::Low), ("medium", Self::Medium), ("high", Self::High), ("auto", Self::High)];

    /// As an answer names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Published are the prices of 1.5 and 1-mini. For the others they are assumed; an image of another
/// size than the three costs what its pixels make of a square one (assumed).
pub const MODELS: [Model; 5] = [
    Model { name: "gpt-image-1-mini", square: [5, 11, 36], oblong: [6, 15, 52], any_size: false },
    Model { name: "gpt-image-1.5", square: [9, 34, 133], oblong: [13, 50, 200], any_size: false },
    Model { name: "chatgpt-image-latest", ..LIKE_1_5 },
    Model { name: "gpt-image-2", any_size: true, ..LIKE_1_5 },
    Model { name: "gpt-image-2-2026-04-21", any_size: true, ..LIKE_1_5 },
];

const LIKE_1_5: Model =
    Model { name: "", square: [9, 34, 133], oblong: [13, 50, 200], any_size: false };

const SQUARE: Size = Size::new(1024, 1024);
const OBLONG: [Size; 2] = [Size::new(1536, 1024), Size::new(1024, 1536)];

impl Model {
    /// The model of this name. Retired ones (`gpt-image-1`, `dall-e-3`, `dall-e-2`) are gone.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        MODELS.iter().find(|model| model.name == name)
    }

    /// A value of `size`; `Err` says what is wrong with it. For models that take any size, sides
    /// are multiples of 16, at most 3840 and 2160, and at most 3 to 1 (published).
    pub fn size(&self, text: &str) -> Result<Size, String> {
        if text == "auto" {
            return Ok(SQUARE);
        }
        let size = text
            .split_once('x')
            .and_then(|(width, height)| Size::checked(width.parse().ok()?, height.parse().ok()?));
        match size {
            Some(size) if size == SQUARE || OBLONG.contains(&size) => Ok(size),
            Some(size) if self.any_size && allowed(size) => Ok(size),
            _ if self.any_size => Err(
                "Width and height must be divisible by 16, their ratio between 1:3 and 3:1, and \
                 the size at most 3840x2160."
                    .to_owned(),
            ),
            _ => Err("Supported values are: '1024x1024', '1024x1536', '1536x1024', and 'auto'."
                .to_owned()),
        }
    }

    /// What an image takes from the account, in US cents.
    pub fn price(&self, quality: Quality, size: Size) -> Credits {
        let of = |prices: [u64; 3]| prices[quality as usize];
        Credits::from_tenths(if size == SQUARE {
            of(self.square)
        } else if OBLONG.contains(&size) {
            of(self.oblong)
        } else {
            (of(self.square) * size.pixels()).div_ceil(SQUARE.pixels())
        })
    }
}

fn allowed(size: Size) -> bool {
    let (long, short) = size.long_and_short();
    long <= 3840 && short <= 2160 && long <= short * 3
}

/// Tokens of an image (published for the three sizes of 1.5; by pixels for others, assumed).
pub fn tokens(quality: Quality, size: Size) -> u64 {
    let of = |tokens: [u64; 3]| tokens[quality as usize];
    let square = [272, 1056, 4160];
    match size {
        _ if size == OBLONG[0] => of([400, 1568, 6208]),
        _ if size == OBLONG[1] => of([408, 1584, 6240]),
        _ => of(square) * size.pixels() / SQUARE.pixels(),
    }
}
