//! One image from submit to file.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use devkit::http;
use devkit::interrupt::Interrupt;
use devkit::progress::step;
use devkit::wait::wait_until;
use serde_json::{Value, json};

use super::offers::{self, Offer};
use super::{Sessions, items, number, text};
use crate::checkout::Checkout;

/// A completed task and its image on disk.
#[derive(Debug)]
pub struct Made {
    pub task: Value,
    /// The estimate for the same request, and the keys, both just before the submit.
    pub quote: Value,
    pub offers: Vec<Offer>,
    /// Units of the provider for one image of the model.
    pub units: f64,
    pub path: PathBuf,
}

/// A change of a policy or a resource reaches every service within seconds.
const KNOWN_WITHIN: Duration = Duration::from_secs(20);
const MADE_WITHIN: Duration = Duration::from_secs(90);

/// Asks what it costs, submits, waits as a client would, and downloads by the signed URL.
pub fn make(checkout: &Checkout, sessions: &Sessions, interrupt: &Interrupt) -> Result<Made> {
    step("one image", || {
        let quote = once_known(sessions, interrupt, "/api/generate/estimate")?;
        let units = units(sessions, &text(&quote, "model")?)?;
        let offers = offers::list(sessions)?;
        let submitted = once_known(sessions, interrupt, "/api/generate/text-to-image")?;
        let task = ended(sessions, interrupt, submitted)?;
        let bytes = http::download(&text(&task, "image_url")?, Duration::from_secs(30))?;
        let path = checkout.dev().join("first-image.png");
        std::fs::write(&path, &bytes)
            .with_context(|| format!("{} could not be written", path.display()))?;
        let made = Made { task, quote, offers, units, path };
        Ok((made, "made, paid for and downloaded".to_owned()))
    })
}

/// The task once it is completed.
fn ended(sessions: &Sessions, interrupt: &Interrupt, submitted: Value) -> Result<Value> {
    let path = format!("/api/generate/task/{}?wait=30", text(&submitted, "id")?);
    let mut task = submitted;
    let ended = wait_until(
        MADE_WITHIN,
        || interrupt.asked(),
        || match sessions.consumer.get(&path) {
            Ok(answer) => {
                task = answer;
                is_final(&task).then_some(Ok(()))
            }
            Err(error) => Some(Err(error)),
        },
    );
    match ended {
        Some(outcome) => outcome?,
        None => bail!("the task is still `{}`: {task}", task["status"]),
    }
    if task["status"] != "completed" {
        bail!("the task ended without an image: {task}");
    }
    Ok(task)
}

/// How many units of its provider an image of this model takes.
fn units(sessions: &Sessions, model: &str) -> Result<f64> {
    let models = sessions.consumer.get("/api/generate/models")?;
    let found = items(&models).iter().find(|it| it["id"] == model);
    let found = found.with_context(|| format!("{model} is not among the models"))?;
    Ok(number(&found["units_per_image"]))
}

/// The answer to the demo's request, once every service knows the policy and the keys.
fn once_known(sessions: &Sessions, interrupt: &Interrupt, path: &str) -> Result<Value> {
    let body = json!({
        "prompt": "a lighthouse at dawn, oil on canvas",
        "model": "stability/core",
        "aspect_ratio": "16:9",
    });
    let mut refused = None;
    let accepted = wait_until(
        KNOWN_WITHIN,
        || interrupt.asked(),
        || match sessions.consumer.call("POST", path, Some(&body)) {
            Ok(answer) if not_known_yet(answer.code()) => {
                refused = Some(answer);
                None
            }
            other => Some(other),
        },
    );
    match (accepted, refused) {
        (Some(answer), _) => answer?.success(path),
        (None, Some(answer)) => answer.success(path),
        (None, None) => bail!("interrupted"),
    }
}

fn not_known_yet(code: Option<&str>) -> bool {
    matches!(code, Some("generation.no_resource" | "generation.policy_refused"))
}

fn is_final(task: &Value) -> bool {
    !matches!(task["status"].as_str(), Some("pending" | "processing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pending_and_processing_are_not_the_end() {
        assert!(!is_final(&json!({"status": "pending"})));
        assert!(!is_final(&json!({"status": "processing"})));
        assert!(is_final(&json!({"status": "completed"})));
        assert!(is_final(&json!({"status": "failed"})));
    }

    #[test]
    fn only_a_refusal_that_passes_is_tried_again() {
        assert!(not_known_yet(Some("generation.policy_refused")));
        assert!(!not_known_yet(Some("credits.insufficient")));
        assert!(!not_known_yet(None));
    }
}
