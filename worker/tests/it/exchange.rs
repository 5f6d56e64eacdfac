//! A small exchange for a worker: a consumer with 100 credits, an owner with the keys `e1` and `e2`.

use std::time::Duration;

use devkit::database::Database;
use devkit::deadline::until_true;
use operations::service::ServiceSettings;
use operations::settings::Settings;
use operations::{Program, Service, metrics};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use shared::db::Role;
use shared::images::{ImageStore, TimeLimits};
use shared::ledger::audit;
use shared::pool::vault::{Keyring, MasterKeys, SealContext};
use sqlx::{AssertSqlSafe, PgConnection};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;
use worker::Config;

use crate::proxy::Proxy;

const MASTER_KEYS: &str = "k:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
/// How long a condition may take to come true.
const WITHIN: Duration = Duration::from_mins(1);
const NO_REDIS: &str = "redis://127.0.0.1:1";

pub struct Exchange {
    database: Database,
    /// Between the worker and the database.
    pub proxy: Proxy,
    pub folder: TempDir,
    conn: PgConnection,
    simulator: simulator::Handle,
    http: reqwest::Client,
}

/// A worker in this process.
pub struct Worker {
    stopping: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
}

/// Waits for something that is about to happen elsewhere.
pub async fn wait_until(what: &str, condition: impl AsyncFnMut() -> bool) {
    until_true(what, WITHIN, condition).await;
}

/// Ids by the short names of `exchange.sql`.
pub fn u(name: &str) -> Uuid {
    format!("00000000-0000-7000-8000-{name:0>12}").parse().unwrap()
}

fn secret(key: &str) -> String {
    format!("sk-the-key-{key}")
}

impl Exchange {
    /// Both keys are good, and `e1` is the cheaper one.
    pub async fn open() -> Self {
        let database = Database::create().await;
        let server = database.options();
        let proxy = Proxy::start(format!("{}:{}", server.get_host(), server.get_port())).await;
        let mut conn = database.superuser().await;
        let sql = include_str!("../../../scheduler/tests/it/exchange.sql");
        sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
        let simulator = simulator::start(([127, 0, 0, 1], 0).into()).await.unwrap();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut exchange = Self { database, proxy, folder, conn, simulator, http };
        exchange.sql("SELECT generation.end_boot(u('b1'), 'not ours')").await;
        for (key, price) in [("e1", "1.5"), ("e2", "1.6")] {
            exchange.seal(key).await;
            exchange.set_key(key, json!({})).await;
            let set = "UPDATE pool.resource SET price_per_unit =";
            exchange.sql(&format!("{set} {price} WHERE id = u('{key}')")).await;
        }
        exchange
    }

    async fn seal(&mut self, key: &str) {
        let keyring = Keyring::new(MasterKeys::parse(MASTER_KEYS).unwrap());
        let context = SealContext { resource_id: u(key), owner_id: u("d1"), provider: "stability" };
        let sealed = keyring.seal(&context, &secret(key).into());
        sqlx::query(
            "UPDATE pool.resource SET key_ciphertext = $2, data_key_wrapped = $3, master_key_id = $4
              WHERE id = $1",
        )
        .bind(u(key))
        .bind(sealed.key_ciphertext)
        .bind(sealed.data_key_wrapped)
        .bind(sealed.master_key_id)
        .execute(&mut self.conn)
        .await
        .unwrap();
    }

    fn control(&self, key: &str) -> String {
        format!("{}/control/stability/keys/{}", self.simulator.url(), secret(key))
    }

    /// Changes how the provider treats a key.
    pub async fn set_key(&self, key: &str, settings: Value) {
        let answer = self.http.put(self.control(key)).json(&settings).send().await.unwrap();
        assert!(answer.status().is_success(), "{settings}");
    }

    /// The provider does not know the key any more.
    pub async fn revoke_key(&self, key: &str) {
        self.http.delete(self.control(key)).send().await.unwrap();
    }

    /// Calls the provider counted for a key.
    pub async fn calls(&self, key: &str) -> u64 {
        let answer = self.http.get(self.control(key)).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["calls"].as_u64().unwrap()
    }

    /// Without Redis: the worker looks by itself.
    pub fn worker(&self) -> Worker {
        self.worker_with(NO_REDIS, "test", |_| {})
    }

