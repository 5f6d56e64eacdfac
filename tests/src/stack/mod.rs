//! A deployment of its own for one test.

mod builder;
mod claims;
mod clock;
mod death;
mod finish;
mod scene;
mod service;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use devkit::database::Database;
use devkit::deadline;
use devkit::process::Process;
use nix::sys::signal::Signal;
use shared::jobs::Bells;
use sqlx::{AssertSqlSafe, PgPool};
use tokio::sync::SemaphorePermit;
use url::Url;

use crate::client::{Caller, Task, User};
use crate::server::Server;
use crate::simulator::{ProviderKey, Simulator};

pub use builder::{Builder, start_simulator};
pub use finish::Leftover;
pub use scene::{Hosted, PRICE, Scene, core};
pub use service::Service;

/// Lines of each log that a failed test prints.
const LAST_LINES: usize = 40;
const READY_WITHIN: Duration = Duration::from_secs(30);

/// A running deployment. Ends with [`Stack::finish`]; dropped otherwise, it kills everything and
/// prints the logs.
#[derive(Debug)]
pub struct Stack {
    /// Where `api-1` answers.
    pub api_url: String,
    pub simulator: Simulator,
    pub database: Database,
    /// A superuser's connections, for queries and for moving the clock.
    pub pool: PgPool,
    pub redis_url: Url,
    /// The prefix of everything this stack has in Redis.
    pub redis_namespace: String,
    services: Vec<Service>,
    processes: Mutex<BTreeMap<String, Process>>,
    users: Mutex<Vec<User>>,
    keys: Mutex<Vec<ProviderKey>>,
    folder: PathBuf,
    finished: bool,
    own_redis: Option<tokio::sync::Mutex<Server>>,
    own_postgres: Option<tokio::sync::Mutex<Server>>,
    _permits: SemaphorePermit<'static>,
}

impl Stack {
    /// One api, one worker and one scheduler, unless the builder is told otherwise.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The usual deployment.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// A client without a token.
    pub fn anonymous(&self) -> Caller {
        Caller::anonymous(&self.api_url)
    }

    /// Where the api of this name answers.
    pub fn api_url_of(&self, name: &str) -> &str {
        self.service(name).api_url.as_deref().unwrap_or_else(|| panic!("{name} is no api"))
    }

    /// A folder for files of the test; deleted with the stack.
    pub fn folder(&self) -> &PathBuf {
        &self.folder
    }

