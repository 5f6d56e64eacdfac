//! The template: migrated by whichever test comes first, copied by all.

use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;
use shared::db::{Passwords, Role, database_rights, migrate};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};

use crate::stable_hash::stable_hash;
use crate::{deadline, environment};

/// The advisory lock under which the template is made.
const LOCK: i64 = 0x7465_7374;
/// The session of the migration may take a moment to end, and a template with a session in it is
/// not copied.
const COPIED_WITHIN: Duration = Duration::from_secs(20);

/// The password of a role, the same in every run: roles belong to the server, and tests side by side
/// must agree.
pub fn role_password(role: Role) -> String {
    environment::role_password(role.name())
}

/// Creates the database `name` as a copy of the template.
pub(super) async fn copy(server: &PgConnectOptions, name: &str) {
    let template = template_name();
    let mut conn = server.connect().await.expect("the test server answers");
    if !is_finished(&mut conn, &template).await {
        make(&mut conn, server, &template).await;
    }
    let copy = format!("CREATE DATABASE {name} TEMPLATE {template}");
    let mut failed = None;
    let copied = deadline::find(COPIED_WITHIN, async || {
        let outcome = sqlx::raw_sql(AssertSqlSafe(copy.clone())).execute(&mut conn).await;
        outcome.map_err(|error| failed = Some(error)).ok()
    })
    .await;
    assert!(copied.is_some(), "the template cannot be copied: {failed:?}");
    // A copy has everything of its template but who may connect.
    run(&mut conn, &database_rights(name)).await;
    conn.close().await.expect("a connection closes");
}

/// Named after the migrations, because a server may outlive an edit of one:
/// `cargo xtask with-databases -- bash`.
fn template_name() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let mut files = Vec::new();
    for folder in [folder.join("functions"), folder] {
        let entries = std::fs::read_dir(&folder).expect("the migrations are in the checkout");
        files.extend(entries.map(|it| it.expect("a folder can be listed").path()));
    }
    files.retain(|it| it.is_file());
    files.sort();
    let texts = files.iter().map(|it| std::fs::read(it).expect("a migration can be read"));
    let text: Vec<u8> = texts.flatten().collect();
    format!("template_{:016x}", stable_hash(&text))
}

/// A template is marked as one when it is finished; a migration that was interrupted left it unmarked.
async fn is_finished(conn: &mut PgConnection, template: &str) -> bool {
    let marked = "SELECT datistemplate FROM pg_database WHERE datname = $1";
    let marked = sqlx::query_scalar(marked).bind(template).fetch_optional(conn).await;
    marked.expect("the catalogue can be read").unwrap_or(false)
}

async fn make(conn: &mut PgConnection, server: &PgConnectOptions, template: &str) {
    run(conn, &format!("SELECT pg_advisory_lock({LOCK})")).await;
    if !is_finished(conn, template).await {
        run(conn, &format!("DROP DATABASE IF EXISTS {template} WITH (FORCE)")).await;
        run(conn, &format!("CREATE DATABASE {template}")).await;
        let url = super::url_of(&server.clone().database(template));
        let passwords = Role::ALL.into_iter().fold(Passwords::default(), |all, role| {
            all.with(role, SecretString::from(role_password(role)))
        });
        migrate(&url, &passwords).await.expect("the template can be migrated");
        run(conn, &format!("ALTER DATABASE {template} IS_TEMPLATE true")).await;
    }
    run(conn, &format!("SELECT pg_advisory_unlock({LOCK})")).await;
}

async fn run(conn: &mut PgConnection, statement: &str) {
    let ran = sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(conn).await;
    ran.unwrap_or_else(|error| panic!("{error} in: {statement}"));
}
