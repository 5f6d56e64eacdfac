//! One database per test, whichever crate the test is in: a copy of a template that is migrated once
//! per server.

mod template;

use std::str::FromStr as _;
use std::time::Duration;

use secrecy::SecretString;
use shared::db::Role;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, PgPool};
use uuid::Uuid;

use crate::{deadline, environment};

pub use template::role_password;

/// How long a condition in a database may take to come true.
const WITHIN: Duration = Duration::from_secs(20);

/// A database of one test. [`Database::drop`] deletes it; one that a failed test leaves behind goes
/// with its server.
#[derive(Debug)]
pub struct Database {
    /// A superuser's way to the server's database `postgres`.
    server: PgConnectOptions,
    name: String,
}

impl Database {
    /// One with our schema, on the server that tests share.
    pub async fn create() -> Self {
        Self::create_on(&environment::database_url()).await
    }

    /// One with our schema, on the server of this superuser's URL.
    pub async fn create_on(server: &str) -> Self {
        let this = Self::named(server);
        template::copy(&this.server, &this.name).await;
        this
    }

    /// An empty one, on the server that tests share.
    pub async fn empty() -> Self {
        let this = Self::named(&environment::database_url());
        execute(&this.server, &format!("CREATE DATABASE {}", this.name)).await;
        this
    }

    fn named(server: &str) -> Self {
        let server = PgConnectOptions::from_str(server).expect("a URL of PostgreSQL");
        Self { server, name: format!("test_{}", Uuid::now_v7().simple()) }
    }

    /// A superuser's URL.
    pub fn url(&self) -> SecretString {
        url_of(&self.options())
    }

    /// The URL of one of the roles of production.
    pub fn url_as(&self, role: Role) -> SecretString {
        url_of(&self.options_as(role))
    }

    /// How a superuser connects.
    pub fn options(&self) -> PgConnectOptions {
        self.server.clone().database(&self.name)
    }

    /// How one of the roles of production connects.
    pub fn options_as(&self, role: Role) -> PgConnectOptions {
        self.options().username(role.name()).password(&role_password(role))
    }

    /// A superuser's connection.
    pub async fn superuser(&self) -> PgConnection {
        self.options().connect().await.expect("the test server answers")
    }

    /// A superuser's connections.
    pub async fn pool(&self) -> PgPool {
        pool(self.options()).await
    }

    /// Connections of one of the roles of production.
    pub async fn pool_as(&self, role: Role) -> PgPool {
        pool(self.options_as(role)).await
    }

    /// Runs statements as superuser.
    pub async fn run(&self, statements: &str) {
        execute(&self.options(), statements).await;
    }

    /// Waits until `condition` is true; panics with `what` when it does not become true in time.
    pub async fn wait_until(
        &self,
        what: &str,
        condition: impl AsyncFn(&mut PgConnection) -> sqlx::Result<bool>,
    ) {
        let mut conn = self.superuser().await;
        deadline::until_true(what, WITHIN, async || {
            condition(&mut conn).await.expect("the condition can be queried")
        })
        .await;
    }

    /// Waits until one session of this database waits for a row that another one has locked.
    pub async fn wait_until_one_waits(&self) {
        let waiting = "SELECT count(*) = 1 FROM pg_stat_activity
                        WHERE wait_event_type = 'Lock' AND datname = current_database()";
        self.wait_until("one session waits for a row", async |conn| {
            sqlx::query_scalar(waiting).fetch_one(conn).await
        })
        .await;
    }

    /// Deletes it, ending the sessions that are still connected.
    pub async fn drop(&self) {
        execute(&self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }
}

/// A URL that every client of PostgreSQL understands: sqlx alone knows the parameters it would add.
fn url_of(options: &PgConnectOptions) -> SecretString {
    let mut url = options.to_url_lossy();
    url.set_query(None);
    SecretString::from(url.to_string())
}

async fn pool(options: PgConnectOptions) -> PgPool {
    let pool = PgPoolOptions::new().max_connections(4).connect_with(options).await;
    pool.expect("the test server answers")
}

async fn execute(options: &PgConnectOptions, statements: &str) {
    let mut conn = options.connect().await.expect("the test server answers");
    let ran = sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut conn).await;
    ran.unwrap_or_else(|error| panic!("{error} in: {statements}"));
    conn.close().await.expect("a connection closes");
}
