//! No plain key, password or token in any log, in Redis, or in a table.

use redis::aio::MultiplexedConnection;
use sqlx::AssertSqlSafe;
use url::Url;

use crate::stack::Stack;

/// Every place where a secret lies open, without the secret.
pub async fn find_secrets(stack: &Stack) -> Vec<String> {
    let mut secrets: Vec<String> = stack.known_keys().into_iter().map(|it| it.secret).collect();
    secrets.extend(stack.known_users().iter().flat_map(crate::client::User::secrets));
    let mut found = in_logs(stack, &secrets);
    found.extend(in_redis(stack, &secrets).await);
    found.extend(in_tables(stack, &secrets).await);
    found
}

fn in_logs(stack: &Stack, secrets: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["api", "worker", "scheduler"].iter().flat_map(|it| stack.names_of(it)) {
        let log = stack.log(&name);
        let settings = stack.secret_settings();
        let all = secrets.iter().chain(&settings).filter(|it| log.contains(it.as_str()));
        found.extend(
            all.map(|it| format!("the log of {name} contains a secret, {}…", start_of(it))),
        );
    }
    found
}

async fn in_redis(stack: &Stack, secrets: &[String]) -> Vec<String> {
    let Some(mut conn) = redis_connection(stack).await else { return Vec::new() };
    let mut found = Vec::new();
    for key in redis_keys(&mut conn, &stack.redis_namespace).await {
        let mut value = read_all(&mut conn, &key).await;
        value.extend_from_slice(key.as_bytes());
        let value = String::from_utf8_lossy(&value).into_owned();
        let open = secrets.iter().filter(|it| value.contains(it.as_str()));
        found
            .extend(open.map(|it| format!("Redis keeps a secret, {}…, under {key}", start_of(it))));
    }
    found
}

/// A connection to the stack's Redis, unless the test has stopped it.
pub async fn redis_connection(stack: &Stack) -> Option<MultiplexedConnection> {
    let client = redis::Client::open(Url::clone(&stack.redis_url)).expect("a URL of Redis");
    client.get_multiplexed_async_connection().await.ok()
}

/// Every key of a namespace.
pub async fn redis_keys(conn: &mut MultiplexedConnection, namespace: &str) -> Vec<String> {
    let (mut keys, mut cursor) = (Vec::new(), 0_u64);
    loop {
        let (next, page): (u64, Vec<String>) = redis::cmd("SCAN")
            .arg(cursor)
            .arg("MATCH")
            .arg(format!("*{namespace}*"))
            .arg("COUNT")
            .arg(1_000)
            .query_async(conn)
            .await
            .expect("Redis scans");
        keys.extend(page);
        if next == 0 {
            return keys;
        }
        cursor = next;
    }
}

/// What a key holds, its parts one after the other: a dump would be compressed.
async fn read_all(conn: &mut MultiplexedConnection, key: &str) -> Vec<u8> {
    let kind: String = redis::cmd("TYPE").arg(key).query_async(conn).await.expect("Redis answers");
    let mut command = match kind.as_str() {
        "string" => redis::cmd("GET"),
        "hash" => redis::cmd("HGETALL"),
        "list" => redis::cmd("LRANGE"),
        "set" => redis::cmd("SMEMBERS"),
        "zset" => redis::cmd("ZRANGE"),
        // Gone since the scan.
        "none" => return Vec::new(),
        other => panic!("nobody thought of Redis' {other}"),
    };
    command.arg(key);
    if matches!(kind.as_str(), "list" | "zset") {
        command.arg(0).arg(-1);
    }
    let value: redis::Value = command.query_async(conn).await.expect("Redis answers");
    let mut bytes = Vec::new();
    flatten(&value, &mut bytes);
    bytes
}

fn flatten(value: &redis::Value, into: &mut Vec<u8>) {
    match value {
        redis::Value::BulkString(bytes) => into.extend_from_slice(bytes),
        redis::Value::SimpleString(text) => into.extend_from_slice(text.as_bytes()),
        redis::Value::Array(items) | redis::Value::Set(items) => {
            for item in items {
                flatten(item, into);
            }
        }
        redis::Value::Map(pairs) => {
            for (name, value) in pairs {
                flatten(name, into);
                flatten(value, into);
            }
        }
        _ => {}
    }
}

/// Looks at every row of every table, as text; bytes appear there in hexadecimal.
async fn in_tables(stack: &Stack, secrets: &[String]) -> Vec<String> {
    let pool = &stack.database.pool;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
          WHERE schemaname IN ('identity', 'ledger', 'pool', 'generation', 'ops')",
    )
    .fetch_all(pool)
    .await
    .expect("a superuser reads everything");
    let patterns: Vec<String> =
        secrets.iter().flat_map(|it| [format!("%{it}%"), format!("%{}%", in_hex(it))]).collect();
    let mut found = Vec::new();
    for table in tables {
        let query = format!("SELECT count(*) FROM {table} AS row WHERE row::text LIKE ANY ($1)");
        let rows: i64 = sqlx::query_scalar(AssertSqlSafe(query))
            .bind(&patterns)
            .fetch_one(pool)
            .await
            .expect("a superuser reads everything");
        if rows > 0 {
            found.push(format!("{rows} rows of {table} hold a secret"));
        }
    }
    found
}

fn in_hex(text: &str) -> String {
    text.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

fn start_of(secret: &str) -> String {
    secret.chars().take(8).collect()
}
