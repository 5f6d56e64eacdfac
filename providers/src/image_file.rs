//! Checks an image file: its format, its width and height, and whether it is complete.

use imagesize::ImageType;

use crate::OutputFormat;

/// Pixels a side may have; beyond it the header is garbage (the largest format, WebP, ends here).
const SIDE_MAX: usize = 16_384;

/// Width and height by the file's own header; `None` when it is no file of this format.
pub(crate) fn measured(file: &[u8], format: OutputFormat) -> Option<(u32, u32)> {
    let expected = match format {
        OutputFormat::Png => ImageType::Png,
        OutputFormat::Jpeg => ImageType::Jpeg,
        OutputFormat::Webp => ImageType::Webp,
    };
    if imagesize::image_type(file).ok()? != expected {
        return None;
    }

    let sides = imagesize::blob_size(file).ok()?;
    let pixels = |it: usize| u32::try_from(it).ok().filter(|_| (1..=SIDE_MAX).contains(&it));
    Some((pixels(sides.width)?, pixels(sides.height)?))
}

/// Whether the file ends as its format ends.
///
/// Only asked where the transfer itself cannot tell a finished body from a cut one: an image that
/// was paid for is not refused for stray bytes behind its end.
pub(crate) fn ends_properly(file: &[u8], format: OutputFormat) -> bool {
    match format {
        OutputFormat::Png => file.ends_with(b"\0\0\0\0IEND\xAE\x42\x60\x82"),
        OutputFormat::Jpeg => file.ends_with(&[0xFF, 0xD9]),
        OutputFormat::Webp => file
            .get(4..8)
            .and_then(|it| it.try_into().ok())
            .is_some_and(|it| u64::from(u32::from_le_bytes(it)) + 8 <= file.len() as u64),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORMATS: [OutputFormat; 3] = [OutputFormat::Png, OutputFormat::Jpeg, OutputFormat::Webp];

    fn png(width: u32, height: u32) -> Vec<u8> {
        let head = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".as_slice();
        [head, &width.to_be_bytes(), &height.to_be_bytes(), b"\x08\x02\0\0\0\0\0\0\0"].concat()
    }

    #[test]
    fn sides_come_from_the_header_of_the_requested_format() {
        let jpeg = b"\xFF\xD8\xFF\xE0\0\x04ab\xFF\xC0\0\x11\x08\x02\x40\x03\0\x03aaaaaaaaa";
        let webp = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xFF\x02\0\x3F\x02\0";

        assert_eq!(measured(&png(768, 576), OutputFormat::Png), Some((768, 576)));
        assert_eq!(measured(jpeg, OutputFormat::Jpeg), Some((768, 576)));
        assert_eq!(measured(webp, OutputFormat::Webp), Some((768, 576)));
        assert_eq!(measured(&png(768, 576), OutputFormat::Webp), None);
        assert_eq!(measured(jpeg, OutputFormat::Png), None);
    }

    #[test]
    fn impossible_sides_and_headers_cut_short_are_refused() {
        assert_eq!(measured(&png(0, 576), OutputFormat::Png), None);
        assert_eq!(measured(&png(768, u32::MAX), OutputFormat::Png), None);
        assert_eq!(measured(&png(768, 576)[..20], OutputFormat::Png), None);
        assert_eq!(measured(b"", OutputFormat::Png), None);
    }

    #[test]
    fn the_end_of_a_file_is_known_for_each_format() {
        let end = b"\0\0\0\0IEND\xAE\x42\x60\x82";

        assert!(ends_properly(&[png(1, 1).as_slice(), end].concat(), OutputFormat::Png));
        assert!(!ends_properly(&png(1, 1), OutputFormat::Png));
        assert!(ends_properly(b"\xFF\xD8..\xFF\xD9", OutputFormat::Jpeg));
        assert!(!ends_properly(b"\xFF\xD8..", OutputFormat::Jpeg));
        assert!(ends_properly(b"RIFF\x04\0\0\0WEBP", OutputFormat::Webp));
        assert!(!ends_properly(b"RIFF\x05\0\0\0WEBP", OutputFormat::Webp));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            start in prop::sample::select(vec![
                b"".as_slice(), b"\x89PNG", b"\xFF\xD8\xFF", b"RIFF\0\0\0\0WEBPVP8 ",
                b"RIFF\0\0\0\0WEBPVP8L", b"RIFF\0\0\0\0WEBPVP8X", b"\xFF\xD8\xFF\xD8\xFF\xC0",
            ]),
            rest in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            let file = [start, &rest].concat();
            for format in FORMATS {
                let _ = measured(&file, format);
                let _ = ends_properly(&file, format);
            }
        }
    }
}
