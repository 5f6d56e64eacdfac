//! A dump of the database, as a backup would have it: no plain key is in it.

use std::process::Command;

use devkit::server::programs::find_postgres;
use secrecy::ExposeSecret as _;

use crate::stack::Stack;

pub(super) fn check(stack: &Stack) -> Vec<String> {
    let program = find_postgres().expect("PostgreSQL is installed").bin.join("pg_dump");
    let dump =
        Command::new(program).arg("--dbname").arg(stack.database.url().expose_secret()).output();
    let dump = match dump {
        Ok(dump) if dump.status.success() => dump.stdout,
        Ok(dump) => return vec![format!("pg_dump: {}", String::from_utf8_lossy(&dump.stderr))],
        Err(error) => return vec![format!("pg_dump cannot be run: {error}")],
    };
    let text = String::from_utf8_lossy(&dump);
    if !text.contains("COPY generation.task") {
        return vec!["a dump without tasks proves nothing".to_owned()];
    }
    let keys = stack.known_keys();
    let open = keys.iter().filter(|it| text.contains(it.secret.as_str()));
    open.map(|it| format!("a dump holds the plain key {}…", &it.secret[..8])).collect()
}
