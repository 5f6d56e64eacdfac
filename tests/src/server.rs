//! A PostgreSQL or a Redis of a test's own, for tests that stop it, freeze it or change its roles.

use std::path::PathBuf;
use std::time::Duration;

use devkit::account::Account;
use devkit::process::{Launch, Process};
use devkit::server::Lifetime;
use devkit::server::postgres::{Cluster, SUPERUSER, Tuning};
use devkit::server::programs::{find_postgres, find_redis};
use devkit::server::redis::Instance;
use devkit::{deadline, port, secret};
use nix::sys::signal::Signal;
use tempfile::TempDir;
use url::Url;

const READY_WITHIN: Duration = Duration::from_secs(30);

/// A running server; stopped and deleted when dropped.
#[derive(Debug)]
pub struct Server {
    launch: Launch,
    process: Option<Process>,
    url: Url,
    /// Ends it at once with all its children; sessions are cut.
    abrupt: Signal,
    // Last, so that the server ends before its files go.
    _home: TempDir,
}

impl Server {
    /// Creates and starts a PostgreSQL; takes a second or two.
    pub async fn postgres() -> Self {
        let home = TempDir::with_prefix("system-postgres-").expect("a folder for PostgreSQL");
        let cluster = Cluster {
            programs: find_postgres().expect("PostgreSQL is installed"),
            home: home.path().to_owned(),
            account: lend(&home),
            port: port::free(),
            password: secret::password().expect("random bytes"),
            tuning: Tuning::SMALL,
            lifetime: Lifetime::Run,
        };
        cluster.initialise().expect("a cluster can be created");
        let url = cluster.superuser_url(SUPERUSER);
        Self::start(cluster.launch(log(&home)), &url, Signal::SIGQUIT, home).await
    }

    /// Starts a Redis that keeps nothing over a restart.
    pub async fn redis() -> Self {
        let home = TempDir::with_prefix("system-redis-").expect("a folder for Redis");
        let instance = Instance {
            program: find_redis().expect("Redis is installed"),
            home: home.path().to_owned(),
            account: lend(&home),
            port: port::free(),
            password: secret::password().expect("random bytes"),
            lifetime: Lifetime::Run,
        };
        instance.configure().expect("the configuration can be written");
        Self::start(instance.launch(log(&home)), &instance.url(), Signal::SIGKILL, home).await
    }

    async fn start(launch: Launch, url: &str, abrupt: Signal, home: TempDir) -> Self {
        let url = Url::parse(url).expect("ours is a URL");
        let mut this = Self { launch, process: None, url, abrupt, _home: home };
        this.resume().await;
        this
    }

    /// Where it answers, with its password; for PostgreSQL a superuser's database `postgres`.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Starts it again and waits until it answers.
    pub async fn resume(&mut self) {
        self.process = Some(self.launch.start().expect("a server can be started"));
        let what = format!("{} answers", self.launch.name);
        let readiness = &self.launch.readiness;
        deadline::until_true(&what, READY_WITHIN, async || readiness.is_ready().await).await;
    }

    /// Stops it at once: every session is cut, and the next start of PostgreSQL recovers.
    pub async fn stop(&mut self) {
        self.stop_by(self.abrupt).await;
    }

    /// Stops PostgreSQL with a clean shutdown: every session is cut, and everything is written.
    pub async fn stop_fast(&mut self) {
        self.stop_by(Signal::SIGINT).await;
    }

    async fn stop_by(&mut self, signal: Signal) {
        let mut process = self.process.take().expect("it is running");
        process.signal(signal);
        let what = format!("{} has ended", self.launch.name);
        deadline::until(&what, READY_WITHIN, async || process.exited()).await;
    }

    /// The process, for signals.
    pub fn process(&mut self) -> &mut Process {
        self.process.as_mut().expect("it is running")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // PostgreSQL's children notice SIGQUIT at once, but a killed parent only later.
        if let Some(process) = &mut self.process
            && process.exited().is_none()
        {
            process.signal(self.abrupt);
            process.wait(Duration::from_secs(2));
        }
    }
}

fn log(home: &TempDir) -> PathBuf {
    home.path().join("server.log")
}

fn lend(home: &TempDir) -> Option<Account> {
    let account = Account::for_databases().expect("an account for the databases");
    if let Some(account) = &account {
        account.own(home.path()).expect("root may give a folder away");
    }
    account
}
