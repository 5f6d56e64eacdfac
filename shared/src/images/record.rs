//! The shape of an object: `image | record as JSON | length of the record (4 bytes, big-endian) |
//! end mark (8 bytes)`. The end mark carries the version and is read first.

use bytes::Bytes;

use super::kept_image::{IMAGE_LENGTH_MAX, KeptImage};

const END_MARK: &[u8; 8] = b"AEKEPT01";
const LENGTH_LENGTH: usize = 4;
const FOOT_LENGTH: usize = LENGTH_LENGTH + END_MARK.len();
/// A record is about 200 bytes.
const RECORD_LENGTH_MAX: usize = 4096;
/// No object of ours is longer.
pub(super) const OBJECT_LENGTH_MAX: usize = IMAGE_LENGTH_MAX + RECORD_LENGTH_MAX + FOOT_LENGTH;

/// What follows the image in its object.
pub(super) fn encode(record: &KeptImage) -> Bytes {
    let mut bytes = serde_json::to_vec(record).expect("numbers and strings are always JSON");
    let length = u32::try_from(bytes.len()).expect("a record is far below 4 GiB");
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(END_MARK);
    bytes.into()
}

/// Reads the record of a whole object and checks the image against it; the reason when either is not
/// what was written. Hashes the image: not for an async thread.
pub(super) fn verify(object: &[u8]) -> Result<KeptImage, &'static str> {
    let (rest, mark) =
        object.split_last_chunk::<{ END_MARK.len() }>().ok_or("it has no end mark")?;
    if mark != END_MARK {
        return Err("it has no end mark");
    }
    let (rest, length) =
        rest.split_last_chunk::<LENGTH_LENGTH>().ok_or("it is shorter than its record")?;
    let length = u32::from_be_bytes(*length) as usize;
    let image_length = rest
        .len()
        .checked_sub(length)
        .filter(|_| length <= RECORD_LENGTH_MAX)
        .ok_or("it is shorter than its record")?;
    let (image, json) = rest.split_at(image_length);

    let record: KeptImage =
        serde_json::from_slice(json).map_err(|_| "its record cannot be read")?;
    if !record.describes(image) {
        return Err("its bytes are not those its record describes");
    }
    Ok(record)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::images::ImageFormat;

    fn object(image: &[u8]) -> (KeptImage, Vec<u8>) {
        let record = KeptImage::describe(ImageFormat::Jpeg, 8, 8, None, image);
        let object = [image, &encode(&record)].concat();
        (record, object)
    }

    #[test]
    fn an_object_starts_with_the_image_as_it_was_made() {
        let (_, object) = object(b"the image");

        assert!(object.starts_with(b"the image{\"content_type\""));
        assert!(object.ends_with(END_MARK));
    }

    #[test]
    fn a_cut_object_is_never_a_kept_image() {
        let (_, object) = object(b"the image");

        for length in 0..object.len() {
            assert!(verify(&object[..length]).is_err(), "cut to {length}");
        }
    }

    #[test]
    fn a_changed_bit_of_the_image_is_found() {
        let (_, whole) = object(b"the image");

        for index in 0..b"the image".len() {
            let mut changed = whole.clone();
            changed[index] ^= 1;
            assert!(verify(&changed).is_err());
        }
    }

    proptest! {
        #[test]
        fn whatever_was_kept_is_found(image in proptest::collection::vec(any::<u8>(), 0..300)) {
            let (record, object) = object(&image);

            prop_assert_eq!(verify(&object), Ok(record));
        }

        #[test]
        fn arbitrary_bytes_are_refused_without_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            marked in any::<bool>(),
        ) {
            let mut bytes = bytes;
            if marked {
                bytes.extend_from_slice(END_MARK);
            }

            prop_assert!(verify(&bytes).is_err());
        }
    }
}
