//! A private Redis: with a password, on the loopback address, never evicting anything.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::chown;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::account::Account;
use super::programs::RedisProgram;
use crate::private_file;
use crate::process::launch::Launch;
use crate::process::readiness::Readiness;

/// One instance on this machine.
#[derive(Debug, Clone)]
pub struct Instance {
    pub program: RedisProgram,
    /// A folder that belongs to `account`.
    pub home: PathBuf,
    pub account: Option<Account>,
    pub port: u16,
    pub password: String,
    /// Whether what it holds survives a restart.
    pub durable: bool,
}

impl Instance {
    /// Writes the configuration, which holds the password: the command line shows only its path.
    pub fn configure(&self) -> Result<()> {
        let path = self.home.join("redis.conf");
        private_file::write(&path, self.configuration().as_bytes())?;
        if let Some(account) = &self.account {
            chown(&path, Some(account.uid), Some(account.gid))
                .context("the configuration of Redis could not be lent")?;
        }
        Ok(())
    }

    fn configuration(&self) -> String {
        let durable = if self.durable { "yes" } else { "no" };
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
        Launch {
            name: "redis".to_owned(),
            program: self.program.server.clone(),
            args: vec![self.home.join("redis.conf").display().to_string()],
            env: BTreeMap::new(),
            account: self.account.clone(),
            folder: self.home.clone(),
            log,
            readiness: Readiness::Redis { port: self.port, password: self.password.clone() },
            metrics_url: None,
            lock_file: None,
        }
    }

    /// The URL of its first database.
    pub fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}/0", self.password, self.port)
    }
}

/// AUTH and PING over a plain socket.
pub fn ping(port: u16, password: &str, longest: Duration) -> Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, longest)
        .with_context(|| format!("nothing listens on {address}"))?;
    stream.set_read_timeout(Some(longest)).context("a socket without a time limit")?;
    // Both in one piece: Redis may hang up as soon as it has answered the first.
    let questions = format!("AUTH {password}\r\nPING\r\n");
    stream.write_all(questions.as_bytes()).context("Redis does not read")?;
    let mut lines = BufReader::new(stream).lines();
    let mut answer = || lines.next().context("Redis hung up")?.context("Redis does not answer");
    let auth = answer()?;
    if auth != "+OK" {
        bail!("Redis refused the password: {auth}");
    }
    let pong = answer()?;
    if pong != "+PONG" {
        bail!("Redis answers {pong}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::net::TcpListener;

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
            durable: true,
        }
    }

    #[test]
    fn it_keeps_what_it_is_given_and_listens_only_here() {
        let text = instance().configuration();
        for line in ["bind 127.0.0.1", "appendonly yes", "maxmemory-policy noeviction"] {
            assert!(text.lines().any(|it| it == line), "{line}");
        }
    }

    #[test]
    fn the_password_is_not_on_the_command_line() {
        assert!(!instance().launch(PathBuf::from("x")).args.join(" ").contains("secret"));
    }

    #[test]
    fn loading_is_not_ready() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; b"AUTH p\r\nPING\r\n".len()];
            stream.read_exact(&mut asked).unwrap();
            stream.write_all(b"+OK\r\n-LOADING Redis is loading\r\n").unwrap();
        });
        let error = ping(port, "p", Duration::from_secs(5)).unwrap_err().to_string();
        assert!(error.contains("LOADING"), "{error}");
        server.join().unwrap();
    }
}
