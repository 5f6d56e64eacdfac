//! Opens the key and calls the provider. The plain key lives as long as this function.

use std::time::Duration;

use providers::{Billed, CallError, ErrorClass, Image, ImageRequest, OutputFormat};
use shared::images::ImageFormat;

use super::end_user::end_user;
use crate::claim::Start;
use crate::deps::Deps;
use crate::unopened::unopened;

/// A call leaves within this time of its claim or not at all: rate limits and leases were judged for then.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);

/// Calls the provider once.
pub async fn call(deps: &Deps, start: &Start) -> Result<Image, CallError> {
    let request = request(start);
    let Some(provider) = deps.providers.get(&start.resource.provider) else {
        deps.hot.avoid(start.resource.id);
        return Err(not_sent("this worker has no adapter for the provider"));
    };
    let policy = deps.catalogue.current().policy(&start.resource.provider);
    if !policy.admits(start.own) {
        return Err(not_sent("the provider's policy changed"));
    }
    let key = match deps.open_key(&start.resource) {
        Ok(key) => key,
        Err(error) => {
            unopened(deps, &start.resource, &error).await;
            return Err(not_sent("the hosted key could not be opened"));
        }
    };
    if start.claimed_at.elapsed() > LEAVE_WITHIN {
        return Err(not_sent("the call could not leave in time"));
    }
    let call = provider.generate(&key, &request, deps.rules.call_max);
    #[cfg(debug_assertions)]
    let call = with_failpoint(call);
    let answer = call.await;
    note_route(deps, start, &answer);
    answer
}

/// What the answer says about the way to the provider. What the adapter could not send found no
/// connection: a fault of this worker or its network, so only this worker avoids the key, and the key's
/// health does not suffer.
fn note_route(deps: &Deps, start: &Start, answer: &Result<Image, CallError>) {
    let resource = &start.resource;
    match answer {
        Err(error) if error.class == ErrorClass::NotSent => {
            deps.hot.avoid(resource.id);
            deps.reach.failed(&resource.provider);
        }
        _ => {
            deps.hot.sent(resource.id);
            deps.reach.reached(&resource.provider);
        }
    }
}

/// Lets tests kill the process while the request is out.
#[cfg(debug_assertions)]
async fn with_failpoint<T>(call: impl Future<Output = T>) -> T {
    let mut call = std::pin::pin!(call);
    if let Ok(done) = tokio::time::timeout(Duration::from_millis(150), &mut call).await {
        return done;
    }
    shared::failpoint::hit("worker.after-send");
    call.await
}

fn request(start: &Start) -> ImageRequest {
    let spec = &start.task.spec;
    ImageRequest {
        attempt_id: start.attempt,
        model: start.model.wire_name.clone(),
        prompt: spec.prompt.clone(),
        negative_prompt: spec.negative_prompt.clone(),
        aspect_ratio: spec.aspect_ratio.clone(),
        seed: spec.seed.map(|it| it.0),
        output_format: match spec.output_format {
            ImageFormat::Png => OutputFormat::Png,
            ImageFormat::Jpeg => OutputFormat::Jpeg,
            ImageFormat::Webp => OutputFormat::Webp,
        },
        style_preset: spec.style_preset.clone(),
        end_user: Some(end_user(start.task.user_id, start.task.end_user.as_deref())),
    }
}

fn not_sent(why: &str) -> CallError {
    CallError::new(ErrorClass::NotSent, Billed::No, why)
}
