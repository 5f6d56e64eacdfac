//! How a process is asked whether it serves.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::engine::redis;
use crate::http;

/// The question that fits the process.
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

/// A local process answers in milliseconds; this long it is called hung.
const LONGEST: Duration = Duration::from_secs(3);

impl Readiness {
    /// Asks once. The error says in a few words what is wrong.
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
            Self::Redis { port, password } => redis::ping(*port, password, LONGEST),
        }
    }

    /// The port that is asked.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_a_url_is_known() {
        let readiness = Readiness::Http("http://127.0.0.1:4711/health/ready".to_owned());
        assert_eq!(readiness.port(), Some(4711));
        assert_eq!(Readiness::Http("http://127.0.0.1/x".to_owned()).port(), None);
    }

    #[test]
    fn a_port_is_ready_when_somebody_listens() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let readiness = Readiness::Port(listener.local_addr().unwrap().port());
        assert!(readiness.probe().is_ok());
        drop(listener);
        assert!(readiness.probe().is_err());
    }
}
