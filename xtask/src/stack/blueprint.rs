//! The processes a stack consists of, and everything that must be known before the first is started.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use devkit::private_file;
use devkit::process::Launch;
use devkit::process::Readiness;
use devkit::process::Records;
use devkit::secret;
use devkit::server::Lifetime;
use devkit::server::install::Programs;
use devkit::server::postgres::Tuning;
use devkit::services::{DatabaseUrls, Secrets, Settings};

use super::demo_keys::DEMO_KEYS;
use super::logins::Logins;
use crate::checkout::{Checkout, Profile};
use crate::databases::Databases;
use crate::memory::Memory;

/// The database of a stack.
pub const DATABASE: &str = "aetherflow";

/// Credits every new user of the demo starts with: some ten images.
pub const SIGN_UP_GRANT: &str = "20";

/// How many processes of each kind.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub workers: u16,
    pub schedulers: u16,
}

/// Where a stack keeps what it writes, and the databases it uses.
#[derive(Debug)]
pub struct Ground<'a> {
    pub folder: &'a Path,
    pub databases: Databases,
    pub memory: &'a mut Memory,
    pub records: &'a Records,
}

/// The stack that should be running.
#[derive(Debug)]
pub struct Blueprint {
    pub databases: Databases,
    pub settings: Settings,
    /// `host:port` the api listens on.
    pub api_listen: String,
    pub logins: Logins,
    /// Keys of the simulated provider, in the order of [`DEMO_KEYS`].
    pub simulator_keys: Vec<String>,
    /// Passwords of the database roles, by the role's part of the variable's name.
    pub role_passwords: BTreeMap<&'static str, String>,
    pub bin_dir: PathBuf,
    pub logs: PathBuf,
    /// The folder of the web console, if it could be built.
    pub console: Option<PathBuf>,
    /// The services, in the order they are started.
    pub services: Vec<Launch>,
}

impl Blueprint {
    /// The stack of this checkout.
    pub fn draw(
        checkout: &Checkout,
        programs: &Programs,
        records: &Records,
        size: Size,
        console: Option<PathBuf>,
    ) -> Result<Self> {
        let folder = &checkout.dev();
        let mut memory = Memory::open(&folder.join("memory.json"), checkout.number())?;
        let databases = Databases::prepare(
            checkout,
            programs,
            &mut memory,
            records,
            "",
            (Tuning::DEMO, Lifetime::Stack),
        )?;
        let ground = Ground { folder, databases, memory: &mut memory, records };
        let this = Self::draw_on(ground, checkout, size, console)?;
        memory.save()?;
        Ok(this)
    }

    /// Draws it up: ports and secrets are remembered or chosen, and folders created. Starts nothing.
    pub fn draw_on(
        ground: Ground<'_>,
        checkout: &Checkout,
        size: Size,
        console: Option<PathBuf>,
    ) -> Result<Self> {
        let Ground { folder, databases, memory, records } = ground;
        let (logs, images) = (folder.join("logs"), folder.join("images"));
        private_file::create_dir(&logs)?;
        private_file::create_dir(&images)?;
        let mut role_passwords = BTreeMap::new();
        for role in ["api", "worker", "scheduler", "admin", "readonly"] {
            role_passwords.insert(role, memory.password(&format!("db-{role}"))?);
        }
        let runs = |it: &str| records.find(base(it)).is_some_and(|it| it.identity.alive());
        let mut port = |it: &str| memory.port(it, runs(it));
        let (api, simulator) = (port("api")?, port("simulator")?);
        let mut metrics = vec![("api".to_owned(), port("api-metrics")?)];
        for (kind, count) in [("worker", size.workers), ("scheduler", size.schedulers)] {
            for number in 1..=count {
                let name = format!("{kind}-{number}");
                metrics.push((name.clone(), port(&format!("{name}-metrics"))?));
            }
        }
        let settings = Settings {
            database_urls: database_urls(&databases, &role_passwords),
            redis_url: databases.redis.url(),
            redis_namespace: "aetherflow".to_owned(),
            simulator_url: format!("http://127.0.0.1:{simulator}"),
            object_store: format!("file://{}", images.display()),
            secrets: Secrets::new(|name| memory.secret(name, secret::key))?,
            log_format: "text",
        };
        let mut simulator_keys = Vec::new();
        for number in 1..=DEMO_KEYS.len() {
            let password = memory.password(&format!("simulator-key-{number}"))?;
            simulator_keys.push(format!("sk-demo{number}{password}"));
        }
        let logins = Logins::remembered(memory)?;
        let mut this = Self {
            databases,
            settings,
            api_listen: format!("127.0.0.1:{api}"),
            logins,
            simulator_keys,
            role_passwords,
            bin_dir: checkout.bin_dir(Profile::Debug),
            logs,
            console,
            services: Vec::new(),
        };
        this.services = this.draw_services(checkout, simulator, &metrics);
        Ok(this)
    }

