//! A `PostgreSQL` cluster of one's own, for tests that stop it or change its roles.

use std::collections::BTreeMap;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::Signal;
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;
use url::Url;

use crate::process::{Launch, Process, account_of, lend};
use crate::{deadline, environment, port};

const PASSWORD: &str = "superuser-of-one-test";
const READY_WITHIN: Duration = Duration::from_secs(30);

/// A running cluster; stopped and deleted when dropped.
#[derive(Debug)]
pub struct Cluster {
    launch: Launch,
    server: Option<Process>,
    port: u16,
    // Last, so that the server ends before its files go.
    _home: TempDir,
}

impl Cluster {
    /// Creates and starts one; a second or two.
    pub async fn start() -> Self {
        let home = tempfile::Builder::new().prefix("system-postgres-").tempdir().expect("a folder");
        let account = environment::postgres_account();
        initialise(home.path(), account.as_deref());
        let port = port::free();
        let launch = launch(home.path(), port, account);
        let mut this = Self { launch, server: None, port, _home: home };
        this.resume().await;
        this
    }

    /// A superuser's URL of its database `postgres`.
    pub fn url(&self) -> Url {
        let text = format!("postgres://postgres:{PASSWORD}@127.0.0.1:{}/postgres", self.port);
        Url::parse(&text).expect("a port makes a URL")
    }

    /// Starts it again and waits until it answers.
    pub async fn resume(&mut self) {
        self.server = Some(self.launch.start());
        let url = self.url();
        deadline::until("PostgreSQL answers", READY_WITHIN, async || {
            PgConnection::connect(url.as_str()).await.ok()
        })
        .await;
    }

    /// Stops it as an impatient operator does: every session is cut, and the next start recovers.
    pub async fn stop(&mut self) {
        self.stop_by(Signal::SIGQUIT).await;
    }

    /// Stops it as a careful operator does: every session is cut, and everything is written.
    pub async fn stop_fast(&mut self) {
        self.stop_by(Signal::SIGINT).await;
    }

    async fn stop_by(&mut self, signal: Signal) {
        let mut server = self.server.take().expect("it runs");
        server.signal(signal);
        server.ends_within(READY_WITHIN).await;
    }

    /// The server process, for signals.
    pub fn server(&mut self) -> &mut Process {
        self.server.as_mut().expect("it runs")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Its children notice SIGQUIT at once and a killed parent only later.
        let Some(mut server) = self.server.take() else { return };
        if server.exited().is_none() {
            server.signal(Signal::SIGQUIT);
            for _ in 0..100 {
                if server.exited().is_some() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

fn initialise(home: &Path, account: Option<&str>) {
    let password = home.join("password");
    std::fs::write(&password, PASSWORD).expect("a file in our own folder");
    if let Some(account) = account {
        let user = account_of(account);
        for path in [home, &password] {
            chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw())).expect("root may lend");
        }
    }
    let mut command = Command::new(environment::postgres_programs().join("initdb"));
    command
        .args(["--username", "postgres", "--auth", "scram-sha-256", "--encoding", "UTF8"])
        .args(["--locale", "C", "--no-sync", "--no-instructions", "--pgdata"])
        .arg(home.join("data"))
        .arg("--pwfile")
        .arg(&password)
        .current_dir(home)
        .stdin(Stdio::null());
    if let Some(account) = account {
        lend(&mut command, account);
    }
    let made = command.output().expect("initdb can be run");
    assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
}

fn launch(home: &Path, port: u16, account: Option<String>) -> Launch {
    let port = format!("port={port}");
    let settings = [
        "listen_addresses=127.0.0.1",
        &port,
        "unix_socket_directories=",
        "max_connections=200",
        "shared_buffers=64MB",
        "logging_collector=off",
        "timezone=UTC",
    ];
    let mut args = vec!["-D".to_owned(), home.join("data").display().to_string()];
    args.extend(settings.iter().flat_map(|it| ["-c".to_owned(), (*it).to_owned()]));
    Launch {
        name: "postgres".to_owned(),
        program: environment::postgres_programs().join("postgres"),
        args,
        env: BTreeMap::new(),
        log: home.join("postgres.log"),
        account,
    }
}
