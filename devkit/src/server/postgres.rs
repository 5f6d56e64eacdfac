//! A private PostgreSQL: its own cluster, passwords everywhere, nothing but the loopback address.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::Lifetime;
use super::programs::PostgresPrograms;
use crate::account::Account;
use crate::private_file;
use crate::process::{Launch, Readiness};

/// The superuser of every private cluster.
pub const SUPERUSER: &str = "postgres";

/// Settings that differ between a demo, a test run and a measurement. What keeps data safe
/// (`fsync`, `full_page_writes`, `synchronous_commit`) is on in all of them.
#[derive(Debug, Clone, Copy)]
pub struct Tuning {
    pub shared_buffers: &'static str,
    pub max_wal_size: &'static str,
    pub checkpoint_timeout: &'static str,
    pub connections_max: u16,
}

impl Tuning {
    /// A demo on somebody's laptop.
    pub const DEMO: Self = Self {
        shared_buffers: "128MB",
        max_wal_size: "1GB",
        checkpoint_timeout: "5min",
        connections_max: 200,
    };
    /// Many small databases at once.
    pub const TEST: Self = Self {
        shared_buffers: "256MB",
        max_wal_size: "2GB",
        checkpoint_timeout: "15min",
        connections_max: 400,
    };
    /// One test with a server of its own.
    pub const SMALL: Self = Self {
        shared_buffers: "64MB",
        max_wal_size: "1GB",
        checkpoint_timeout: "5min",
        connections_max: 200,
    };
    /// A measurement, for both sides of the comparison.
    pub const BENCH: Self = Self {
        shared_buffers: "2GB",
        max_wal_size: "8GB",
        checkpoint_timeout: "30min",
        connections_max: 400,
    };
}

/// One cluster on this machine.
#[derive(Debug, Clone)]
pub struct Cluster {
    pub programs: PostgresPrograms,
    /// A folder that belongs to `account`; the cluster lies in `data` within it.
    pub home: PathBuf,
    pub account: Option<Account>,
    pub port: u16,
    pub password: String,
    pub tuning: Tuning,
    pub lifetime: Lifetime,
}

impl Cluster {
    /// Creates the cluster unless it exists. The finished folder gets its name last, so an interrupted
    /// run leaves none.
    pub fn initialise(&self) -> Result<()> {
        let data = self.home.join("data");
        if let Ok(version) = std::fs::read_to_string(data.join("PG_VERSION")) {
            let (created_by, installed) = (version.trim(), self.programs.major.to_string());
            if created_by != installed {
                bail!(
                    "{} was created by PostgreSQL {created_by}, but {installed} is installed; \
                     `cargo xtask down --wipe` deletes the development data",
                    data.display()
                );
            }
            return Ok(());
        }
        let unfinished = self.home.join("data.unfinished");
        let _ = std::fs::remove_dir_all(&unfinished);
        let password_file = self.home.join("superuser-password");
        private_file::write(&password_file, self.password.as_bytes())?;
        let made = self.initdb(&unfinished, &password_file);
        let _ = std::fs::remove_file(&password_file);
        made?;
        std::fs::rename(&unfinished, &data).context("the new cluster could not be named")
    }

    fn initdb(&self, data: &Path, password_file: &Path) -> Result<()> {
        if let Some(account) = &self.account {
            account.own(password_file)?;
        }
        let mut command = Command::new(self.programs.bin.join("initdb"));
        command
            .args(["--username", SUPERUSER, "--auth", "scram-sha-256", "--encoding", "UTF8"])
            .args(["--locale", "C", "--data-checksums", "--no-instructions", "--pgdata"])
            .arg(data)
            .arg("--pwfile")
            .arg(password_file)
            .current_dir(&self.home)
            .env_remove("PGDATA")
            .stdin(Stdio::null());
        if self.lifetime == Lifetime::Run {
            // Its files need not survive a crash of the machine, and this saves seconds.
            command.arg("--no-sync");
        }
        if let Some(account) = &self.account {
            account.run(&mut command);
        }
        let answer = command.output().context("initdb could not be run")?;
        if answer.status.success() {
            return Ok(());
        }
        bail!("initdb failed: {}", String::from_utf8_lossy(&answer.stderr).trim())
    }

