//! A Redis of one's own, for tests that empty, freeze or stop it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use url::Url;

use crate::process::{Launch, Process};
use crate::{deadline, port};

const READY_WITHIN: Duration = Duration::from_secs(10);

/// A running Redis; killed when dropped.
#[derive(Debug)]
pub struct RedisServer {
    launch: Launch,
    server: Option<Process>,
    port: u16,
    _home: TempDir,
}

impl RedisServer {
    /// Starts one that keeps nothing.
    pub async fn start() -> Self {
        let home = tempfile::Builder::new().prefix("system-redis-").tempdir().expect("a folder");
        let port = port::free();
        let folder = home.path().display().to_string();
        let args =
            ["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--dir", &folder];
        let launch = Launch {
            name: "redis".to_owned(),
            program: program(),
            args: args.iter().map(|it| (*it).to_owned()).collect(),
            env: BTreeMap::new(),
            log: home.path().join("redis.log"),
            account: None,
        };
        let mut this = Self { launch, server: None, port, _home: home };
        this.resume().await;
        this
    }

    /// Its URL.
    pub fn url(&self) -> Url {
        Url::parse(&format!("redis://127.0.0.1:{}/0", self.port)).expect("a port makes a URL")
    }

    /// Starts it again, empty, and waits until it answers.
    pub async fn resume(&mut self) {
        self.server = Some(self.launch.start());
        let client = redis::Client::open(self.url()).expect("a URL of Redis");
        deadline::until("Redis answers", READY_WITHIN, async || {
            client.get_multiplexed_async_connection().await.ok()
        })
        .await;
    }

    /// It is gone when this returns.
    pub fn stop(&mut self) {
        self.server = None;
    }

    /// The process, for signals.
    pub fn server(&mut self) -> &mut Process {
        self.server.as_mut().expect("it runs")
    }
}

fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/bin", "/usr/sbin", "/usr/local/bin"].map(PathBuf::from))
        .map(|it| it.join("redis-server"))
        .find(|it| it.is_file())
        .expect("redis-server is installed")
}
