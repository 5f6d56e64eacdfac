//! The environment of each service, as production gives it: nothing is inherited, and none gets a role
//! or a secret it does not use.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::server::redis::url_as;

/// An environment.
pub type Env = BTreeMap<String, String>;

/// The provider of the demo, and of every test that needs just one.
pub const PROVIDER: &str = "stability";

/// Everything the environments are built from.
#[derive(Debug, Clone)]
pub struct Settings {
    pub database_urls: DatabaseUrls,
    /// As somebody who may do everything; each service gets a user of its own.
    pub redis_url: String,
    /// Prefix of every key and channel in Redis.
    pub redis_namespace: String,
    pub simulator_url: String,
    /// `file:///…`.
    pub object_store: String,
    pub secrets: Secrets,
    /// `text` or `json`.
    pub log_format: &'static str,
}

/// One URL per database role.
#[derive(Debug, Clone)]
pub struct DatabaseUrls {
    pub superuser: String,
    pub api: String,
    pub worker: String,
    pub scheduler: String,
    pub admin: String,
    pub readonly: String,
}

/// The secrets of the services.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// `id:base64`.
    pub master_keys: String,
    pub jwt: String,
    pub fingerprint: String,
    pub url: String,
}

impl Secrets {
    /// Made of the keys that `key` returns by name.
    pub fn new(mut key: impl FnMut(&str) -> Result<String>) -> Result<Self> {
        Ok(Self {
            master_keys: format!("dev1:{}", key("master-key")?),
            jwt: key("jwt")?,
            fingerprint: key("fingerprint")?,
            url: key("image-url")?,
        })
    }
}

impl Settings {
    /// Redis as the user of a program.
    pub fn redis_url_of(&self, program: &str) -> String {
        url_as(&self.redis_url, &format!("aether_{program}"))
    }

    /// What every service reads; `metrics` is the `host:port` of its metrics and health.
    fn service(&self, program: &str, database_url: &str, metrics: &str) -> Env {
        let log_filter = std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned());
        env([
            ("DATABASE_URL", database_url),
            ("REDIS_URL", &self.redis_url_of(program)),
            ("AETHERFLOW_REDIS_NAMESPACE", &self.redis_namespace),
            ("AETHERFLOW_OBJECT_STORE", &self.object_store),
            ("AETHERFLOW_METRICS_LISTEN", metrics),
            ("AETHERFLOW_LOG_FORMAT", self.log_format),
            ("RUST_LOG", &log_filter),
        ])
    }

    /// An api that listens on `listen`: the only service that may issue credits. Its limits are lifted,
    /// because all clients of one machine have one address.
    pub fn api(&self, listen: &str, metrics: &str) -> Env {
        let mut all = self.service("api", &self.database_urls.api, metrics);
        all.extend(self.vault());
        all.extend(env([
            ("AETHERFLOW_ADMIN_DATABASE_URL", self.database_urls.admin.as_str()),
            ("AETHERFLOW_LISTEN", listen),
            ("AETHERFLOW_PUBLIC_URL", &format!("http://{listen}")),
            ("AETHERFLOW_JWT_SECRET", &self.secrets.jwt),
            ("AETHERFLOW_FINGERPRINT_SECRET", &self.secrets.fingerprint),
            ("AETHERFLOW_URL_SECRET", &self.secrets.url),
            ("AETHERFLOW_RATE_LIMIT", "off"),
            ("AETHERFLOW_LOGIN_LIMIT", "100000/min"),
            ("AETHERFLOW_REGISTER_LIMIT", "off"),
            ("AETHERFLOW_KEY_CHECK_LIMIT", "off"),
        ]));
        all
    }

    /// A worker.
    pub fn worker(&self, metrics: &str) -> Env {
        let mut all = self.service("worker", &self.database_urls.worker, metrics);
        all.extend(self.vault());
        all
    }

    /// A scheduler: it never sees a provider's key.
    pub fn scheduler(&self, metrics: &str) -> Env {
        self.service("scheduler", &self.database_urls.scheduler, metrics)
    }

    /// The operator's command line, as superuser.
    pub fn ctl(&self) -> Env {
        env([
            ("DATABASE_URL", self.database_urls.superuser.as_str()),
            ("REDIS_URL", &self.redis_url_of("ctl")),
            ("AETHERFLOW_REDIS_NAMESPACE", &self.redis_namespace),
            ("RUST_LOG", "warn"),
        ])
    }

    /// What is needed to open a hosted key and to call its provider.
    fn vault(&self) -> Env {
        let base_urls = simulated_providers().map(|name| {
            let setting = format!("AETHERFLOW_PROVIDER_{}_BASE_URL", name.to_uppercase());
            (setting, format!("{}/{name}", self.simulator_url))
        });
        let mut all: Env = base_urls.collect();
        all.extend(env([("AETHERFLOW_MASTER_KEYS", self.secrets.master_keys.as_str())]));
        all
    }

    /// Made-up values, for tests.
    pub fn example() -> Self {
        let url = |role: &str| format!("postgres://{role}:p@127.0.0.1:1/aetherflow");
        Self {
            database_urls: DatabaseUrls {
                superuser: url("postgres"),
                api: url("aether_api"),
                worker: url("aether_worker"),
                scheduler: url("aether_scheduler"),
                admin: url("aether_admin"),
                readonly: url("aether_readonly"),
            },
            redis_url: "redis://:p@127.0.0.1:2/0".to_owned(),
            redis_namespace: "aetherflow".to_owned(),
            simulator_url: "http://127.0.0.1:3".to_owned(),
            object_store: "file:///images".to_owned(),
            secrets: Secrets {
                master_keys: "k:MASTER".to_owned(),
                jwt: "JWT".to_owned(),
                fingerprint: "FINGERPRINT".to_owned(),
                url: "URL".to_owned(),
            },
            log_format: "text",
        }
    }
}

