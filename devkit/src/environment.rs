//! What `cargo xtask` tells tests and measurements through environment variables: where the databases
//! and the binaries are.

use std::path::PathBuf;

/// A superuser's URL of the database `postgres` of a server that tests may fill.
pub const DATABASE_URL: &str = "AETHERFLOW_TEST_DATABASE_URL";
/// A Redis that tests share, as somebody who may do everything; each test keeps to a namespace of its own.
pub const REDIS_URL: &str = "AETHERFLOW_TEST_REDIS_URL";
/// The folder of our binaries.
pub const BIN_DIR: &str = "AETHERFLOW_BIN_DIR";

/// The folder of what reads the document in the test run: generators, linters and what they need.
pub const CLIENTS_DIR: &str = "AETHERFLOW_CLIENTS_DIR";
/// A browser, for what only a browser can show.
pub const BROWSER: &str = "AETHERFLOW_BROWSER";

const HINT: &str = "run the tests with `cargo xtask test`, or some of them with \
                    `cargo xtask with-databases -- cargo nextest run -p PACKAGE NAME`";

/// The value of [`DATABASE_URL`]; panics with the way out when there is none.
pub fn database_url() -> String {
    required(DATABASE_URL)
}

/// The value of [`REDIS_URL`]; panics with the way out when there is none.
pub fn redis_url() -> String {
    required(REDIS_URL)
}

/// The same Redis as one of the users of a deployment: `aether_api`, `aether_worker`, …
pub fn redis_url_as(user: &str) -> String {
    crate::server::redis::url_as(&redis_url(), user)
}

/// One of our binaries: from [`BIN_DIR`], else from where cargo put this program.
pub fn program(name: &str) -> PathBuf {
    let folder = std::env::var_os(BIN_DIR).map_or_else(own_folder, PathBuf::from);
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

fn required(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{}", missing(name)))
}

fn missing(name: &str) -> String {
    format!("no databases for tests: {name} is not set; {HINT}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_without_databases_is_told_the_command_that_brings_them() {
        let message = missing(DATABASE_URL);
        assert!(message.contains("cargo xtask with-databases -- "), "{message}");
        assert!(message.contains(DATABASE_URL), "{message}");
    }
}