    fn draw_services(
        &self,
        checkout: &Checkout,
        simulator: u16,
        metrics: &[(String, u16)],
    ) -> Vec<Launch> {
        let launch = |name: &str, program: &str| {
            let (program, log) =
                (self.bin_dir.join(program), self.logs.join(format!("{name}.log")));
            let launch = Launch::new(name, program, log, Readiness::Port(simulator));
            Launch { folder: checkout.root().to_path_buf(), ..launch }
        };
        let mut services = vec![Launch {
            args: vec!["--listen".to_owned(), format!("127.0.0.1:{simulator}")],
            ..launch("simulator", "simulator")
        }];
        for (name, port) in metrics {
            let address = format!("127.0.0.1:{port}");
            let kind = name.split('-').next().unwrap_or(name);
            let (env, health) = match kind {
                "api" => {
                    let mut env = self.settings.api(&self.api_listen, &address);
                    env.insert("AETHERFLOW_SIGN_UP_GRANT".to_owned(), SIGN_UP_GRANT.to_owned());
                    if let Some(folder) = &self.console {
                        let folder = folder.display().to_string();
                        env.insert("AETHERFLOW_CONSOLE_DIR".to_owned(), folder);
                    }
                    (env, self.api_url())
                }
                "worker" => (self.settings.worker(&address), format!("http://{address}")),
                _ => (self.settings.scheduler(&address), format!("http://{address}")),
            };
            services.push(Launch {
                env,
                readiness: Readiness::Http(format!("{health}/health/ready")),
                metrics_url: Some(format!("http://{address}/metrics")),
                ..launch(name, kind)
            });
        }
        services
    }

    /// Where clients find the api.
    pub fn api_url(&self) -> String {
        format!("http://{}", self.api_listen)
    }

    /// Where people find the web console, if there is one.
    pub fn console_url(&self) -> Option<String> {
        self.console.as_ref().map(|_| self.api_url())
    }

    /// Every process of the stack, databases first.
    pub fn launches(&self) -> Vec<Launch> {
        let mut all: Vec<Launch> = self.databases.launches(&self.logs).into_values().collect();
        all.extend(self.services.iter().cloned());
        all
    }
}

fn database_urls(
    databases: &Databases,
    role_passwords: &BTreeMap<&'static str, String>,
) -> DatabaseUrls {
    let url = |role: &str| {
        databases.cluster.url(&format!("aether_{role}"), &role_passwords[role], DATABASE)
    };
    DatabaseUrls {
        superuser: databases.cluster.superuser_url(DATABASE),
        api: url("api"),
        worker: url("worker"),
        scheduler: url("scheduler"),
        admin: url("admin"),
        readonly: url("readonly"),
    }
}

/// The process a port belongs to.
fn base(port_name: &str) -> &str {
    port_name.strip_suffix("-metrics").unwrap_or(port_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metrics_port_belongs_to_its_process() {
        assert_eq!(base("worker-2-metrics"), "worker-2");
        assert_eq!(base("api"), "api");
    }
}
