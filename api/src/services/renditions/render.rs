//! Draws an image anew, in another size or format. What comes from a provider is foreign data: it is decoded within
//! limits of pixels and memory, and whatever it says beside the pixels is left behind.

use std::io::Cursor;

use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder, ImageReader, Limits, RgbImage,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
    imageops::FilterType,
    metadata::Orientation,
};
use shared::images::{ImageFormat, Rendition, RenditionFormat};

/// Twice what the largest images of providers have.
const PIXELS_MAX: u64 = 32 * 1024 * 1024;
/// What decoding one image may take, in bytes.
const MEMORY_MAX: u64 = 192 * 1024 * 1024;
const JPEG_QUALITY: u8 = 82;
const WHITE: f32 = 255.0;

/// Why an image cannot be drawn anew. Its file as it was made may still be shown.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// It is larger than what is drawn anew.
    #[error("it has {pixels} pixels, and at most {PIXELS_MAX} are drawn anew")]
    TooLarge {
        /// Width times height.
        pixels: u64,
    },
    /// It is not an image of its format, or one that takes too much memory.
    #[error("it cannot be decoded")]
    Unreadable(#[from] image::ImageError),
}

/// The file of a rendition. It takes up to a second of a processor: not for an async thread.
pub fn render(
    file: &[u8],
    format: ImageFormat,
    rendition: Rendition,
) -> Result<Vec<u8>, RenderError> {
    let image = decode(file, format)?;
    let image = match rendition.of_width(image.width()).width() {
        Some(width) => resize(&image, width),
        None => image,
    };
    let mut out = Vec::new();
    match rendition.format() {
        RenditionFormat::Jpeg => {
            let image = on_white(image);
            let (width, height) = image.dimensions();
            JpegEncoder::new_with_quality(&mut out, JPEG_QUALITY).write_image(
                image.as_raw(),
                width,
                height,
                ExtendedColorType::Rgb8,
            )?;
        }
        RenditionFormat::Png if image.color().has_alpha() => {
            write_png(&mut out, &DynamicImage::from(image.into_rgba8()))?;
        }
        RenditionFormat::Png => write_png(&mut out, &DynamicImage::from(image.into_rgb8()))?,
    }
    Ok(out)
}

fn decode(file: &[u8], format: ImageFormat) -> Result<DynamicImage, RenderError> {
    let format = match format {
        ImageFormat::Png => image::ImageFormat::Png,
        ImageFormat::Jpeg => image::ImageFormat::Jpeg,
        ImageFormat::Webp => image::ImageFormat::WebP,
    };
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MEMORY_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > PIXELS_MAX {
        return Err(RenderError::TooLarge { pixels });
    }
    // What says nothing of it stands upright.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok(image)
}

/// In the same proportions, at least one pixel high.
fn resize(image: &DynamicImage, width: u32) -> DynamicImage {
    let height = u64::from(image.height()) * u64::from(width) / u64::from(image.width().max(1));
    let height = u32::try_from(height).unwrap_or(u32::MAX).max(1);
    image.resize_exact(width, height, FilterType::CatmullRom)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a mean of two bytes is a byte"
)]
fn on_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [r, g, b, alpha] = image.get_pixel(x, y).0;
        let share = f32::from(alpha) / 255.0;
        let over = |it: u8| (f32::from(it) * share + WHITE * (1.0 - share)).round() as u8;
        image::Rgb([over(r), over(g), over(b)])
    })
}

fn write_png(out: &mut Vec<u8>, image: &DynamicImage) -> image::ImageResult<()> {
    let (width, height) = (image.width(), image.height());
    PngEncoder::new(out).write_image(image.as_bytes(), width, height, image.color().into())
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::*;

    fn png(width: u32, height: u32, pixel: [u8; 4]) -> Vec<u8> {
        let mut file = Vec::new();
        let image = RgbaImage::from_pixel(width, height, Rgba(pixel));
        write_png(&mut file, &image.into()).unwrap();
        file
    }

    fn rendition(width: Option<u32>, format: RenditionFormat) -> Rendition {
        Rendition::new(width, format).unwrap()
    }

    fn drawn(file: &[u8], of: Rendition) -> (image::ImageFormat, DynamicImage) {
        let file = render(file, ImageFormat::Png, of).unwrap();
        (image::guess_format(&file).unwrap(), image::load_from_memory(&file).unwrap())
    }

    #[test]
    fn a_rendition_has_the_width_and_format_asked_for_and_the_proportions_of_its_image() {
        let file = png(300, 150, [200, 10, 10, 255]);

        let (format, small) = drawn(&file, rendition(Some(64), RenditionFormat::Jpeg));
        assert_eq!((format, small.width(), small.height()), (image::ImageFormat::Jpeg, 64, 32));
        let (format, same) = drawn(&file, rendition(Some(512), RenditionFormat::Png));
        assert_eq!((format, same.width(), same.height()), (image::ImageFormat::Png, 300, 150));
        let flat = png(2_000, 1, [0, 0, 0, 255]);
        assert_eq!(drawn(&flat, rendition(Some(64), RenditionFormat::Png)).1.height(), 1);
    }

    #[test]
    fn what_is_transparent_stays_so_in_a_png_and_is_white_in_a_jpeg() {
        let file = png(8, 8, [0, 0, 0, 0]);

        let (_, kept) = drawn(&file, rendition(None, RenditionFormat::Png));
        assert_eq!(kept.into_rgba8().get_pixel(0, 0).0[3], 0);
        let (_, flat) = drawn(&file, rendition(None, RenditionFormat::Jpeg));
        assert!(flat.into_rgb8().get_pixel(0, 0).0.iter().all(|it| *it > 250));
    }

    #[test]
    fn a_file_that_claims_to_be_huge_is_refused_before_it_is_decoded() {
        let mut file = png(8, 8, [1, 2, 3, 255]);
        // The head of a PNG: width and height after signature, length and type, then a checksum over them.
        file[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
        file[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
        let checksum = crc32(&file[12..29]);
        file[29..33].copy_from_slice(&checksum.to_be_bytes());

        let refused = render(&file, ImageFormat::Png, rendition(Some(64), RenditionFormat::Jpeg));

        assert!(
            matches!(refused, Err(RenderError::TooLarge { pixels: 3_600_000_000 })),
            "{refused:?}"
        );
    }

    #[test]
    fn what_is_no_image_of_its_format_is_refused_without_a_panic() {
        let small = rendition(Some(64), RenditionFormat::Jpeg);
        let file = png(32, 32, [1, 2, 3, 255]);
        for length in [0, 8, 20, file.len() / 2] {
            assert!(render(&file[..length], ImageFormat::Png, small).is_err(), "{length}");
        }
        assert!(render(&file, ImageFormat::Jpeg, small).is_err());
        assert!(render(b"<svg onload=alert(1)>", ImageFormat::Webp, small).is_err());
    }

    fn crc32(bytes: &[u8]) -> u32 {
        let step = |crc: u32, byte: &u8| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 }
            })
        };
        !bytes.iter().fold(u32::MAX, step)
    }
}