    pub fn worker_with(
        &self,
        redis: &str,
        namespace: &str,
        adjust: impl FnOnce(&mut Config),
    ) -> Worker {
        let variables = self.variables(redis, namespace);
        let settings = Settings::from_variables(Program::Worker, variables);
        let read = |from: &mut Settings| (ServiceSettings::read(from), Config::read(from));
        let (settings, mut config) = settings.load(read).unwrap();
        adjust(&mut config);
        let stopping = CancellationToken::new();
        let metrics = metrics::install(Program::Worker).unwrap();
        let mut service = Service::new(settings, metrics, stopping.clone());
        let running = tokio::spawn(async move {
            let worked = worker::run(config, &mut service).await;
            service.end().await;
            worked
        });
        Worker { stopping, running }
    }

    pub fn variables(&self, redis: &str, namespace: &str) -> Vec<(String, String)> {
        let mut database = Url::parse(self.database.url_as(Role::Worker).expose_secret()).unwrap();
        database.set_ip_host(self.proxy.address.ip()).unwrap();
        database.set_port(Some(self.proxy.address.port())).unwrap();
        let images = format!("file://{}", self.folder.path().display());
        let provider = self.simulator.base_url("stability");
        [
            ("DATABASE_URL", database.as_str()),
            ("REDIS_URL", redis),
            ("AETHERFLOW_REDIS_NAMESPACE", namespace),
            ("AETHERFLOW_OBJECT_STORE", &images),
            ("AETHERFLOW_MASTER_KEYS", MASTER_KEYS),
            ("AETHERFLOW_PROVIDER_STABILITY_BASE_URL", &provider),
            ("AETHERFLOW_METRICS_LISTEN", "127.0.0.1:0"),
            ("AETHERFLOW_LOG_FORMAT", "text"),
            ("AETHERFLOW_LEASE", "2s"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// Runs statements as the superuser.
    pub async fn sql(&mut self, statements: &str) {
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut self.conn).await.unwrap();
    }

    /// One value of one row, as text.
    pub async fn text(&mut self, query: &str) -> String {
        let query = format!("SELECT ({query})::text");
        let value: Option<String> =
            sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut self.conn).await.unwrap();
        value.unwrap_or_else(|| "NULL".to_owned())
    }

    pub async fn task(&mut self, task: &str) -> String {
        self.text(&format!("SELECT status FROM generation.task WHERE id = u('{task}')")).await
    }

    pub async fn wait_for_task(&mut self, task: &str, status: &str) {
        wait_until(&format!("{task} is {status}"), async || self.task(task).await == status).await;
    }

    /// The states of a task's attempts, in their order.
    pub async fn attempts(&mut self, task: &str) -> String {
        self.text(&format!(
            "SELECT string_agg(state, ' ' ORDER BY no) FROM generation.attempt WHERE task_id = u('{task}')"
        ))
        .await
    }

    pub async fn available(&mut self) -> String {
        self.text("SELECT available FROM ledger.wallet WHERE user_id = u('c1')").await
    }

    /// The id of the only attempt of a task.
    pub async fn attempt(&mut self, task: &str) -> Uuid {
        let query = format!("SELECT id FROM generation.attempt WHERE task_id = u('{task}')");
        self.text(&query).await.parse().unwrap()
    }

    pub async fn has_image(&self, task: &str, attempt: Uuid) -> bool {
        let address = format!("file://{}", self.folder.path().display());
        let store = ImageStore::open(&address, [], TimeLimits::default()).await.unwrap();
        store.find_kept(u(task), attempt).await.unwrap().is_some()
    }

    /// Ends the test: the books are in order.
    pub async fn close(self) {
        let pool = self.database.pool().await;
        let report = audit::run(&pool).await.unwrap();
        assert_eq!(report.violated().map(|it| it.name).collect::<Vec<_>>(), [""; 0]);
        pool.close().await;
        self.simulator.shutdown().await;
        self.database.drop().await;
    }
}

impl Worker {
    /// Asks it to stop.
    pub fn stop(&self) {
        self.stopping.cancel();
    }

    /// Waits for its end.
    pub async fn stopped(self) {
        self.stop();
        self.running.await.unwrap().unwrap();
    }
}
