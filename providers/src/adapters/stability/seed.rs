//! Seeds as Stability reads them: 0 asks for a random one there, while for us every seed, 0 too,
//! makes an image repeatable.

/// What is sent for 0: the largest seed Stability takes, because people rarely ask for it. Who does
/// gets the image of seed 0, which breaks no promise: each of the two still repeats itself.
const FOR_ZERO: u32 = 4_294_967_294;

/// The seed to send.
pub(super) fn sent(asked: u32) -> u32 {
    if asked == 0 { FOR_ZERO } else { asked }
}

/// The seed an image was made with, as its consumer would ask for it again.
pub(super) fn made_with(asked: Option<u32>, answered: u64) -> u64 {
    if asked == Some(0) && answered == u64::from(FOR_ZERO) { 0 } else { answered }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_is_sent_as_one_that_repeats_and_told_as_it_was_asked() {
        for asked in [0, 1, 7, FOR_ZERO - 1, FOR_ZERO] {
            let wire = sent(asked);

            assert!((1..=FOR_ZERO).contains(&wire), "{asked}");
            assert_eq!(made_with(Some(asked), wire.into()), u64::from(asked));
        }
    }

    #[test]
    fn a_seed_the_provider_chose_is_told_as_it_is() {
        for asked in [None, Some(0), Some(7)] {
            assert_eq!(made_with(asked, 42), 42);
        }
        assert_eq!(made_with(None, FOR_ZERO.into()), u64::from(FOR_ZERO));
    }
}
