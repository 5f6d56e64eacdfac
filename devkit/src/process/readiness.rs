//! How to find out whether a process serves.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::http;

/// The probe that fits the process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Readiness {
    /// A GET that must answer 200.
    Http(String),
    /// A port on the loopback address that accepts.
    Port(u16),
    /// `pg_isready`: recovery is over and connections are accepted.
    Postgres { bin: PathBuf, port: u16 },
    /// PING, after AUTH; `LOADING` is not ready.
    Redis { port: u16, password: String },
}

/// A local process answers in milliseconds; one that takes longer than this hangs.
const LONGEST: Duration = Duration::from_secs(3);

impl Readiness {
    /// Probes once. The error says in a few words what is wrong.
    pub fn probe(&self) -> Result<()> {
        match self {
            Self::Http(url) => {
                let status = http::status(url, LONGEST)?;
                if status == 200 {
                    return Ok(());
                }
                bail!("{url} answers {status}")
            }
            Self::Port(port) => {
                let address = SocketAddr::from((Ipv4Addr::LOCALHOST, *port));
                TcpStream::connect_timeout(&address, LONGEST)
                    .map(drop)
                    .with_context(|| format!("nothing listens on {address}"))
            }
            Self::Postgres { bin, port } => {
                let answer = Command::new(bin.join("pg_isready"))
                    .args(["-h", "127.0.0.1", "-t", "3", "-p", &port.to_string()])
                    .stdin(Stdio::null())
                    .output()
                    .context("pg_isready could not be run")?;
                if answer.status.success() {
                    return Ok(());
                }
                bail!("{}", String::from_utf8_lossy(&answer.stdout).trim())
            }
            Self::Redis { port, password } => ping(*port, password, LONGEST),
        }
    }

    /// Probes once, without blocking other tasks.
    #[cfg(feature = "database")]
    pub async fn is_ready(&self) -> bool {
        let this = self.clone();
        tokio::task::spawn_blocking(move || this.probe().is_ok()).await.is_ok_and(|it| it)
    }

    /// The port that is probed.
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Port(port) | Self::Postgres { port, .. } | Self::Redis { port, .. } => {
                Some(*port)
            }
            Self::Http(url) => {
                let host_and_port = url.split("://").nth(1)?.split('/').next()?;
                host_and_port.rsplit_once(':')?.1.parse().ok()
            }
        }
    }
}

/// AUTH and PING over a plain socket.
fn ping(port: u16, password: &str, longest: Duration) -> Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, longest)
        .with_context(|| format!("nothing listens on {address}"))?;
    stream.set_read_timeout(Some(longest)).context("a socket without a time limit")?;
    // Both at once: Redis may close the connection as soon as it has answered the first.
    let commands = format!("AUTH {password}\r\nPING\r\n");
    stream.write_all(commands.as_bytes()).context("Redis does not read")?;
    let mut lines = BufReader::new(stream).lines();
    let mut answer =
        || lines.next().context("Redis closed the connection")?.context("Redis does not answer");
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

    #[test]
    fn the_port_of_a_url_is_known() {
        let readiness = Readiness::Http("http://127.0.0.1:4711/health/ready".to_owned());
        assert_eq!(readiness.port(), Some(4711));
        assert_eq!(Readiness::Http("http://127.0.0.1/x".to_owned()).port(), None);
    }

    #[test]
    fn a_port_is_ready_when_somebody_listens() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let readiness = Readiness::Port(listener.local_addr().unwrap().port());
        assert!(readiness.probe().is_ok());
        drop(listener);
        assert!(readiness.probe().is_err());
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
