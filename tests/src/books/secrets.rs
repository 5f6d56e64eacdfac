//! No plain key, password or token in any log, in Redis, or in a table.

use aho_corasick::AhoCorasick;
use futures::TryStreamExt as _;
use redis::aio::MultiplexedConnection;
use sqlx::AssertSqlSafe;
use url::Url;

use crate::stack::Stack;

/// Every place that holds a secret in plain, without the secret.
pub async fn find_secrets(stack: &Stack) -> Vec<String> {
    let mut secrets: Vec<String> = stack.known_keys().into_iter().map(|it| it.secret).collect();
    secrets.extend(stack.known_users().iter().flat_map(crate::client::User::secrets));
    let mut found = in_logs(stack, &secrets);
    found.extend(in_redis(stack, &Search::all(secrets.clone())).await);
    found.extend(in_tables(stack, secrets).await);
    found
}

/// Looks for all secrets in one pass, however many there are.
struct Search {
    secrets: Vec<String>,
    automaton: AhoCorasick,
}

impl Search {
    fn all(secrets: Vec<String>) -> Self {
        let automaton = AhoCorasick::new(&secrets).expect("secrets are short");
        Self { secrets, automaton }
    }

    /// The start of a secret that the text contains.
    fn find(&self, text: impl AsRef<[u8]>) -> Option<String> {
        let found = self.automaton.find(text.as_ref())?;
        Some(self.secrets[found.pattern().as_usize()].chars().take(8).collect())
    }
}

fn in_logs(stack: &Stack, secrets: &[String]) -> Vec<String> {
    let search = Search::all([secrets, &stack.secret_settings()].concat());
    let names = ["api", "worker", "scheduler"].iter().flat_map(|it| stack.names_of(it));
    let found = names.filter_map(|name| {
        let start = search.find(stack.log(&name))?;
        Some(format!("the log of {name} contains a secret, {start}…"))
    });
    found.collect()
}

async fn in_redis(stack: &Stack, search: &Search) -> Vec<String> {
    let Some(mut conn) = redis_connection(stack).await else { return Vec::new() };
    let mut found = Vec::new();
    for key in redis_keys(&mut conn, &stack.redis_namespace).await {
        let mut value = read_all(&mut conn, &key).await;
        value.extend_from_slice(key.as_bytes());
        if let Some(start) = search.find(value) {
            found.push(format!("Redis keeps a secret, {start}…, under {key}"));
        }
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

/// The value of a key, its parts one after the other: DUMP would compress it.
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
        other => panic!("this check cannot read the Redis type {other}"),
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
async fn in_tables(stack: &Stack, mut secrets: Vec<String>) -> Vec<String> {
    let pool = &stack.pool;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
          WHERE schemaname IN ('identity', 'ledger', 'pool', 'generation', 'ops')",
    )
    .fetch_all(pool)
    .await
    .expect("a superuser reads everything");
    let in_hex: Vec<String> = secrets.iter().map(|it| in_hex(it)).collect();
    secrets.extend(in_hex);
    let search = Search::all(secrets);
    let mut found = Vec::new();
    for table in tables {
        let query = format!("SELECT row::text FROM {table} AS row");
        let mut rows = sqlx::query_scalar::<_, String>(AssertSqlSafe(query)).fetch(pool);
        let mut open = 0;
        while let Some(row) = rows.try_next().await.expect("a superuser reads everything") {
            open += usize::from(search.find(row).is_some());
        }
        if open > 0 {
            found.push(format!("{open} rows of {table} hold a secret"));
        }
    }
    found
}

fn in_hex(text: &str) -> String {
    text.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_wherever_it_stands_and_only_its_start_is_told() {
        let search = Search::all(vec!["sk-first-secret".to_owned(), "sk-second-secret".to_owned()]);
        assert_eq!(search.find("…key=sk-second-secret…"), Some("sk-secon".to_owned()));
        assert_eq!(search.find("…key=sk-second-secre…"), None);
    }

    #[test]
    fn bytes_look_as_postgres_writes_them() {
        assert_eq!(in_hex("sk-1"), "736b2d31");
    }
}