    /// How the server is started.
    pub fn launch(&self, log: PathBuf) -> Launch {
        let settings = [
            ("listen_addresses", "127.0.0.1"),
            ("port", &self.port.to_string()),
            // TCP only: the path of a socket in a deep checkout would be too long.
            ("unix_socket_directories", ""),
            ("max_connections", &self.tuning.connections_max.to_string()),
            ("shared_buffers", self.tuning.shared_buffers),
            ("max_wal_size", self.tuning.max_wal_size),
            ("checkpoint_timeout", self.tuning.checkpoint_timeout),
            ("fsync", "on"),
            ("full_page_writes", "on"),
            ("synchronous_commit", "on"),
            ("logging_collector", "off"),
            ("log_line_prefix", "%m [%p] %q%u@%d "),
            ("timezone", "UTC"),
            ("log_timezone", "UTC"),
        ];
        let mut args = vec!["-D".to_owned(), self.home.join("data").display().to_string()];
        for (name, value) in settings {
            args.extend(["-c".to_owned(), format!("{name}={value}")]);
        }
        let readiness = Readiness::Postgres { bin: self.programs.bin.clone(), port: self.port };
        Launch {
            args,
            account: self.account.clone(),
            folder: self.home.clone(),
            lock_file: Some(self.home.join("data/postmaster.pid")),
            ..Launch::new("postgres", self.programs.bin.join("postgres"), log, readiness)
        }
    }

    /// The URL of one database for one role. Names and passwords are ours and need no escaping.
    pub fn url(&self, role: &str, password: &str, database: &str) -> String {
        format!("postgres://{role}:{password}@127.0.0.1:{}/{database}", self.port)
    }

    /// The superuser's URL.
    pub fn superuser_url(&self, database: &str) -> String {
        self.url(SUPERUSER, &self.password, database)
    }

    /// Creates a database unless it exists. The name is one of ours and needs no escaping.
    pub fn ensure_database(&self, name: &str) -> Result<()> {
        let found = self.psql(&format!("SELECT 1 FROM pg_database WHERE datname = '{name}'"))?;
        if found.trim().is_empty() {
            self.psql(&format!("CREATE DATABASE {name}"))?;
        }
        Ok(())
    }

    /// Runs one statement as superuser and returns its plain output.
    pub fn psql(&self, statement: &str) -> Result<String> {
        let answer = Command::new(self.programs.bin.join("psql"))
            .args(["--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align"])
            .args(["-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", SUPERUSER, "-d", SUPERUSER])
            .args(["-p", &self.port.to_string(), "-c", statement])
            .env("PGPASSWORD", &self.password)
            .stdin(Stdio::null())
            .output()
            .context("psql could not be run")?;
        if answer.status.success() {
            return Ok(String::from_utf8_lossy(&answer.stdout).into_owned());
        }
        bail!("PostgreSQL refused: {}", String::from_utf8_lossy(&answer.stderr).trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster() -> Cluster {
        Cluster {
            programs: PostgresPrograms { bin: PathBuf::from("/pg/bin"), major: 16 },
            home: PathBuf::from("/home-of-it"),
            account: None,
            port: 20_001,
            password: "secret".to_owned(),
            tuning: Tuning::BENCH,
            lifetime: Lifetime::Run,
        }
    }

    #[test]
    fn a_measurement_gives_up_no_durability() {
        let args = cluster().launch(PathBuf::from("x.log")).args.join(" ");
        for setting in ["fsync=on", "full_page_writes=on", "synchronous_commit=on"] {
            assert!(args.contains(setting), "{setting}");
        }
        assert!(args.contains("shared_buffers=2GB"));
        assert!(args.contains("listen_addresses=127.0.0.1"));
    }

    #[test]
    fn the_password_is_not_on_the_command_line() {
        assert!(!cluster().launch(PathBuf::from("x.log")).args.join(" ").contains("secret"));
    }

    #[test]
    fn urls_name_role_password_and_database() {
        assert_eq!(
            cluster().url("aether_api", "p", "aetherflow"),
            "postgres://aether_api:p@127.0.0.1:20001/aetherflow"
        );
    }
}
