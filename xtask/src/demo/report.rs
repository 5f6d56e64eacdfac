//! The result of the demo: the image, where its credits went, and what to try next.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use devkit::say;
use devkit::wait::wait_until;
use serde_json::{Value, json};

use super::image::Made;
use super::{Session, Sessions, items, text};
use crate::checkout::Checkout;
use crate::stack::blueprint::Blueprint;

/// Prints everything. The audit must be clean.
pub fn print(
    checkout: &Checkout,
    blueprint: &Blueprint,
    sessions: &Sessions,
    made: &Made,
) -> Result<()> {
    let task = &made.task;
    let balance = sessions.consumer.get("/api/wallet/balance")?;
    let line = earning(&sessions.owner, &text(task, "id")?)?;
    let bytes = std::fs::metadata(&made.path).map_or(0, |it| it.len());
    say!();
    say!("  image       {} ({}, {bytes} bytes)", made.path.display(), shape(&task["image"]));
    say!(
        "  charged     {} credits to {}; {} left",
        plain(&task["credits_cost"]),
        blueprint.logins.consumer.email,
        plain(&balance["available"])
    );
    say!("  earned      {} credits by {}", plain(&line["net"]), blueprint.logins.owner.email);
    say!(
        "  commission  {} credits (rate {})",
        plain(&line["commission"]),
        plain(&line["commission_rate"])
    );
    say!("  audit       {}", audit(&sessions.admin)?);
    places(checkout, blueprint);
    Ok(())
}

/// The owner's line for the task. It is written together with the charge, so it exists soon or already.
fn earning(owner: &Session, task_id: &str) -> Result<Value> {
    let mut failed = None;
    let found = wait_until(
        Duration::from_secs(10),
        || false,
        || match owner.get("/api/wallet/earnings") {
            Ok(earnings) => {
                items(&earnings["lines"]).iter().find(|it| it["task_id"] == task_id).cloned()
            }
            Err(error) => {
                failed = Some(error);
                None
            }
        },
    );
    match (found, failed) {
        (Some(line), _) => Ok(line),
        (None, Some(error)) => Err(error),
        (None, None) => bail!("the owner earned nothing for task {task_id}"),
    }
}

fn audit(admin: &Session) -> Result<String> {
    let answer = admin.send("POST", "/api/admin/audit", &json!({}))?;
    let checks = answer["checks"].as_array().context("an audit consists of checks")?;
    if answer["ok"] == true {
        return Ok(format!("clean, {} checks", checks.len()));
    }
    let violated: Vec<String> = checks
        .iter()
        .filter(|it| it["violations"] != 0)
        .map(|it| format!("{} ({})", plain(&it["name"]), it["violations"]))
        .collect();
    bail!("the audit found violations: {}", violated.join(", "))
}

fn shape(image: &Value) -> String {
    let (width, height) = (&image["width"], &image["height"]);
    format!("{}, {width} × {height}", plain(&image["content_type"]))
}

/// A JSON string without its quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn places(checkout: &Checkout, blueprint: &Blueprint) {
    let (api_url, logins) = (blueprint.api_url(), &blueprint.logins);
    say!();
    say!("  API         {api_url}");
    say!("  docs        {api_url}/docs");
    say!("  simulator   {}", blueprint.settings.simulator_url);
    say!("  everything  {}", checkout.dev().join("stack.json").display());
    say!("  logs        {}", blueprint.logs.display());
    say!();
    for login in [&logins.admin, &logins.owner, &logins.consumer] {
        say!("  {:<22} {}", login.email, login.password);
    }
    let login = json!({"email": logins.consumer.email, "password": logins.consumer.password});
    say!();
    say!("  Next, as the consumer:");
    say!("    TOKEN=$(curl -s {api_url}/api/auth/login -H 'content-type: application/json' \\");
    say!("      -d '{login}' | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')");
    say!("    curl -s {api_url}/api/generate/text-to-image -H \"authorization: Bearer $TOKEN\" \\");
    say!("      -H 'content-type: application/json' -d '{{\"prompt\":\"a red fox in snow\"}}'");
    say!("    curl -s {api_url}/api/wallet/transactions -H \"authorization: Bearer $TOKEN\"");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_as_they_are_on_the_wire() {
        assert_eq!(plain(&json!("1.200000")), "1.200000");
        assert_eq!(plain(&json!(7)), "7");
    }

    #[test]
    fn an_image_is_described_by_type_and_size() {
        let image = json!({"content_type": "image/png", "width": 1344, "height": 768});
        assert_eq!(shape(&image), "image/png, 1344 × 768");
    }
}
