//! What a stack consists of, and its start.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use devkit::database::Database;
use devkit::process::{Launch, Process, Readiness};
use devkit::services::{DatabaseUrls, Secrets, Settings};
use devkit::{deadline, environment, port, secret};
use secrecy::ExposeSecret as _;
use shared::db::Role;
use tokio::sync::Semaphore;
use url::Url;
use uuid::Uuid;

use super::{Service, Stack};
use crate::server::Server;
use crate::simulator::Simulator;

/// Two cores run two stacks; a test runner may start more tests at once.
static PERMITS: Semaphore = Semaphore::const_new(2);

/// How many of what, with which settings.
#[derive(Debug)]
pub struct Builder {
    apis: usize,
    workers: usize,
    schedulers: usize,
    /// By the beginning of a process's name: `""`, `worker`, `worker-1`.
    overrides: Vec<(String, String, String)>,
    own_redis: bool,
    own_postgres: bool,
    alone: bool,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            apis: 1,
            workers: 1,
            schedulers: 1,
            overrides: Vec::new(),
            own_redis: false,
            own_postgres: false,
            alone: false,
        }
    }
}

impl Builder {
    #[must_use]
    pub fn apis(self, apis: usize) -> Self {
        Self { apis, ..self }
    }

    #[must_use]
    pub fn workers(self, workers: usize) -> Self {
        Self { workers, ..self }
    }

    #[must_use]
    pub fn schedulers(self, schedulers: usize) -> Self {
        Self { schedulers, ..self }
    }

    /// A setting of every process whose name begins with `who`: `worker`, or `worker-2`, or
    /// nothing for all.
    #[must_use]
    pub fn setting(mut self, who: &str, name: &str, value: &str) -> Self {
        self.overrides.push((who.to_owned(), name.to_owned(), value.to_owned()));
        self
    }

    /// Leases that end soon, so that rescue is quick; the beat follows.
    #[must_use]
    pub fn lease(self, lease: &str) -> Self {
        self.setting("worker", "AETHERFLOW_LEASE", lease).setting(
            "scheduler",
            "AETHERFLOW_LEASE",
            lease,
        )
    }

    /// Where a process dies or stalls; removed by a restart.
    #[must_use]
    pub fn failpoint(self, who: &str, specification: &str) -> Self {
        self.setting(who, "AETHERFLOW_FAILPOINT", specification)
    }

    /// A Redis of its own, for tests that empty or stop it.
    #[must_use]
    pub fn own_redis(self) -> Self {
        Self { own_redis: true, ..self }
    }

    /// A cluster of its own, for tests that stop it.
    #[must_use]
    pub fn own_postgres(self) -> Self {
        Self { own_postgres: true, ..self }
    }

    /// No other stack of this process beside it.
    #[must_use]
    pub fn alone(self) -> Self {
        Self { alone: true, ..self }
    }

    /// Starts everything and waits until it is ready.
    pub async fn start(self) -> Stack {
        let permits = PERMITS.acquire_many(if self.alone { 2 } else { 1 }).await;
        let permits = permits.expect("the semaphore is never closed");
        let own_redis = if self.own_redis { Some(Server::redis().await) } else { None };
        let own_postgres = if self.own_postgres { Some(Server::postgres().await) } else { None };
        let shared_redis = || Url::parse(&environment::redis_url()).expect("a URL of Redis");
        let redis_url = own_redis.as_ref().map_or_else(shared_redis, |it| it.url().clone());
        let database = match &own_postgres {
            Some(server) => Database::create_on(server.url().as_str()).await,
            None => Database::create().await,
        };
        let pool = database.pool().await;
        // Tests mean keys that have been delivering for a while, which take several calls at once.
        sqlx::query(
            "ALTER TABLE pool.resource_state ALTER delivered_at SET DEFAULT clock_timestamp()",
        )
        .execute(&pool)
        .await
        .expect("the table has the column");
        let folder = tempfile::Builder::new().prefix("system-").tempdir().expect("a folder").keep();
        let (simulator, simulator_process) = start_simulator(&folder).await;
        let redis_namespace = format!("system-{}", Uuid::now_v7().simple());
        let settings = Settings {
            database_urls: database_urls(&database),
            redis_url: redis_url.to_string(),
            redis_namespace: redis_namespace.clone(),
            simulator_url: simulator.url().to_owned(),
            object_store: format!("file://{}/images", folder.display()),
            secrets: Secrets::new(|_| secret::key()).expect("random bytes"),
            log_format: "json",
        };
        let services = self.services(&settings);
        let stack = Stack {
            api_url: services.iter().find_map(|it| it.api_url.clone()).unwrap_or_default(),
            simulator,
            database,
            pool,
            redis_url,
            redis_namespace,
            processes: Mutex::new(BTreeMap::from([("simulator".to_owned(), simulator_process)])),
            users: Mutex::default(),
            keys: Mutex::default(),
            folder,
            finished: false,
            own_redis: own_redis.map(tokio::sync::Mutex::new),
            own_postgres: own_postgres.map(tokio::sync::Mutex::new),
            services,
            _permits: permits,
        };
        stack.start_services().await;
        stack
    }

