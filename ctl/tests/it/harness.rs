//! One database per test, and `ctl` with nothing but the environment it is given.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::str::FromStr as _;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection};
use url::Url;
use uuid::Uuid;

/// What a run of `ctl` left behind.
#[derive(Debug)]
pub struct Answer {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs `ctl`, handing over `input` on standard input.
pub fn ctl(environment: &[(&str, &str)], arguments: &[&str], input: &str) -> Answer {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ctl"))
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that does not read its input may have closed it.
    let _closed = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Answer {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A database of this test alone.
pub struct Database {
    admin: PgConnectOptions,
    name: String,
}

impl Database {
    /// An empty one.
    pub async fn empty() -> Self {
        let url = std::env::var("AETHERFLOW_TEST_DATABASE_URL")
            .expect("AETHERFLOW_TEST_DATABASE_URL is set to a superuser's URL");
        let admin = PgConnectOptions::from_str(&url).unwrap();
        let name = format!("ctl_test_{}", Uuid::now_v7().simple());
        let mut conn = admin.connect().await.unwrap();
        run(&mut conn, &format!("CREATE DATABASE {name}")).await;
        Self { admin, name }
    }

    /// One that `ctl migrate` has been at.
    pub async fn migrated() -> Self {
        let database = Self::empty().await;
        let answer = database.ctl(&["migrate"], "");
        assert_eq!(answer.code, 0, "{answer:?}");
        database
    }

    pub fn url(&self) -> Url {
        self.admin.clone().database(&self.name).to_url_lossy()
    }

    /// `ctl` with this database and nothing else.
    pub fn ctl(&self, arguments: &[&str], input: &str) -> Answer {
        ctl(&[("DATABASE_URL", self.url().as_str())], arguments, input)
    }

    pub async fn connect(&self) -> PgConnection {
        self.admin.clone().database(&self.name).connect().await.unwrap()
    }

    pub async fn drop(self) {
        let mut conn = self.admin.connect().await.unwrap();
        run(&mut conn, &format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }
}

pub async fn run(conn: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(conn).await.unwrap();
}
