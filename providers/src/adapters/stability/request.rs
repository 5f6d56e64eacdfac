//! Writes a request as Stability reads it.

use reqwest::{
    RequestBuilder,
    header::{ACCEPT, AUTHORIZATION},
    multipart::Form,
};
use secrecy::SecretString;
use url::Url;

use super::{Stability, seed};
use crate::{CallError, ImageRequest, http::bearer};

impl Stability {
    /// The POST for one image. Fails without having sent anything.
    pub(super) fn wire_request(
        &self,
        key: &SecretString,
        request: &ImageRequest,
    ) -> Result<RequestBuilder, CallError> {
        let (url, model_field) = self.route(&request.model).ok_or_else(CallError::model_gone)?;

        let mut builder = self
            .http
            .post(url)
            .header(AUTHORIZATION, bearer(key)?)
            // Raw bytes: base64 in JSON would cost a third more to move and to hold.
            .header(ACCEPT, "image/*")
            .header("x-request-id", request.attempt_id.to_string())
            .header("stability-client-id", "aetherflow")
            .header("stability-client-version", env!("CARGO_PKG_VERSION"))
            .multipart(form(request, model_field));
        if let Some(end_user) = &request.end_user {
            builder = builder.header("stability-client-user-id", end_user);
        }
        Ok(builder)
    }

    /// Which endpoint makes images with `model`, and whether it wants the model named. Only the sd3
    /// endpoint serves several: a new one of that family is data, not code.
    fn route<'a>(&'a self, model: &'a str) -> Option<(&'a Url, Option<&'a str>)> {
        match model {
            "core" => Some((&self.core, None)),
            "ultra" => Some((&self.ultra, None)),
            _ if model.starts_with("sd3") => Some((&self.sd3, Some(model))),
            _ => None,
        }
    }
}

fn form(request: &ImageRequest, model_field: Option<&str>) -> Form {
    let mut form = Form::new()
        .text("prompt", request.prompt.clone())
        .text("aspect_ratio", request.aspect_ratio.clone())
        .text("output_format", request.output_format.as_str());
    if let Some(model) = model_field {
        form = form.text("model", model.to_owned()).text("mode", "text-to-image");
    }
    let optional = [
        ("negative_prompt", request.negative_prompt.clone()),
        ("seed", request.seed.map(|it| seed::sent(it).to_string())),
        ("style_preset", request.style_preset.clone()),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            form = form.text(name, value);
        }
    }
    form
}