/// Each provider that the simulator speaks for has a folder in it. So no stack of tests or of the demo
/// ever calls a real one, and a new one is nothing to remember here.
fn simulated_providers() -> impl Iterator<Item = String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../simulator/src/providers");
    let entries = std::fs::read_dir(folder).expect("the simulator's providers are in the checkout");
    entries
        .filter_map(Result::ok)
        .filter(|it| it.path().is_dir())
        .filter_map(|it| it.file_name().into_string().ok())
}

fn env<const N: usize>(pairs: [(&str, &str); N]) -> Env {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(env: &Env) -> String {
        env.values().cloned().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn only_the_api_may_issue_credits_and_nobody_is_superuser() {
        let all = Settings::example();
        assert!(values(&all.api("l", "m")).contains("aether_admin"));
        for env in [all.worker("m"), all.scheduler("m")] {
            assert!(!values(&env).contains("aether_admin"));
        }
        for env in [all.api("l", "m"), all.worker("m"), all.scheduler("m")] {
            assert!(!values(&env).contains("postgres:p@"));
        }
    }

    #[test]
    fn each_program_is_a_user_of_redis() {
        let all = Settings::example();
        let envs = [all.api("l", "m"), all.worker("m"), all.scheduler("m"), all.ctl()];
        for (env, program) in envs.iter().zip(["api", "worker", "scheduler", "ctl"]) {
            assert_eq!(env["REDIS_URL"], format!("redis://aether_{program}:p@127.0.0.1:2/0"));
        }
    }

    #[test]
    fn secrets_go_only_to_services_that_use_them() {
        let all = Settings::example();
        let worker = values(&all.worker("m"));
        assert!(worker.contains("MASTER"));
        for secret in ["JWT", "FINGERPRINT"] {
            assert!(values(&all.api("l", "m")).contains(secret));
            assert!(!worker.contains(secret));
        }
        assert!(!values(&all.scheduler("m")).contains("MASTER"));
    }

    #[test]
    fn providers_are_reached_through_the_simulator() {
        let env = Settings::example().worker("m");
        let url = env.get("AETHERFLOW_PROVIDER_STABILITY_BASE_URL");
        assert_eq!(url.map(String::as_str), Some("http://127.0.0.1:3/stability"));
    }
}