    fn services(&self, settings: &Settings) -> Vec<Service> {
        let mut services = Vec::new();
        let kinds = [("api", self.apis), ("worker", self.workers), ("scheduler", self.schedulers)];
        for (program, count) in kinds {
            for number in 1..=count {
                let metrics = format!("127.0.0.1:{}", port::free());
                let listen = format!("127.0.0.1:{}", port::free());
                let (mut env, api_url) = match program {
                    "api" => {
                        let env = settings.api(&listen, &metrics);
                        (env, Some(format!("http://{listen}")))
                    }
                    "worker" => (settings.worker(&metrics), None),
                    _ => (settings.scheduler(&metrics), None),
                };
                let name = format!("{program}-{number}");
                for (who, setting, value) in &self.overrides {
                    if name.starts_with(who.as_str()) {
                        env.insert(setting.clone(), value.clone());
                    }
                }
                let metrics_url = format!("http://{metrics}");
                services.push(Service { name, program, api_url, metrics_url, env });
            }
        }
        services
    }
}

fn database_urls(database: &Database) -> DatabaseUrls {
    let url = |role| database.url_as(role).expose_secret().to_owned();
    DatabaseUrls {
        superuser: database.url().expose_secret().to_owned(),
        api: url(Role::Api),
        worker: url(Role::Worker),
        scheduler: url(Role::Scheduler),
        admin: url(Role::Admin),
        readonly: url(Role::Readonly),
    }
}

/// Starts the simulated provider.
pub async fn start_simulator(folder: &Path) -> (Simulator, Process) {
    let port = port::free();
    let (program, log) = (environment::program("simulator"), folder.join("simulator.log"));
    let launch = Launch {
        args: vec!["--listen".to_owned(), format!("127.0.0.1:{port}")],
        ..Launch::new("simulator", program, log, Readiness::Port(port))
    };
    let process = launch.start().expect("the simulator starts");
    let (what, readiness) = ("the simulator listens", &launch.readiness);
    deadline::until_true(what, Duration::from_secs(20), async || readiness.is_ready().await).await;
    (Simulator::new(format!("http://127.0.0.1:{port}")), process)
}

impl Stack {
    async fn start_services(&self) {
        std::fs::create_dir_all(self.folder.join("images")).expect("a folder within ours");
        for service in &self.services {
            let name = &service.name;
            let url = service.api_url.as_ref().unwrap_or(&service.metrics_url);
            let readiness = Readiness::Http(format!("{url}/health/ready"));
            let (program, log) =
                (environment::program(service.program), self.folder.join(format!("{name}.log")));
            let launch =
                Launch { env: service.env.clone(), ..Launch::new(name, program, log, readiness) };
            let process = launch.start().expect("a service starts");
            self.processes().insert(service.name.clone(), process);
        }
        for service in &self.services {
            self.await_ready(&service.name).await;
        }
    }
}
