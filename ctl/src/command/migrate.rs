//! `ctl migrate`.

use std::process::ExitCode;

use anyhow::Result;
use operations::settings::{
    DATABASE_URL, DB_PASSWORD_ADMIN, DB_PASSWORD_API, DB_PASSWORD_READONLY, DB_PASSWORD_SCHEDULER,
    DB_PASSWORD_WORKER, Setting,
};
use shared::db::{self, Migrated, Passwords, Role};

use super::{environment, say};

const PASSWORDS: [(Role, &Setting); 5] = [
    (Role::Api, &DB_PASSWORD_API),
    (Role::Worker, &DB_PASSWORD_WORKER),
    (Role::Scheduler, &DB_PASSWORD_SCHEDULER),
    (Role::Admin, &DB_PASSWORD_ADMIN),
    (Role::Readonly, &DB_PASSWORD_READONLY),
];

/// Safe to run any number of times, by any number of processes at once.
pub async fn run() -> Result<ExitCode> {
    let mut settings = environment();
    let url = settings.secret(&DATABASE_URL);
    let mut passwords = Passwords::default();
    for (role, setting) in PASSWORDS {
        if let Some(password) = settings.secret_optional(setting) {
            passwords = passwords.with(role, password);
        }
    }
    settings.finish()?;

    say(&sentence(db::migrate(&url, &passwords).await?))?;
    let open = db::left_open(&url).await?;
    if !open.is_empty() {
        // Not on standard output, which says what was done.
        eprintln!("{}", reminder(&open));
    }
    Ok(ExitCode::SUCCESS)
}

/// What everybody may do on this server that no role of ours needs.
fn reminder(open: &[String]) -> String {
    let statements: Vec<String> = open.iter().map(|it| format!("\n    {it};")).collect();
    format!(
        "still open to every role of this server; if nothing else needs it, close it as a superuser:{}",
        statements.concat()
    )
}

fn sentence(migrated: Migrated) -> String {
    match migrated {
        Migrated::Unchanged { version } => format!("schema {version}: nothing to do"),
        Migrated::Changed { from: None, version, .. } => format!("schema {version}: created"),
        Migrated::Changed { from: Some(from), version, .. } if from == version => {
            format!("schema {version}: functions replaced")
        }
        Migrated::Changed { from: Some(from), version, .. } => {
            format!("schema {version}: migrated from {from}")
        }
        Migrated::NewerFunctions { version, edition } => format!(
            "schema {version}: its functions are of a later build (edition {edition}) and were left as they are; \
             use the ctl of that build"
        ),
        Migrated::Newer { version } => {
            let ours = db::schema_needed();
            format!("schema {version}: newer than this build's {ours}, nothing was touched")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_open_is_told_as_the_statements_that_close_it() {
        let open = ["REVOKE CONNECT ON DATABASE postgres FROM PUBLIC".to_owned()];
        let told = reminder(&open);
        assert!(
            told.ends_with(":\n    REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;"),
            "{told}"
        );
    }

    #[test]
    fn every_outcome_is_reported_in_a_line() {
        let changed = |from| Migrated::Changed { from, version: 6, functions: true };
        assert_eq!(sentence(changed(None)), "schema 6: created");
        assert_eq!(sentence(changed(Some(5))), "schema 6: migrated from 5");
        assert_eq!(sentence(changed(Some(6))), "schema 6: functions replaced");
        assert_eq!(sentence(Migrated::Unchanged { version: 6 }), "schema 6: nothing to do");
        let newer = sentence(Migrated::NewerFunctions { version: 6, edition: 9 });
        assert!(newer.contains("later build (edition 9)"), "{newer}");
    }
}
