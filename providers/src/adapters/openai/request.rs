//! Writes a request as `OpenAI` reads it.

use reqwest::{
    RequestBuilder,
    header::{ACCEPT, AUTHORIZATION},
};
use secrecy::SecretString;
use serde::Serialize;

use super::OpenAi;
use crate::{Billed, CallError, ErrorClass, ImageRequest, http::bearer};

/// The body. Quality and size are always named: the provider's own choice would have a price that
/// is not known beforehand.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(flatten)]
    model: PinnedModel<'a>,
    prompt: &'a str,
    n: u8,
    output_format: &'static str,
    /// Stands for the consumer, so that the provider can tell one abusive user from the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    safety_identifier: Option<&'a str>,
}

/// A model of our catalogue: the provider's model with the quality and size that its price is for,
/// written `gpt-image-1.5-medium-1536x1024`. A new one is data, not code.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct PinnedModel<'a> {
    model: &'a str,
    quality: &'a str,
    size: &'a str,
}

impl<'a> PinnedModel<'a> {
    fn read(name: &'a str) -> Option<Self> {
        let (rest, size) = name.rsplit_once('-')?;
        let (model, quality) = rest.rsplit_once('-')?;
        let (width, height) = size.split_once('x')?;
        let sides = [width, height].map(str::parse::<u16>);
        let qualities = ["low", "medium", "high", "xhigh", "max"];
        (!model.is_empty() && qualities.contains(&quality) && sides.iter().all(Result::is_ok))
            .then_some(Self { model, quality, size })
    }
}

impl OpenAi {
    /// The POST for one image. Fails without having sent anything.
    pub(super) fn wire_request(
        &self,
        key: &SecretString,
        request: &ImageRequest,
    ) -> Result<RequestBuilder, CallError> {
        let model = PinnedModel::read(&request.model).ok_or_else(CallError::model_gone)?;
        // The catalogue says so too; an image without them would not be what was asked for.
        for (given, what) in [
            (request.seed.is_some(), "seed"),
            (request.negative_prompt.is_some(), "negative prompt"),
            (request.style_preset.is_some(), "style preset"),
        ] {
            if given {
                let message = format!("the provider takes no {what}");
                return Err(CallError::new(ErrorClass::UserError, Billed::No, message));
            }
        }
        let body = Body {
            model,
            prompt: &request.prompt,
            n: 1,
            output_format: request.output_format.as_str(),
            safety_identifier: request.end_user.as_deref(),
        };
        let builder = self
            .http
            .post(&self.images)
            .header(AUTHORIZATION, bearer(key)?)
            .header(ACCEPT, "application/json")
            .header("x-client-request-id", request.attempt_id.to_string())
            .json(&body);
        Ok(builder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_without_quality_and_size_is_none_of_ours() {
        let pinned = PinnedModel::read("gpt-image-1.5-medium-1536x1024");
        let expected = PinnedModel { model: "gpt-image-1.5", quality: "medium", size: "1536x1024" };

        assert_eq!(pinned, Some(expected));
        for name in [
            "gpt-image-1.5",
            "gpt-image-1.5-medium",
            "gpt-image-1.5-auto-1024x1024",
            "gpt-image-1.5-medium-auto",
            "gpt-image-1.5-1024x1024",
            "-medium-1024x1024",
            "medium-1024x1024",
            "core",
            "",
        ] {
            assert_eq!(PinnedModel::read(name), None, "{name}");
        }
    }
}
