//! One image from submit to file.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use devkit::http;
use devkit::interrupt::Interrupt;
use devkit::progress::step;
use devkit::wait::wait_until;
use serde_json::{Value, json};

use super::{Sessions, text};
use crate::checkout::Checkout;

/// A completed task and its image on disk.
#[derive(Debug)]
pub struct Made {
    pub task: Value,
    pub path: PathBuf,
}

/// A change of a policy or a resource reaches every service within seconds.
const KNOWN_WITHIN: Duration = Duration::from_secs(20);
const MADE_WITHIN: Duration = Duration::from_secs(90);

/// Submits, waits as a client would, and downloads by the signed URL.
pub fn make(checkout: &Checkout, sessions: &Sessions, interrupt: &Interrupt) -> Result<Made> {
    step("one image", || {
        let submitted = submit(sessions, interrupt)?;
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
        let bytes = http::download(&text(&task, "image_url")?, Duration::from_secs(30))?;
        let path = checkout.dev().join("first-image.png");
        std::fs::write(&path, &bytes)
            .with_context(|| format!("{} could not be written", path.display()))?;
        Ok((Made { task, path }, "made, paid for and downloaded".to_owned()))
    })
}

fn submit(sessions: &Sessions, interrupt: &Interrupt) -> Result<Value> {
    let body = json!({
        "prompt": "a lighthouse at dawn, oil on canvas",
        "model": "stability/core",
        "aspect_ratio": "16:9",
    });
    let mut refused = None;
    let accepted = wait_until(
        KNOWN_WITHIN,
        || interrupt.asked(),
        || {
            let answer = sessions.consumer.call("POST", "/api/generate/text-to-image", Some(&body));
            match answer {
                Ok(answer) if not_known_yet(answer.code()) => {
                    refused = Some(answer);
                    None
                }
                other => Some(other),
            }
        },
    );
    match (accepted, refused) {
        (Some(answer), _) => answer?.success("submitting"),
        (None, Some(answer)) => answer.success("submitting"),
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
