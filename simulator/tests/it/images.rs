//! Images as clients receive them.

use std::collections::HashSet;
use std::io::Cursor;

use bytes::Bytes;
use image::{GenericImageView as _, ImageFormat, ImageReader};
use serde_json::json;

use crate::published::{self, strings};
use crate::stage::Stage;

#[tokio::test]
async fn every_ratio_decodes_at_the_published_megapixels_and_shape() {
    let stage = Stage::with_key(json!({"lockout": false})).await;
    let published = published::stability();
    for endpoint in ["ultra", "core", "sd3"] {
        let megapixels = published["megapixels"][endpoint].as_f64().unwrap();
        for ratio in strings(&published["enums"]["aspect_ratio"]) {
            // Headers suffice to know the size; pixels are decoded elsewhere.
            let answer = stage.call("sk-a", endpoint).text("aspect_ratio", ratio).send().await;
            let file = answer.bytes().await.unwrap();
            let reader = ImageReader::new(Cursor::new(file)).with_guessed_format().unwrap();
            let (width, height) = reader.into_dimensions().unwrap();

            let (w, h) = ratio.split_once(':').unwrap();
            let wanted: f64 = w.parse::<f64>().unwrap() / h.parse::<f64>().unwrap();
            let shape = f64::from(width) / f64::from(height) / wanted;
            let area = f64::from(width) * f64::from(height) / (megapixels * 1e6);
            assert!((0.95..1.05).contains(&shape), "{endpoint} {ratio}: {width}×{height}");
            assert!((0.95..1.06).contains(&area), "{endpoint} {ratio}: {width}×{height}");
        }
    }
}

#[tokio::test]
async fn ultra_and_sd3_make_1024_by_1024_unless_told() {
    let stage = Stage::with_key(json!({})).await;

    for endpoint in ["ultra", "sd3"] {
        let file = stage.call("sk-a", endpoint).send().await.bytes().await.unwrap();
        let image = image::load_from_memory(&file).unwrap();
        assert_eq!(image.dimensions(), (1024, 1024));
    }
}

#[tokio::test]
async fn each_format_is_what_it_says() {
    let stage = Stage::with_key(json!({})).await;
    let formats =
        [("png", ImageFormat::Png), ("jpeg", ImageFormat::Jpeg), ("webp", ImageFormat::WebP)];

    for (name, format) in formats {
        let answer = stage.call("sk-a", "core").text("output_format", name).send().await;
        let file = answer.bytes().await.unwrap();

        let image = image::load_from_memory_with_format(&file, format).unwrap();
        assert_eq!(image.dimensions(), (1216, 1216));
    }
}

#[tokio::test]
async fn prompt_and_seed_decide_the_bytes() {
    let stage = Stage::with_key(json!({"lockout": false})).await;
    let image = async |prompt: &'static str, seed: &str, format: &str| -> Bytes {
        let call = stage.call("sk-a", "core").prompt(prompt);
        let answer = call.text("seed", seed).text("output_format", format).send().await;
        answer.bytes().await.unwrap()
    };

    for format in ["png", "jpeg", "webp"] {
        let first = image("a cat", "7", format).await;
        let again = image("a cat", "7", format).await;
        let other_prompt = image("a dog", "7", format).await;
        let other_seed = image("a cat", "8", format).await;

        assert_eq!(first, again, "{format}");
        let different: HashSet<_> = [first, other_prompt, other_seed].into();
        assert_eq!(different.len(), 3, "{format}");
    }
}

#[tokio::test]
async fn a_filtered_image_is_grey() {
    let stage = Stage::with_key(json!({})).await;

    let answer = stage.call("sk-a", "core").prompt("[filtered] scene").send().await;

    let image = image::load_from_memory(&answer.bytes().await.unwrap()).unwrap().into_rgb8();
    assert!(image.into_raw().iter().all(|channel| channel.abs_diff(128) <= 2));
}
