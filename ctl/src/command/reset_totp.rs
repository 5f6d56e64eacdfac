//! `ctl reset-totp`: for who lost their authenticator app and their recovery codes.

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use shared::audit_log::{Action, Subject};
use shared::identity::user::{self, Email};
use shared::identity::{IdentityError, totp};

use super::{audit_entry, migrated_database, say};

/// Whose.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Their e-mail address.
    #[arg(long)]
    email: String,
}

/// Their second factor and all their sessions end; the password stays.
pub async fn run(arguments: Arguments) -> Result<ExitCode> {
    let email =
        Email::parse(&arguments.email).with_context(|| format!("--email {:?}", arguments.email))?;
    let pool = migrated_database().await?;

    let mut tx = pool.begin().await?;
    let Some(user) = user::store::find_by_email(&mut tx, &email).await? else {
        bail!("there is no user with this e-mail address")
    };
    match totp::reset(&mut tx, user.id).await {
        Err(IdentityError::TotpNotEnrolled) => bail!("{} has no second factor", user.email),
        reset => reset?,
    }
    let detail = serde_json::json!({});
    audit_entry(&mut tx, Action::TotpReset, Subject::User(user.id), "ctl reset-totp", detail)
        .await?;
    tx.commit().await?;

    say(&format!("the second factor of {} and their sessions have ended", user.email))?;
    Ok(ExitCode::SUCCESS)
}
