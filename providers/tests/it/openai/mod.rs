//! `OpenAI`'s protocol: what is sent, and how each of its answers is read.

mod answers;
mod requests;

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use providers::{CallError, Image, ImageProvider, ImageRequest};

use crate::{AMPLE, adapter, config, key, scripted::answer};

fn openai(base_url: &str) -> Arc<dyn ImageProvider> {
    adapter("openai", config(base_url))
}

fn request() -> ImageRequest {
    ImageRequest { model: "gpt-image-1.5-medium-1024x1024".to_owned(), ..crate::request() }
}

async fn generate_at(base_url: &str) -> Result<Image, CallError> {
    openai(base_url).generate(&key(), &request(), AMPLE).await
}

/// A whole 200 with an image, as published.
fn image(file: &[u8]) -> Vec<u8> {
    let body = serde_json::json!({
        "created": 1_765_843_200, "background": "opaque", "output_format": "png",
        "quality": "medium", "size": "1024x1024",
        "data": [{ "b64_json": BASE64.encode(file) }],
        "usage": { "input_tokens": 5, "output_tokens": 1056, "total_tokens": 1061,
                   "input_tokens_details": { "text_tokens": 5, "image_tokens": 0 } },
    });
    answer(200, "content-type: application/json\r\n", body.to_string())
}
