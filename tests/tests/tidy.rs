//! Architecture as a test: what the code map in ARCHITECTURE.md says a crate may not do, it does not.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every file below `folder` with this extension, with its text.
fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().expect("the folder is there").flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == extension) {
                let name =
                    path.strip_prefix(root()).expect("it is below the root").display().to_string();
                found.push((name, std::fs::read_to_string(&path).expect("it is text")));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} holds no .{extension}");
    found
}

/// No line of the folder's Rust files, tests and comments aside, contains one of `words`.
fn never(folder: &str, words: &[&str], why: &str) {
    let product = files(folder, "rs").into_iter().filter(|(file, _)| !file.contains("/tests"));
    for (file, text) in product {
        let code = text.lines().filter(|it| !it.trim_start().starts_with("//"));
        for (number, line) in code.enumerate() {
            let word = words.iter().find(|it| line.contains(**it));
            assert!(word.is_none(), "{file}, code line {}: `{}`: {why}", number + 1, line.trim());
        }
    }
}

/// What a crate's manifest lists as its dependencies; those of its tests aside.
fn dependencies(folder: &str) -> Vec<String> {
    let manifest = std::fs::read_to_string(root().join(folder).join("Cargo.toml"))
        .expect("a crate has a manifest");
    let (_, after) = manifest.split_once("[dependencies]").unwrap_or_default();
    let section = after.split("\n[").next().unwrap_or_default();
    let names = section.lines().filter_map(|it| it.split(['.', '=', ' ']).next());
    names.filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

#[test]
fn the_domain_knows_neither_http_nor_the_environment() {
    never("shared/src", &["poem", "reqwest", "hyper"], "HTTP belongs to api and providers");
    for folder in ["audit_log", "generation", "identity", "images", "ledger", "pool"] {
        never(&format!("shared/src/{folder}"), &["std::env::"], "settings come from the binaries");
    }
}

#[test]
fn what_the_domains_stand_on_imports_none_of_them() {
    let domains = ["crate::generation", "crate::identity", "crate::ledger", "crate::pool"];
    for folder in ["shared/src/db", "shared/src/images", "shared/src/jobs", "shared/src/batch"] {
        never(folder, &domains, "db, images, jobs and batch import no domain");
    }
}

#[test]
fn sql_stays_out_of_routes_and_adapters() {
    never("api/src", &["sqlx::query", "QueryBuilder"], "SQL belongs to shared");
    never("providers/src", &["sqlx", "PgPool"], "an adapter touches no database");
    never("operations/src", &["shared::"], "operations knows no domain");
}

#[test]
fn a_provider_call_holds_no_database_connection() {
    never("worker/src/attempt", &[".acquire()", ".begin()"], "a call holds no connection");
}

#[test]
fn binaries_do_not_depend_on_each_other_nor_on_what_only_development_needs() {
    let binaries = ["api", "worker", "scheduler", "ctl"];
    for binary in binaries {
        let listed = dependencies(binary);
        assert!(listed.contains(&"shared".to_owned()), "{binary}: {listed:?}");
        for other in binaries.into_iter().chain(["simulator", "xtask", "devkit", "tests"]) {
            assert!(!listed.contains(&other.to_owned()), "{binary} depends on {other}");
        }
    }
}

#[test]
fn operations_of_admins_run_as_the_role_of_admins() {
    let routes = files("api/src/routes", "rs").into_iter();
    let of_admins: Vec<_> = routes.filter(|(_, text)| text.contains("dmin: Admin,")).collect();
    assert!(of_admins.len() > 10, "{}", of_admins.len());
    for (file, text) in of_admins {
        assert!(
            !text.contains("app.db"),
            "{file}: what admins do and see is not the public's role's"
        );
    }
}

#[test]
fn what_owners_are_shown_is_read_without_a_prompt() {
    let why = "an owner sees no prompt made with their key";
    for folder in
        ["shared/src/pool/resource", "shared/src/ledger/earnings", "api/src/routes/resource"]
    {
        never(folder, &["prompt", "generation.task "], why);
    }
    for (file, text) in files("shared/src/pool/resource", "sql") {
        assert!(!text.contains("prompt") && !text.contains("generation.task "), "{file}: {why}");
    }
}

/// In docs/security.md a `word` of four parts or more is the name of a test.
#[test]
fn every_test_that_the_security_page_names_exists() {
    let page = std::fs::read_to_string(root().join("docs/security.md")).expect("it is there");
    let words = page.split('`').skip(1).step_by(2);
    let snake = |it: &&str| it.bytes().all(|it| matches!(it, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    let named: Vec<&str> = words.filter(snake).filter(|it| it.matches('_').count() > 2).collect();
    assert!(named.len() > 90, "{}", named.len());
    let folders = ["shared", "api", "worker", "scheduler", "providers", "operations", "tests"];
    let code: Vec<String> =
        folders.into_iter().flat_map(|it| files(it, "rs")).map(|(_, text)| text).collect();
    for name in named {
        let test = format!("fn {name}(");
        let exists = code.iter().any(|text| {
            text.split("#[").any(|part| {
                let (attribute, rest) = part.split_once(']').unwrap_or_default();
                let is_test = attribute.starts_with("test") || attribute.starts_with("tokio::test");
                is_test && rest.find("fn ").is_some_and(|at| rest[at..].starts_with(&test))
            })
        });
        assert!(exists, "docs/security.md names the test {name}, and there is none");
    }
}

#[test]
fn no_line_of_sql_is_longer_than_120_characters() {
    for (file, text) in files("migrations", "sql").into_iter().chain(files("shared", "sql")) {
        for (number, line) in text.lines().enumerate() {
            assert!(line.chars().count() <= 120, "{file}:{}: {line}", number + 1);
        }
    }
}
