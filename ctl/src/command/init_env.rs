//! `ctl init-env`: the secrets of one deployment, made once.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use operations::settings::{
    DB_PASSWORD_ADMIN, DB_PASSWORD_API, DB_PASSWORD_READONLY, DB_PASSWORD_SCHEDULER,
    DB_PASSWORD_WORKER, FINGERPRINT_SECRET, JWT_SECRET, MASTER_KEYS, URL_SECRET,
};
use zeroize::Zeroizing;

use super::say;

const HEAD: &str = "\
# Secrets of one Aetherflow deployment, made by `ctl init-env`; docker compose reads this file.
# Keep a copy of AETHERFLOW_MASTER_KEYS elsewhere: without it every hosted key is lost.
# Other settings may be added here: .env.example shows which.
";

/// Where to write, and whether something may be there.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The file to write, readable by its owner only.
    #[arg(long, default_value = ".env")]
    out: PathBuf,
    /// Make new secrets although the file exists; the old ones are kept in `<out>.old`.
    #[arg(long)]
    force: bool,
}

/// Refuses to touch secrets that exist: hosted keys cannot be opened without the master key.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let out = &arguments.out;
    if arguments.force {
        keep_old(out)?;
    }
    match write_new(out, &contents()) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} exists and was left as it is; --force makes new secrets", out.display())
        }
        Err(error) => {
            return Err(error).with_context(|| format!("{} cannot be written", out.display()));
        }
    }
    say(&format!("{} holds fresh secrets", out.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// Moves what is there out of the way, unless that would destroy what was moved before.
fn keep_old(out: &Path) -> Result<()> {
    let mut old = out.as_os_str().to_owned();
    old.push(".old");
    let old = PathBuf::from(old);
    // A hard link fails where a rename would replace.
    match fs::hard_link(out, &old) {
        Ok(()) => {
            fs::remove_file(out).with_context(|| format!("{} cannot be moved", out.display()))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} exists already; move it away first, its secrets may be needed", old.display())
        }
        Err(error) => Err(error).with_context(|| format!("{} cannot be moved", out.display())),
    }
}

fn write_new(out: &Path, contents: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(out)?;
    file.write_all(contents.as_bytes())?;
    file.sync_all()
}

fn contents() -> Zeroizing<String> {
    let mut contents = Zeroizing::new(HEAD.to_owned());
    let passwords = [
        "POSTGRES_PASSWORD",
        "REDIS_PASSWORD_API",
        "REDIS_PASSWORD_WORKER",
        "REDIS_PASSWORD_SCHEDULER",
        "REDIS_PASSWORD_CTL",
        DB_PASSWORD_API.name,
        DB_PASSWORD_WORKER.name,
        DB_PASSWORD_SCHEDULER.name,
        DB_PASSWORD_ADMIN.name,
        DB_PASSWORD_READONLY.name,
    ];
    for name in passwords {
        push(&mut contents, name, &password());
    }
    for name in [JWT_SECRET.name, FINGERPRINT_SECRET.name, URL_SECRET.name] {
        push(&mut contents, name, &key());
    }
    push(&mut contents, MASTER_KEYS.name, &format!("{}:{}", key_id(), *key()));
    contents
}

fn push(contents: &mut String, name: &str, value: &str) {
    for part in [name, "=", value, "\n"] {
        contents.push_str(part);
    }
}

/// 32 random bytes in base64.
fn key() -> Zeroizing<String> {
    Zeroizing::new(STANDARD.encode(Zeroizing::new(rand::random::<[u8; 32]>())))
}

/// Needs no escaping in a URL, in a shell or in a compose file.
fn password() -> Zeroizing<String> {
    Zeroizing::new(URL_SAFE_NO_PAD.encode(Zeroizing::new(rand::random::<[u8; 32]>())))
}

/// Distinguishes keys of different deployments when a backup is restored into the wrong one.
fn key_id() -> String {
    format!("k{:08x}", rand::random::<u32>())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use operations::Program;
    use operations::settings::{Fallback, KNOWN, Settings};
    use shared::pool::vault::MasterKeys;

    use super::*;

    fn written(folder: &Path, force: bool) -> Result<String> {
        let out = folder.join(".env");
        run(&Arguments { out: out.clone(), force })?;
        Ok(fs::read_to_string(out)?)
    }

    fn variables(contents: &str) -> Vec<(String, String)> {
        let lines = contents.lines().filter(|it| !it.starts_with('#'));
        let pairs = lines.map(|it| it.split_once('=').unwrap());
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn the_secrets_are_readable_by_their_owner_only() {
        let folder = tempfile::tempdir().unwrap();

        written(folder.path(), false).unwrap();

        let mode = fs::metadata(folder.path().join(".env")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn existing_secrets_are_left_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let first = written(folder.path(), false).unwrap();

        let error = written(folder.path(), false).unwrap_err();

        assert!(error.to_string().contains("--force"), "{error}");
        assert_eq!(fs::read_to_string(folder.path().join(".env")).unwrap(), first);
    }

    #[test]
    fn force_keeps_the_old_secrets_and_never_loses_older_ones() {
        let folder = tempfile::tempdir().unwrap();
        let first = written(folder.path(), false).unwrap();

        let second = written(folder.path(), true).unwrap();
        let third = written(folder.path(), true);

        assert_ne!(first, second);
        assert_eq!(fs::read_to_string(folder.path().join(".env.old")).unwrap(), first);
        assert!(third.unwrap_err().to_string().contains(".env.old exists"));
        assert_eq!(fs::read_to_string(folder.path().join(".env")).unwrap(), second);
    }

    #[test]
    fn every_secret_that_is_required_is_made_and_accepted() {
        let contents = contents();
        let mut settings = Settings::from_variables(Program::Api, variables(&contents));

        for setting in KNOWN {
            let secret = setting.name.ends_with("_SECRET") || setting.name.ends_with("_KEYS");
            if secret && matches!(setting.fallback, Fallback::Required { .. }) {
                settings.secret(setting);
            }
        }

        assert_eq!(settings.finish(), Ok(()));
    }

    #[test]
    fn the_vault_accepts_the_master_key() {
        let contents = contents();
        let variables = variables(&contents);
        let (_, keys) = variables.iter().find(|(name, _)| name == MASTER_KEYS.name).unwrap();

        assert!(MasterKeys::parse(keys).is_ok());
    }

    #[test]
    fn no_two_secrets_are_alike_and_none_needs_escaping() {
        let contents = contents();
        let mut values: Vec<_> = variables(&contents).into_iter().map(|(_, value)| value).collect();
        let count = values.len();
        values.sort();
        values.dedup();

        assert_eq!(values.len(), count);
        for value in values {
            assert!(value.chars().all(|it| it.is_ascii_alphanumeric() || "+/=-_:".contains(it)));
        }
    }

    #[test]
    fn every_secret_the_compose_file_asks_for_is_made() {
        let compose = include_str!("../../../docker-compose.yml");
        let contents = contents();
        let asked =
            compose.split("${").skip(1).filter_map(|it| it.split_once(":?run ctl init-env"));

        for (name, _) in asked {
            assert!(contents.contains(&format!("\n{name}=")), "{name} is not made");
        }
    }
}
