//! Users, policy, hosted keys and credits of the demo. Each part checks first what exists, so that a
//! rerun changes nothing.

use anyhow::{Context, Result, bail};
use devkit::http;
use devkit::progress::step;
use devkit::services::PROVIDER;
use serde_json::{Value, json};

use super::{Session, Sessions, items, text};
use crate::stack::blueprint::{Blueprint, SIGN_UP_GRANT};
use crate::stack::demo_keys::{DEMO_KEYS, DemoKey};
use crate::stack::logins::Login;
use crate::stack::{simulator, start};

/// What the consumer is given whenever less than [`CREDITS_MIN`] is left.
const CREDITS: &str = "1000";
const CREDITS_MIN: f64 = 100.0;

/// Seeds everything and returns the sessions.
pub fn seed(blueprint: &Blueprint) -> Result<Sessions> {
    let sessions = step("users", || users(blueprint))?;
    step("simulated provider keys", || {
        let funded = simulator::fund_keys(blueprint)?;
        Ok(((), format!("{funded} funded, {} in all", blueprint.simulator_keys.len())))
    })?;
    step("provider policy", || policy(blueprint, &sessions.admin))?;
    step("hosted keys", || resources(blueprint, &sessions.owners))?;
    step("credits of the consumer", || credits(&sessions))?;
    Ok(sessions)
}

fn users(blueprint: &Blueprint) -> Result<(Sessions, String)> {
    let api_url = blueprint.api_url();
    let mut created = 0;
    let mut session = |login: &Login, create: &dyn Fn(&Login) -> Result<()>| {
        if let Some(session) = Session::open(&api_url, login)? {
            return Ok(session);
        }
        create(login)?;
        created += 1;
        Session::open(&api_url, login)?
            .with_context(|| format!("{} was created but cannot sign in", login.email))
    };
    let register = |login: &Login| register(&api_url, login);
    let create_admin = |login: &Login| {
        let args = ["create-admin", "--email", &login.email, "--password-stdin"];
        let input = format!("{}\n", login.password);
        start::ctl(blueprint, &blueprint.settings.ctl(), &args, &input).map(drop)
    };
    let sessions = Sessions {
        admin: session(&blueprint.logins.admin, &create_admin)?,
        owners: blueprint
            .logins
            .owners
            .iter()
            .map(|it| session(it, &register))
            .collect::<Result<_>>()?,
        consumer: session(&blueprint.logins.consumer, &register)?,
    };
    let all = 2 + sessions.owners.len();
    let words =
        format!("{created} created, {all} in all, each with {SIGN_UP_GRANT} welcome credits");
    Ok((sessions, words))
}

fn register(api_url: &str, login: &Login) -> Result<()> {
    let url = format!("{api_url}/api/auth/register");
    let body = json!({"email": login.email, "password": login.password});
    let answer = http::call("POST", &url, None, Some(&body), super::ANSWERED_WITHIN)?;
    if answer.code() == Some("auth.email_taken") {
        bail!(
            "{} exists with another password; `cargo xtask down --wipe` deletes the demo",
            login.email
        );
    }
    answer.success(&format!("registering {}", login.email)).map(drop)
}

/// Third parties may use hosted keys only because the provider is simulated: real ones forbid it.
fn policy(blueprint: &Blueprint, admin: &Session) -> Result<((), String)> {
    const WANTED: &str = "third_party_allowed";
    if !blueprint.settings.simulator_url.starts_with("http://127.0.0.1:") {
        bail!("third parties may use hosted keys only on a simulated provider");
    }
    let path = format!("/api/admin/provider-policies/{PROVIDER}");
    let now = admin.call("GET", &path, None)?;
    if now.body["policy"] == WANTED {
        return Ok(((), format!("already {WANTED}")));
    }
    let body = json!({
        "policy": WANTED,
        "evidence": "demo: the provider is simulated on the loopback address",
        "reviewed_at": "2026-01-01T00:00:00Z",
    });
    admin.send("PUT", &path, &body)?;
    Ok(((), WANTED.to_owned()))
}

fn resources(blueprint: &Blueprint, owners: &[Session]) -> Result<((), String)> {
    let mut connected = 0;
    for ((owner, key), demo) in owners.iter().zip(&blueprint.simulator_keys).zip(&DEMO_KEYS) {
        if resource(owner, key, demo)? {
            connected += 1;
        }
    }
    Ok(((), format!("{connected} connected, {} in all, each of another owner", DEMO_KEYS.len())))
}

/// Connects a key unless its owner has it; whether it did.
fn resource(owner: &Session, key: &str, demo: &DemoKey) -> Result<bool> {
    let listed = owner.get("/api/resource/list")?;
    if let Some(resource) = items(&listed).iter().find(|it| it["name"] == demo.name) {
        revive(owner, resource)?;
        return Ok(false);
    }
    let body = json!({
        "provider": PROVIDER,
        "api_key": key,
        "name": demo.name,
        "price_per_unit": demo.price,
        "attestation": true,
    });
    owner.send("POST", "/api/resource/connect", &body)?;
    Ok(true)
}

/// A resource may have been parked while the simulator was down or did not know its keys.
fn revive(owner: &Session, resource: &Value) -> Result<()> {
    if resource["status"] == "active" {
        return Ok(());
    }
    let path = format!("/api/resource/{}/status", text(resource, "id")?);
    owner.send("PUT", &path, &json!({"status": "active"})).map(drop)
}

fn credits(sessions: &Sessions) -> Result<((), String)> {
    let balance = sessions.consumer.get("/api/wallet/balance")?;
    let available = text(&balance, "available")?;
    let amount: f64 = available.parse().context("a balance is a decimal number")?;
    if amount >= CREDITS_MIN {
        return Ok(((), format!("{available} available")));
    }
    let body = json!({
        "user_id": sessions.consumer.user_id,
        "amount": CREDITS,
        "reason": "demo",
    });
    sessions.admin.send("POST", "/api/credits/add/manual", &body)?;
    Ok(((), format!("{CREDITS} granted")))
}
