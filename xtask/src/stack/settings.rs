//! The environment of each program of a development stack. Services read nothing else, and none gets
//! more than it needs.

use std::collections::BTreeMap;

/// An environment.
pub type Env = BTreeMap<String, String>;

/// Everything the environments are built from.
#[derive(Debug, Clone)]
pub struct Settings {
    pub database_urls: DatabaseUrls,
    pub redis_url: String,
    pub simulator_url: String,
    /// `host:port` the api listens on.
    pub api_listen: String,
    /// `file:///…`.
    pub object_store: String,
    /// `id:base64`.
    pub master_keys: String,
    pub jwt_secret: String,
    pub fingerprint_secret: String,
    pub url_secret: String,
    /// The filter of the logs.
    pub log_filter: String,
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

/// The provider behind the demo.
pub const PROVIDER: &str = "stability";

impl Settings {
    /// What every service reads; `metrics` is the `host:port` of its metrics and health.
    fn service(&self, database_url: &str, metrics: &str) -> Env {
        env([
            ("DATABASE_URL", database_url),
            ("REDIS_URL", &self.redis_url),
            ("AETHERFLOW_LOG_FORMAT", "text"),
            ("RUST_LOG", &self.log_filter),
            ("AETHERFLOW_METRICS_LISTEN", metrics),
        ])
    }

    /// The api: the only one that may issue credits. Its limits are lifted, because one machine is
    /// one address.
    pub fn api(&self, metrics: &str) -> Env {
        let mut all = self.service(&self.database_urls.api, metrics);
        all.extend(self.vault());
        all.extend(env([
            ("AETHERFLOW_ADMIN_DATABASE_URL", self.database_urls.admin.as_str()),
            ("AETHERFLOW_LISTEN", &self.api_listen),
            ("AETHERFLOW_PUBLIC_URL", &self.api_url()),
            ("AETHERFLOW_JWT_SECRET", &self.jwt_secret),
            ("AETHERFLOW_FINGERPRINT_SECRET", &self.fingerprint_secret),
            ("AETHERFLOW_URL_SECRET", &self.url_secret),
            ("AETHERFLOW_RATE_LIMIT", "off"),
            ("AETHERFLOW_LOGIN_LIMIT", "100000/min"),
            ("AETHERFLOW_REGISTER_LIMIT", "off"),
        ]));
        all
    }

    /// A worker.
    pub fn worker(&self, metrics: &str) -> Env {
        let mut all = self.service(&self.database_urls.worker, metrics);
        all.extend(self.vault());
        // Less than `down` waits before it kills.
        all.extend(env([("AETHERFLOW_GRACE_PERIOD", "120s")]));
        all
    }

    /// A scheduler: it never sees a provider's key.
    pub fn scheduler(&self, metrics: &str) -> Env {
        let mut all = self.service(&self.database_urls.scheduler, metrics);
        all.extend(env([("AETHERFLOW_OBJECT_STORE", self.object_store.as_str())]));
        all
    }

    /// The operator's command line, as superuser.
    pub fn ctl(&self) -> Env {
        env([
            ("DATABASE_URL", self.database_urls.superuser.as_str()),
            ("REDIS_URL", &self.redis_url),
            ("RUST_LOG", "warn"),
        ])
    }

    /// Where clients find the api.
    pub fn api_url(&self) -> String {
        format!("http://{}", self.api_listen)
    }

    /// What is needed to open a hosted key, call its provider and keep the image.
    fn vault(&self) -> Env {
        env([
            ("AETHERFLOW_MASTER_KEYS", self.master_keys.as_str()),
            (
                &format!("AETHERFLOW_PROVIDER_{}_BASE_URL", PROVIDER.to_uppercase()),
                &format!("{}/{PROVIDER}", self.simulator_url),
            ),
            ("AETHERFLOW_OBJECT_STORE", &self.object_store),
        ])
    }
}

fn env<const N: usize>(pairs: [(&str, &str); N]) -> Env {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn settings() -> Settings {
        let url = |role: &str| format!("postgres://{role}:p@127.0.0.1:1/aetherflow");
        Settings {
            database_urls: DatabaseUrls {
                superuser: url("postgres"),
                api: url("aether_api"),
                worker: url("aether_worker"),
                scheduler: url("aether_scheduler"),
                admin: url("aether_admin"),
                readonly: url("aether_readonly"),
            },
            redis_url: "redis://:p@127.0.0.1:2/0".to_owned(),
            simulator_url: "http://127.0.0.1:3".to_owned(),
            api_listen: "127.0.0.1:4".to_owned(),
            object_store: "file:///images".to_owned(),
            master_keys: "k:MASTER".to_owned(),
            jwt_secret: "JWT".to_owned(),
            fingerprint_secret: "FINGERPRINT".to_owned(),
            url_secret: "URL".to_owned(),
            log_filter: "info".to_owned(),
        }
    }

    fn values(env: &Env) -> String {
        env.values().cloned().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn only_the_api_may_issue_credits_and_nobody_is_superuser() {
        let all = settings();
        assert!(values(&all.api("m")).contains("aether_admin"));
        for env in [all.worker("m"), all.scheduler("m")] {
            assert!(!values(&env).contains("aether_admin"));
        }
        for env in [all.api("m"), all.worker("m"), all.scheduler("m")] {
            assert!(!values(&env).contains("postgres:p@"));
        }
    }

    #[test]
    fn secrets_go_only_to_services_that_use_them() {
        let all = settings();
        let worker = values(&all.worker("m"));
        assert!(worker.contains("MASTER"));
        for secret in ["JWT", "FINGERPRINT"] {
            assert!(values(&all.api("m")).contains(secret));
            assert!(!worker.contains(secret));
        }
        assert!(!values(&all.scheduler("m")).contains("MASTER"));
    }

    #[test]
    fn providers_are_reached_through_the_simulator() {
        let env = settings().worker("m");
        let url = env.get("AETHERFLOW_PROVIDER_STABILITY_BASE_URL");
        assert_eq!(url.map(String::as_str), Some("http://127.0.0.1:3/stability"));
    }
}