    /// The Redis of this stack alone (`Builder::own_redis`).
    pub async fn redis(&self) -> tokio::sync::MutexGuard<'_, Server> {
        self.own_redis.as_ref().expect("this stack was built with own_redis()").lock().await
    }

    /// The PostgreSQL of this stack alone (`Builder::own_postgres`).
    pub async fn postgres(&self) -> tokio::sync::MutexGuard<'_, Server> {
        self.own_postgres.as_ref().expect("this stack was built with own_postgres()").lock().await
    }

    /// SIGKILL; it is gone when this returns.
    pub fn kill(&self, name: &str) {
        self.with(name, Process::kill);
    }

    /// Sends a signal to a living process.
    pub fn signal(&self, name: &str, signal: Signal) {
        self.with(name, |it| it.signal(signal));
    }

    /// How a process ended, if it has.
    pub fn exited(&self, name: &str) -> Option<ExitStatus> {
        self.with(name, Process::exited)
    }

    /// Waits for the end of a process.
    pub async fn ends_within(&self, name: &str, longest: Duration) -> ExitStatus {
        let ended = deadline::find(longest, async || self.exited(name)).await;
        ended.unwrap_or_else(|| panic!("{name} is still running after {longest:?}"))
    }

    /// Starts a process anew without fail points, and waits until it is ready.
    pub async fn restart(&self, name: &str) {
        let mut launch = self.with(name, |process| {
            process.kill();
            process.launch().clone()
        });
        launch.env.remove("AETHERFLOW_FAILPOINT");
        let process = launch.start().expect("a service starts");
        self.processes().insert(name.to_owned(), process);
        self.await_ready(name).await;
    }

    /// Everything a process has logged.
    pub fn log(&self, name: &str) -> String {
        self.with(name, |it| it.launch().log_text())
    }

    /// What a process's `/health/ready` answers: status and JSON.
    pub async fn readiness(&self, name: &str) -> (u16, serde_json::Value) {
        let url = format!("{}/health/ready", self.service(name).metrics_url);
        let answer = Caller::anonymous("").get(&url).await;
        (answer.status, answer.json())
    }

    /// Whether a process is ready; one that does not answer within two seconds is not.
    pub async fn is_ready(&self, name: &str) -> bool {
        let url = format!("{}/health/ready", self.service(name).metrics_url);
        let asked = Caller::anonymous("").request(reqwest::Method::GET, &url).try_send();
        let answer = tokio::time::timeout(Duration::from_secs(2), asked).await;
        answer.is_ok_and(|it| it.is_ok_and(|it| it.status == 200))
    }

    /// What a process's `/metrics` answers.
    pub async fn metrics(&self, name: &str) -> String {
        let url = format!("{}/metrics", self.service(name).metrics_url);
        let answer = Caller::anonymous("").get(&url).await;
        String::from_utf8(answer.bytes).expect("metrics are text")
    }

    /// The names of the processes of a kind, such as `worker`.
    pub fn names_of(&self, kind: &str) -> Vec<String> {
        let all = self.services.iter().map(|it| it.name.clone());
        all.filter(|it| it.starts_with(kind)).collect()
    }

    /// The worker that holds the newest attempt of a task.
    pub async fn worker_of(&self, task: &Task) -> String {
        let pid: i32 = sqlx::query_scalar(
            "SELECT b.pid FROM generation.attempt a JOIN generation.boot b ON b.id = a.boot_id
              WHERE a.task_id = $1::uuid ORDER BY a.no DESC LIMIT 1",
        )
        .bind(&task.id)
        .fetch_one(&self.pool)
        .await
        .expect("the task has an attempt");
        let processes = self.processes();
        let found = processes.values().find(|it| it.pid().as_raw() == pid);
        found.expect("the attempt's worker is one of this stack").launch().name.clone()
    }

    /// The bells, rung as an api rings them.
    pub fn bells(&self) -> Bells {
        let client = redis::Client::open(self.redis_url.clone()).expect("a URL of Redis");
        Bells::start(client, &self.redis_namespace)
    }

    /// Runs statements as superuser.
    pub async fn sql(&self, statements: &str) {
        let statements = AssertSqlSafe(statements.to_owned());
        sqlx::raw_sql(statements).execute(&self.pool).await.expect("the statements run");
    }

    async fn await_ready(&self, name: &str) {
        let readiness = self.with(name, |it| it.launch().readiness.clone());
        let ready = deadline::find(READY_WITHIN, async || {
            if let Some(status) = self.exited(name) {
                return Some(Err(status));
            }
            readiness.is_ready().await.then_some(Ok(()))
        })
        .await;
        match ready {
            Some(Ok(())) => {}
            Some(Err(status)) => panic!("{name} died while starting ({status})"),
            None => panic!("{name} is not ready after {READY_WITHIN:?}"),
        }
    }

    fn service(&self, name: &str) -> &Service {
        let found = self.services.iter().find(|it| it.name == name);
        found.unwrap_or_else(|| panic!("this stack has no {name}"))
    }

    fn with<T>(&self, name: &str, act: impl FnOnce(&mut Process) -> T) -> T {
        let mut processes = self.processes();
        act(processes.get_mut(name).unwrap_or_else(|| panic!("this stack has no {name}")))
    }

    fn processes(&self) -> MutexGuard<'_, BTreeMap<String, Process>> {
        // A test that panicked while it held the lock still has its processes killed.
        self.processes.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let processes = std::mem::take(&mut *self.processes());
        let launches: Vec<_> = processes.values().map(|it| it.launch().clone()).collect();
        drop(processes);
        if self.finished {
            // What remains is a few kilobytes in the folder for temporary files.
            let _ = std::fs::remove_dir_all(&self.folder);
            return;
        }
        for launch in launches {
            eprintln!(
                "──── the end of {}:\n{}",
                launch.log.display(),
                launch.last_lines(LAST_LINES)
            );
        }
        assert!(std::thread::panicking(), "the test ended without finishing its stack");
    }
}
