//! A private Redis: with a password, on the loopback address, without eviction.

use std::path::PathBuf;

use anyhow::Result;

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
        private_file::write(&path, self.configuration().as_bytes())?;
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

    /// The URL of its first database.
    pub fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}/0", self.password, self.port)
    }
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
    fn the_password_is_not_on_the_command_line() {
        assert!(!instance().launch(PathBuf::from("x")).args.join(" ").contains("secret"));
    }
}
