//! The result of the demo: the story of the image, and what to try next.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use devkit::say;
use devkit::wait::wait_until;
use serde_json::{Value, json};

use super::image::Made;
use super::story::Story;
use super::{Session, Sessions, amount, items, number, plain, text};
use crate::checkout::Checkout;
use crate::stack::blueprint::Blueprint;

/// Prints everything. The audit must be clean.
pub fn print(
    checkout: &Checkout,
    blueprint: &Blueprint,
    sessions: &Sessions,
    made: &Made,
) -> Result<()> {
    let logins = &blueprint.logins;
    let (owner, earning) = earning(&sessions.owners, &text(&made.task, "id")?)?;
    let story = Story { made, logins, earning: &earning, owner };
    let balance = sessions.consumer.get("/api/wallet/balance")?;
    say!();
    let mut before = String::new();
    for (heading, words) in story.lines()? {
        let shown = if heading == before { "" } else { heading.as_str() };
        say!("  {shown:<11} {words}");
        before = heading;
    }
    let (left, bytes) = (
        amount(number(&balance["available"])),
        std::fs::metadata(&made.path).map_or(0, |it| it.len()),
    );
    say!("  balance     {left} credits left to {}", logins.consumer.email);
    say!("  image       {} ({}, {bytes} bytes)", made.path.display(), shape(&made.task["image"]));
    say!("  audit       {}", audit(&sessions.admin)?);
    places(checkout, blueprint);
    Ok(())
}

/// Who earned with the task, and the line that says so. It is written together with the charge, so it
/// exists soon or already.
fn earning(owners: &[Session], task_id: &str) -> Result<(usize, Value)> {
    let mut failed = None;
    let mut look = || {
        owners.iter().enumerate().find_map(|(number, owner)| {
            match owner.get("/api/wallet/earnings") {
                Ok(earnings) => {
                    let mut lines = items(&earnings["lines"]).iter();
                    lines.find(|it| it["task_id"] == task_id).map(|it| (number, it.clone()))
                }
                Err(error) => {
                    failed = Some(error);
                    None
                }
            }
        })
    };
    let found = wait_until(Duration::from_secs(10), || false, &mut look);
    match (found, failed) {
        (Some(found), _) => Ok(found),
        (None, Some(error)) => Err(error),
        (None, None) => bail!("no owner earned anything for task {task_id}"),
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

fn places(checkout: &Checkout, blueprint: &Blueprint) {
    let (api_url, logins) = (blueprint.api_url(), &blueprint.logins);
    say!();
    let console = blueprint.console_url();
    say!("  console     {}", console.as_deref().unwrap_or("none; what is missing is told above"));
    say!("  API         {api_url}");
    say!("  docs        {api_url}/docs");
    say!("  simulator   {}", blueprint.settings.simulator_url);
    say!("  everything  {}", checkout.dev().join("stack.json").display());
    say!("  logs        {}", blueprint.logs.display());
    say!();
    for login in [&logins.admin, &logins.consumer].into_iter().chain(&logins.owners) {
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
    fn an_image_is_described_by_type_and_size() {
        let image = json!({"content_type": "image/png", "width": 1344, "height": 768});
        assert_eq!(shape(&image), "image/png, 1344 × 768");
    }
}
