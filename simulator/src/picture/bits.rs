//! Writing numbers bit by bit, in the two orders image formats use.

/// Bits filled into bytes from the highest down, as in JPEG.
#[derive(Debug, Default)]
pub struct HighFirst {
    pub bytes: Vec<u8>,
    byte: u8,
    used: u8,
}

impl HighFirst {
    /// Appends the low `count` bits of `bits`, the highest of them first.
    pub fn push(&mut self, bits: u8, count: u8) {
        for n in (0..count).rev() {
            self.byte = self.byte << 1 | bits >> n & 1;
            self.used += 1;
            if self.used == 8 {
                self.bytes.push(self.byte);
                if self.byte == 0xFF {
                    // A lone 0xFF would begin a marker.
                    self.bytes.push(0);
                }
                (self.byte, self.used) = (0, 0);
            }
        }
    }

    /// Fills the last byte with ones and returns all.
    pub fn finish(mut self) -> Vec<u8> {
        while self.used != 0 {
            self.push(1, 1);
        }
        self.bytes
    }
}

/// Bits filled into bytes from the lowest up, as in WebP.
#[derive(Debug, Default)]
pub struct LowFirst {
    bytes: Vec<u8>,
    used: u8,
}

impl LowFirst {
    /// Appends the low `count` bits of `bits`, the lowest of them first.
    pub fn push(&mut self, bits: u16, count: u8) {
        for n in 0..count {
            let bit = u8::from(bits >> n & 1 == 1);
            if self.used == 0 {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= bit << self.used;
            }
            self.used = (self.used + 1) % 8;
        }
    }

    /// All bytes, the last filled with zeros.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn high_first_fills_from_the_top_and_stuffs_markers() {
        let mut bits = HighFirst::default();

        bits.push(0b101, 3);
        bits.push(0b1111_1111, 8);
        bits.push(0b11111, 5);
        bits.push(0b0, 1);

        assert_eq!(bits.finish(), [0b1011_1111, 0xFF, 0x00, 0b0111_1111]);
    }

    #[test]
    fn low_first_fills_from_the_bottom() {
        let mut bits = LowFirst::default();

        bits.push(0b101, 3);
        bits.push(0b1_0000_0001, 9);

        assert_eq!(bits.finish(), [0b0000_1101, 0b0000_1000]);
    }
}
