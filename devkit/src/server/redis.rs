//! A private Redis: with a password, on the loopback address, without eviction. The programs have the users
//! they have in production, so that a right that is missing is missed here.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::Lifetime;
use super::programs::RedisProgram;
use crate::account::Account;
use crate::private_file;
use crate::process::{Launch, Readiness};

/// One instance on this machine.
#[derive(Debug, Clone)]
pub struct Instance {
    pub program: RedisProgram,
    /// A folder that belongs to `account`.
    pub home: PathBuf,
    pub account: Option<Account>,
    pub port: u16,
    pub password: String,
    pub lifetime: Lifetime,
}

impl Instance {
    /// Writes the configuration, which holds the password: the command line shows only its path.
    pub fn configure(&self) -> Result<()> {
        let path = self.home.join("redis.conf");
        let configuration = self.configuration() + &self.users()?;
        private_file::write(&path, configuration.as_bytes())?;
        if let Some(account) = &self.account {
            account.own(&path)?;
        }
        Ok(())
    }

    fn configuration(&self) -> String {
        let durable = if self.lifetime == Lifetime::Stack { "yes" } else { "no" };
        format!(
            "bind 127.0.0.1\nport {}\nprotected-mode yes\nrequirepass {}\ndaemonize no\n\
             appendonly {durable}\nappendfsync everysec\nsave \"\"\nmaxmemory-policy noeviction\n\
             databases 256\ndir \"{}\"\n",
            self.port,
            self.password,
            self.home.display()
        )
    }

    /// The users of a deployment, all with this instance's password. Tests have namespaces of their own.
    fn users(&self) -> Result<String> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/redis/users.sh");
        let namespace = if self.lifetime == Lifetime::Stack { "aetherflow" } else { "*" };
        let passwords = ["API", "WORKER", "SCHEDULER", "CTL"]
            .map(|it| (format!("REDIS_PASSWORD_{it}"), self.password.clone()));
        let made = Command::new("sh")
            .arg(script)
            .env("REDIS_NAMESPACE", namespace)
            .envs(passwords)
            .output()
            .with_context(|| format!("{script} cannot be run"))?;
        ensure!(made.status.success(), "{script}: {}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8(made.stdout).context("the users of Redis are text")
    }

    /// How the server is started.
    pub fn launch(&self, log: PathBuf) -> Launch {
        let readiness = Readiness::Redis { port: self.port, password: self.password.clone() };
        Launch {
            args: vec![self.home.join("redis.conf").display().to_string()],
            account: self.account.clone(),
            folder: self.home.clone(),
            ..Launch::new("redis", self.program.server.clone(), log, readiness)
        }
    }

    /// The URL of its first database, as somebody who may do everything.
    pub fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}/0", self.password, self.port)
    }
}

/// The same Redis as one of the users of a deployment.
pub fn url_as(url: &str, user: &str) -> String {
    url.replacen("://:", &format!("://{user}:"), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance() -> Instance {
        Instance {
            program: RedisProgram {
                server: PathBuf::from("redis-server"),
                version: "7".to_owned(),
            },
            home: PathBuf::from("/h"),
            account: None,
            port: 20_002,
            password: "secret".to_owned(),
            lifetime: Lifetime::Stack,
        }
    }

    #[test]
    fn it_keeps_what_it_holds_and_listens_on_the_loopback_address_only() {
        let text = instance().configuration();
        for line in ["bind 127.0.0.1", "appendonly yes", "maxmemory-policy noeviction"] {
            assert!(text.lines().any(|it| it == line), "{line}");
        }
    }

    #[test]
    fn each_program_has_a_user_and_no_password_is_in_the_lines() {
        let users = instance().users().unwrap();
        for user in ["api", "worker", "scheduler", "ctl"] {
            assert!(users.contains(&format!("user aether_{user} on #")), "{users}");
        }
        assert!(!users.contains("secret"), "{users}");
        assert_eq!(url_as(&instance().url(), "it"), "redis://it:secret@127.0.0.1:20002/0");
    }

    #[test]
    fn the_password_is_not_on_the_command_line() {
        assert!(!instance().launch(PathBuf::from("x")).args.join(" ").contains("secret"));
    }
}
