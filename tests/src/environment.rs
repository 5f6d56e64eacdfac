//! What `cargo xtask` tells tests and measurements: where the databases and the binaries are.

use std::path::PathBuf;

use url::Url;

const HINT: &str =
    "run it by `cargo xtask test`, or `cargo xtask with-databases -- cargo test -p tests`";

/// The superuser's URL of the database `postgres` of a cluster that tests may fill.
pub fn database_url() -> Url {
    url("AETHERFLOW_TEST_DATABASE_URL")
}

/// A Redis that tests share; each keeps to a namespace of its own.
pub fn redis_url() -> Url {
    url("AETHERFLOW_TEST_REDIS_URL")
}

/// The folder of `initdb`, `postgres`, `pgbench`.
pub fn postgres_programs() -> PathBuf {
    PathBuf::from(variable("AETHERFLOW_TEST_PG_BIN"))
}

/// Who runs a cluster when we are root, because `PostgreSQL` refuses to.
pub fn postgres_account() -> Option<String> {
    std::env::var("AETHERFLOW_TEST_PG_USER").ok()
}

/// What a generated run is drawn from: `AETHERFLOW_TEST_SEED`, else a new one. Print it.
pub fn seed() -> u64 {
    number("AETHERFLOW_TEST_SEED").unwrap_or_else(rand::random)
}

/// How many cases of each kind to generate: `AETHERFLOW_TEST_CASES`, else `usual`.
pub fn cases(usual: usize) -> usize {
    let asked = number("AETHERFLOW_TEST_CASES").map(usize::try_from);
    asked.map_or(usual, |it| it.expect("a number of cases"))
}

/// One of our binaries: from `AETHERFLOW_BIN_DIR`, else from where cargo put this program.
pub fn program(name: &str) -> PathBuf {
    let folder = std::env::var_os("AETHERFLOW_BIN_DIR").map_or_else(own_folder, PathBuf::from);
    let path = folder.join(name);
    assert!(path.is_file(), "{} is not built; {HINT}", path.display());
    path
}

/// `target/debug`, whether we are a binary in it or a test in its `deps`.
fn own_folder() -> PathBuf {
    let own = std::env::current_exe().expect("Linux knows where a running program lies");
    let folder = own.parent().expect("a file lies in a folder");
    match folder.file_name() {
        Some(name) if name == "deps" => folder.parent().expect("deps lies in a folder").to_owned(),
        _ => folder.to_owned(),
    }
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{name} is not a number: {error}")))
}

fn url(name: &str) -> Url {
    Url::parse(&variable(name)).unwrap_or_else(|error| panic!("{name} is not a URL: {error}"))
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; {HINT}"))
}
