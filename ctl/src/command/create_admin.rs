//! `ctl create-admin`: the first admin, who makes the others.

use std::io::Read as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail, ensure};
use operations::settings::ADMIN_PASSWORD;
use secrecy::{ExposeSecret as _, SecretString};
use shared::audit_log::{Action, Subject};
use shared::identity::IdentityError;
use shared::identity::password::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, Passwords};
use shared::identity::user::{self, Email, NewAdmin};
use zeroize::Zeroizing;

use super::{audit_entry, environment, migrated_database, say};

/// Who. The password is never an argument: those can be read by everybody on the machine.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Their e-mail address.
    #[arg(long)]
    email: String,
    /// Make a user who is known already an admin, with this password; every session of theirs ends.
    #[arg(long)]
    promote: bool,
    /// Read the password from standard input instead of `AETHERFLOW_ADMIN_PASSWORD`.
    #[arg(long)]
    password_stdin: bool,
    /// What others see; the e-mail's first part if not given.
    #[arg(long)]
    display_name: Option<String>,
}

/// With `--promote` the same call again answers the same admin.
pub async fn run(arguments: Arguments) -> Result<ExitCode> {
    let email =
        Email::parse(&arguments.email).with_context(|| format!("--email {:?}", arguments.email))?;
    let password = password(arguments.password_stdin)?;
    let display_name = arguments.display_name.unwrap_or_else(|| email.local_part().to_owned());
    // Hashed before the transaction begins: no row is locked for as long as Argon2 takes.
    let personal = [email.as_str(), email.local_part(), &display_name];
    let password_hash = Passwords::default().hash_new(password, &personal).await?;
    let pool = migrated_database().await?;

    let mut tx = pool.begin().await?;
    let new = NewAdmin { email, password_hash, display_name };
    let admin = match user::create_admin(&mut tx, new, arguments.promote).await {
        Err(IdentityError::EmailTaken) => bail!(
            "there is already a user with this e-mail address, perhaps not the person you mean; \
             --promote makes them an admin, sets this password and ends their sessions"
        ),
        made => made?,
    };
    let (subject, detail) = (Subject::User(admin.id), serde_json::json!({ "added": "admin" }));
    audit_entry(&mut tx, Action::UserRolesSet, subject, "ctl create-admin", detail).await?;
    tx.commit().await?;

    say(&format!("{} is an admin ({})", admin.email, admin.id))?;
    Ok(ExitCode::SUCCESS)
}

fn password(from_stdin: bool) -> Result<SecretString> {
    let password = if from_stdin {
        let mut text = Zeroizing::new(String::new());
        std::io::stdin().read_to_string(&mut text).context("the password cannot be read")?;
        // What `echo` or a terminal adds, and nothing else: blanks may be meant.
        let line = text.strip_suffix('\n').unwrap_or(&text);
        SecretString::from(line.strip_suffix('\r').unwrap_or(line))
    } else {
        let mut settings = environment();
        let password = settings.secret_optional(&ADMIN_PASSWORD);
        settings.finish()?;
        let Some(password) = password else {
            bail!("no password: set {} or pass --password-stdin", ADMIN_PASSWORD.name)
        };
        password
    };
    let characters = password.expose_secret().chars().count();
    ensure!(
        (PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&characters),
        "a password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters, this one {characters}"
    );
    Ok(password)
}
