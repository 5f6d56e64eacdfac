//! The other side of the comparison: `pgbench` TPC-B on the same server.

use std::process::Stdio;

use anyhow::{Context, Result, bail};
use devkit::environment;
use devkit::server::programs::find_postgres;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::process::Command;
use url::Url;

const DATABASE: &str = "bench_tpcb";

/// A database filled for TPC-B; dropped by [`TpcB::drop_now`].
pub struct TpcB {
    server: Url,
}

impl TpcB {
    /// Fills it: half a minute at scale 100.
    pub async fn fill(scale: u32) -> Result<Self> {
        let this = Self { server: Url::parse(&environment::database_url())? };
        this.superuser(&format!("DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")).await?;
        this.superuser(&format!("CREATE DATABASE {DATABASE}")).await?;
        let scale = scale.to_string();
        this.pgbench(&["--initialize", "--quiet", "--scale", &scale]).await?;
        Ok(this)
    }

    /// Transactions per second with prepared statements, without the time to connect.
    pub async fn run(&self, clients: usize, seconds: u64) -> Result<f64> {
        let (clients, seconds) = (clients.to_string(), seconds.to_string());
        let report = self
            .pgbench(&[
                "--protocol",
                "prepared",
                "--no-vacuum",
                "--jobs",
                "2",
                "--client",
                &clients,
                "--time",
                &seconds,
            ])
            .await?;
        let line = report.lines().find_map(|it| it.strip_prefix("tps = "));
        let number = line.and_then(|it| it.split_whitespace().next());
        let number =
            number.with_context(|| format!("the report of pgbench has no tps: {report}"))?;
        number.parse().context("tps is a number")
    }

    pub async fn drop_now(&self) -> Result<()> {
        self.superuser(&format!("DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")).await
    }

    async fn pgbench(&self, args: &[&str]) -> Result<String> {
        let postgres = find_postgres().context("no PostgreSQL is on this machine")?;
        let program = postgres.bin.join("pgbench");
        let port = self.server.port().unwrap_or(5432).to_string();
        let host = self.server.host_str().context("the server has a host")?;
        let answer = Command::new(program)
            .args(["--host", host, "--port", &port, "--username", self.server.username()])
            .args(args)
            .arg(DATABASE)
            .env("PGPASSWORD", self.server.password().unwrap_or_default())
            .stdin(Stdio::null())
            .output()
            .await
            .context("pgbench could not be run")?;
        if !answer.status.success() {
            bail!("pgbench failed: {}", String::from_utf8_lossy(&answer.stderr));
        }
        Ok(String::from_utf8_lossy(&answer.stdout).into_owned())
    }

    async fn superuser(&self, statement: &str) -> Result<()> {
        let mut conn = PgConnection::connect(self.server.as_str()).await?;
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut conn).await?;
        Ok(conn.close().await?)
    }
}
