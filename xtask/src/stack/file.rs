//! `.dev/stack.json`: where everything is, for scripts and for people (its shape is public).

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use devkit::private_file;
use devkit::process::{Record, Records};
use serde_json::{Value, json};

use super::blueprint::Blueprint;
use super::logins::{Login, Logins};
use crate::checkout::Checkout;

/// Writes the file from what is running now.
pub fn write(checkout: &Checkout, blueprint: &Blueprint, records: &Records) -> Result<()> {
    write_to(&path(checkout), blueprint, records)
}

/// The same, anywhere else.
pub fn write_to(path: &Path, blueprint: &Blueprint, records: &Records) -> Result<()> {
    let content = content(blueprint, &records.list());
    let text = serde_json::to_vec_pretty(&content).context("the stack could not be encoded")?;
    private_file::write(path, &text)
}

/// Deletes the file, because nothing is running any more.
pub fn remove(checkout: &Checkout) -> Result<()> {
    match std::fs::remove_file(path(checkout)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).context("stack.json could not be removed")
        }
        _ => Ok(()),
    }
}

/// A URL in the file; `None` when nothing is running, or it has none of this name.
pub fn url(checkout: &Checkout, name: &str) -> Option<String> {
    let content: Value = serde_json::from_slice(&std::fs::read(path(checkout)).ok()?).ok()?;
    content[name].as_str().map(str::to_owned)
}

fn path(checkout: &Checkout) -> PathBuf {
    checkout.dev().join("stack.json")
}

fn content(blueprint: &Blueprint, records: &[Record]) -> Value {
    let settings = &blueprint.settings;
    let processes: Vec<Value> =
        records.iter().filter(|it| it.identity.alive()).map(process).collect();
    json!({
        "api_url": blueprint.api_url(),
        "console_url": blueprint.console_url(),
        "docs_url": format!("{}/docs", blueprint.api_url()),
        "simulator_url": settings.simulator_url,
        "simulator_keys": blueprint.simulator_keys,
        "database_url": settings.database_urls.readonly,
        "admin_database_url": settings.database_urls.superuser,
        "redis_url": settings.redis_url,
        "users": users(&blueprint.logins),
        "owners": blueprint.logins.owners.iter().map(user).collect::<Vec<_>>(),
        "processes": processes,
    })
}

/// One of each kind.
fn users(logins: &Logins) -> Value {
    json!({
        "admin": user(&logins.admin),
        "owner": user(&logins.owners[0]),
        "consumer": user(&logins.consumer),
    })
}

fn user(login: &Login) -> Value {
    json!({"email": login.email, "password": login.password})
}

fn process(record: &Record) -> Value {
    let mut process = json!({"name": record.name, "pid": record.identity.pid});
    if let Some(url) = &record.metrics_url {
        process["metrics_url"] = json!(url);
    }
    process
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::databases::Databases;
    use devkit::process::Identity;
    use devkit::process::Readiness;
    use devkit::server::Lifetime;
    use devkit::server::postgres::{Cluster, Tuning};
    use devkit::server::programs::{PostgresPrograms, RedisProgram};
    use devkit::server::redis::Instance;
    use devkit::services::Settings;

    fn blueprint() -> Blueprint {
        let cluster = Cluster {
            programs: PostgresPrograms { bin: PathBuf::new(), major: 15 },
            home: PathBuf::new(),
            account: None,
            port: 1,
            password: "p".to_owned(),
            tuning: Tuning::DEMO,
            lifetime: Lifetime::Stack,
        };
        let redis = Instance {
            program: RedisProgram { server: PathBuf::new(), version: String::new() },
            home: PathBuf::new(),
            account: None,
            port: 2,
            password: "p".to_owned(),
            lifetime: Lifetime::Stack,
        };
        Blueprint {
            databases: Databases { cluster, redis },
            api_listen: "127.0.0.1:4".to_owned(),
            settings: Settings::example(),
            logins: Logins::for_tests(),
            simulator_keys: vec!["sk-1".to_owned(), "sk-2".to_owned()],
            role_passwords: BTreeMap::new(),
            bin_dir: PathBuf::new(),
            logs: PathBuf::new(),
            console: Some(PathBuf::from("console/dist")),
            services: Vec::new(),
        }
    }

    fn record(name: &str, metrics_url: Option<&str>) -> Record {
        let pid = i32::try_from(std::process::id()).unwrap();
        Record {
            name: name.to_owned(),
            identity: Identity::of(pid).unwrap(),
            fingerprint: 0,
            readiness: Readiness::Port(1),
            metrics_url: metrics_url.map(str::to_owned),
            log: PathBuf::new(),
        }
    }

    #[test]
    fn the_file_has_the_shape_of_the_contract() {
        let records = [record("postgres", None), record("worker-1", Some("http://h/metrics"))];
        let content = content(&blueprint(), &records);

        let names: Vec<&str> = content.as_object().unwrap().keys().map(String::as_str).collect();
        for name in [
            "api_url",
            "console_url",
            "docs_url",
            "simulator_url",
            "simulator_keys",
            "database_url",
            "admin_database_url",
            "redis_url",
            "users",
            "owners",
            "processes",
        ] {
            assert!(names.contains(&name), "{name}");
        }
        assert!(content["database_url"].as_str().unwrap().contains("aether_readonly"));
        assert!(content["admin_database_url"].as_str().unwrap().contains("postgres:p@"));
        for role in ["admin", "owner", "consumer"] {
            assert!(content["users"][role]["email"].is_string());
            assert!(content["users"][role]["password"].is_string());
        }
        assert_eq!(content["console_url"], "http://127.0.0.1:4");
        assert_eq!(content["owners"][0], content["users"]["owner"]);
        assert_eq!(content["processes"][0].get("metrics_url"), None);
        assert_eq!(content["processes"][1]["metrics_url"], "http://h/metrics");
        assert!(content["processes"][1]["pid"].is_i64() || content["processes"][1]["pid"].is_u64());
    }
}
