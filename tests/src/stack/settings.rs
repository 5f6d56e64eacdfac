//! The environment of each service, as production gives it: its own role, no secret it does not use.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use devkit::database::Database;
use rand::RngExt;
use secrecy::ExposeSecret as _;
use shared::db::Role;

/// What the services of one stack have in common.
#[derive(Debug)]
pub(super) struct Settings {
    pub redis_url: String,
    pub redis_namespace: String,
    pub object_store: String,
    pub provider_url: String,
    pub secrets: Secrets,
}

/// Secrets of one stack.
#[derive(Debug)]
pub(super) struct Secrets {
    pub master_keys: String,
    pub jwt: String,
    pub fingerprint: String,
    pub url: String,
}

impl Secrets {
    pub fn random() -> Self {
        Self { master_keys: format!("test:{}", key()), jwt: key(), fingerprint: key(), url: key() }
    }
}

impl Settings {
    /// The environment of an api.
    pub fn api(
        &self,
        database: &Database,
        listen: &str,
        metrics: &str,
    ) -> BTreeMap<String, String> {
        let admin = database.url_as(Role::Admin);
        let public = format!("http://{listen}");
        let own = [
            ("AETHERFLOW_ADMIN_DATABASE_URL", admin.expose_secret()),
            ("AETHERFLOW_LISTEN", listen),
            ("AETHERFLOW_PUBLIC_URL", &public),
            ("AETHERFLOW_JWT_SECRET", &self.secrets.jwt),
            ("AETHERFLOW_FINGERPRINT_SECRET", &self.secrets.fingerprint),
            ("AETHERFLOW_URL_SECRET", &self.secrets.url),
            ("AETHERFLOW_RATE_LIMIT", "off"),
            ("AETHERFLOW_LOGIN_LIMIT", "100000/min"),
            ("AETHERFLOW_REGISTER_LIMIT", "off"),
        ];
        with(self.vault(self.common(database, Role::Api, metrics)), own)
    }

    /// The environment of a worker.
    pub fn worker(&self, database: &Database, metrics: &str) -> BTreeMap<String, String> {
        self.vault(self.common(database, Role::Worker, metrics))
    }

    /// The environment of a scheduler: it never sees a provider's key.
    pub fn scheduler(&self, database: &Database, metrics: &str) -> BTreeMap<String, String> {
        self.common(database, Role::Scheduler, metrics)
    }

    fn common(&self, database: &Database, role: Role, metrics: &str) -> BTreeMap<String, String> {
        let url = database.url_as(role);
        let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned());
        with(
            BTreeMap::new(),
            [
                ("DATABASE_URL", url.expose_secret()),
                ("REDIS_URL", &self.redis_url),
                ("AETHERFLOW_REDIS_NAMESPACE", &self.redis_namespace),
                ("AETHERFLOW_METRICS_LISTEN", metrics),
                ("AETHERFLOW_OBJECT_STORE", &self.object_store),
                ("AETHERFLOW_LOG_FORMAT", "json"),
                ("RUST_LOG", &filter),
            ],
        )
    }

    fn vault(&self, env: BTreeMap<String, String>) -> BTreeMap<String, String> {
        with(
            env,
            [
                ("AETHERFLOW_MASTER_KEYS", self.secrets.master_keys.as_str()),
                ("AETHERFLOW_PROVIDER_STABILITY_BASE_URL", &self.provider_url),
            ],
        )
    }
}

fn with<const N: usize>(
    mut env: BTreeMap<String, String>,
    pairs: [(&str, &str); N],
) -> BTreeMap<String, String> {
    env.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
    env
}

fn key() -> String {
    STANDARD.encode(rand::rng().random::<[u8; 32]>())
}
