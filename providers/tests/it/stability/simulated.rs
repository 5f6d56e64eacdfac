//! What only Stability can do, against the simulator.

use providers::{ErrorClass, ImageRequest, OutputFormat};
use serde_json::json;

use crate::{request, simulated::Simulated};

#[tokio::test]
async fn every_field_arrives_and_the_seed_comes_back() {
    let it = Simulated::start("stability", json!({})).await;

    for model in ["core", "ultra", "sd3.5-large", "sd3.5-large-turbo", "sd3.5-medium"] {
        for output_format in [OutputFormat::Png, OutputFormat::Jpeg, OutputFormat::Webp] {
            let request = ImageRequest {
                model: model.to_owned(),
                output_format,
                aspect_ratio: "16:9".to_owned(),
                seed: Some(7),
                negative_prompt: Some("people".to_owned()),
                style_preset: Some("photographic".to_owned()),
                ..request()
            };

            let image = it.generate(&request).await.unwrap();

            assert_eq!(image.content_type, output_format.content_type());
            assert_eq!(image.seed, Some(7));
            assert!(image.width > image.height, "{model} {}x{}", image.width, image.height);
        }
    }
}

#[tokio::test]
async fn seed_zero_repeats_an_image_like_any_other_seed() {
    let it = Simulated::start("stability", json!({})).await;

    for model in ["core", "ultra", "sd3.5-large"] {
        let zero = ImageRequest { model: model.to_owned(), seed: Some(0), ..request() };
        let first = it.generate(&zero).await.unwrap();
        let again = it.generate(&zero).await.unwrap();
        let other = it.generate(&ImageRequest { seed: Some(1), ..zero.clone() }).await.unwrap();

        assert_eq!(first.bytes, again.bytes, "{model}");
        assert_ne!(first.bytes, other.bytes, "{model}");
        assert_eq!((first.seed, again.seed), (Some(0), Some(0)), "{model}");
    }
}

#[tokio::test]
async fn a_foreign_prompt_is_refused_in_words_for_the_consumer() {
    let it = Simulated::start("stability", json!({})).await;
    let request = ImageRequest { prompt: "一只在屋顶上的猫".to_owned(), ..request() };

    let error = it.generate(&request).await.unwrap_err();

    assert_eq!(error.class, ErrorClass::UserError);
    assert!(error.message.contains("English"), "{}", error.message);
}
