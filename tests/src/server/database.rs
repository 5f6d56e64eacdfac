//! One database per test, made from a template that is migrated once per cluster.

use std::time::Duration;

use secrecy::SecretString;
use shared::db::{Passwords, Role, migrate};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use url::Url;
use uuid::Uuid;

use crate::deadline;

const TEMPLATE: &str = "aetherflow_template";

/// The advisory lock under which the template is migrated and copied: a copy needs a template
/// nobody is connected to.
const LOCK: i64 = 0x7465_7374;

/// A database with our schema, reached as the roles of production.
#[derive(Debug)]
pub struct Database {
    /// A superuser's URL of the cluster's `postgres` database.
    server: Url,
    name: String,
    /// A superuser's connections, for looking and for moving the clock.
    pub pool: PgPool,
}

impl Database {
    /// Copies the template in the cluster of `server`.
    pub async fn create(server: &Url) -> Self {
        let name = format!("system_{}", Uuid::now_v7().simple());
        let mut conn = connect(server).await;
        sqlx::query("SELECT pg_advisory_lock($1)")
            .bind(LOCK)
            .execute(&mut conn)
            .await
            .expect("a lock");
        migrate_template(&mut conn, server).await;
        let copy = format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}");
        // The backend of the migration may take a moment to end.
        deadline::until("the template is free to be copied", Duration::from_secs(20), async || {
            sqlx::raw_sql(AssertSqlSafe(copy.clone())).execute(&mut conn).await.ok().map(drop)
        })
        .await;
        conn.close().await.expect("a connection closes");
        let url = with_database(server, &name);
        let pool = sqlx::postgres::PgPoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(30))
            .connect_lazy(url.as_str())
            .expect("the URL of a database is one");
        Self { server: server.clone(), name, pool }
    }

    /// As one of the roles of production.
    pub fn url(&self, role: Role) -> String {
        let mut url = with_database(&self.server, &self.name);
        url.set_username(role.name()).expect("a host can have a user");
        url.set_password(Some(&role_password(role))).expect("a host can have a password");
        url.into()
    }

    /// As superuser, like `ctl migrate`.
    pub fn superuser_url(&self) -> String {
        with_database(&self.server, &self.name).into()
    }

    /// Deletes it with whoever is still connected.
    pub async fn drop_now(&self) {
        self.pool.close().await;
        let mut conn = connect(&self.server).await;
        let statement = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut conn)
            .await
            .expect("it can be dropped");
        conn.close().await.expect("a connection closes");
    }
}

/// The password of a role, the same in every run: roles belong to the cluster, and test processes
/// side by side must agree.
pub fn role_password(role: Role) -> String {
    format!("system-tests-{}", role.name())
}

async fn migrate_template(conn: &mut PgConnection, server: &Url) {
    let exists: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(TEMPLATE)
            .fetch_one(&mut *conn)
            .await
            .expect("the catalogue can be read");
    if !exists {
        let create = format!("CREATE DATABASE {TEMPLATE}");
        sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut *conn).await.expect("a database");
    }
    let passwords = Role::ALL.into_iter().fold(Passwords::default(), |all, role| {
        all.with(role, SecretString::from(role_password(role)))
    });
    // Cheap when nothing changed, and right when the migrations did.
    let url = SecretString::from(String::from(with_database(server, TEMPLATE)));
    migrate(&url, &passwords).await.expect("the template can be migrated");
}

fn with_database(server: &Url, name: &str) -> Url {
    let mut url = server.clone();
    url.set_path(name);
    url
}

async fn connect(server: &Url) -> PgConnection {
    PgConnection::connect(server.as_str()).await.expect("the test cluster answers")
}
