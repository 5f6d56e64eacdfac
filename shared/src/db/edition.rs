//! Which functions are the later ones: a number that grows whenever they change. A hash tells that two builds differ, but
//! not which of them is older.

/// The number and the hash of the functions it was given for.
const RECORDED: &str = include_str!("../../../migrations/functions/edition");

/// The edition of this build's functions.
pub(super) fn edition() -> i32 {
    let (number, _) = recorded();
    number.parse().expect("a test reads it")
}

fn recorded() -> (&'static str, &'static str) {
    RECORDED.trim().split_once(' ').expect("a test reads it")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::files::functions_hash;

    #[test]
    fn the_edition_grows_with_every_change_of_the_functions() {
        let hash = hex::encode(functions_hash());
        if recorded().1 == hash {
            return;
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations/functions/edition");
        assert!(
            std::env::var_os("UPDATE_EDITION").is_some(),
            "the functions have changed: UPDATE_EDITION=1 cargo test -p shared edition"
        );
        std::fs::write(path, format!("{} {hash}\n", edition() + 1)).unwrap();
    }
}
