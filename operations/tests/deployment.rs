//! The files of a deployment against what the programs read, and against what a container should not be able to do.
#![expect(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use operations::Program;
use operations::settings::{CONSOLE_DIR, FAILPOINT, KNOWN, LISTEN, METRICS_LISTEN};
use serde_json::{Map, Value};

/// Each program, and the container that runs it.
const CONTAINERS: [(Program, &str); 4] = [
    (Program::Api, "api"),
    (Program::Worker, "worker"),
    (Program::Scheduler, "scheduler"),
    (Program::Ctl, "migrate"),
];

fn checkout(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn text(path: &str) -> String {
    std::fs::read_to_string(checkout(path)).unwrap()
}

fn compose() -> Value {
    serde_saphyr::from_str(&text("docker-compose.yml")).unwrap()
}

fn services(compose: &Value) -> &Map<String, Value> {
    compose["services"].as_object().unwrap()
}

fn environment(compose: &Value, container: &str) -> Map<String, Value> {
    services(compose)[container]["environment"].as_object().unwrap().clone()
}

/// `AETHERFLOW_PROVIDER_<NAME>_BASE_URL` for each adapter.
fn provider_urls() -> BTreeSet<String> {
    std::fs::read_dir(checkout("providers/src/adapters"))
        .unwrap()
        .map(Result::unwrap)
        .filter(|it| it.path().is_dir())
        .map(|it| it.file_name().into_string().unwrap().to_uppercase())
        .map(|it| format!("AETHERFLOW_PROVIDER_{it}_BASE_URL"))
        .collect()
}

#[test]
fn every_setting_reaches_the_containers_that_read_it() {
    let compose = compose();
    for (program, container) in CONTAINERS {
        let environment = environment(&compose, container);
        // The one is for debug builds only, which are in no image; of the other, the image has what it names inside.
        let apart = [FAILPOINT.name, CONSOLE_DIR.name];
        let read =
            KNOWN.iter().filter(|it| it.programs.contains(&program) && !apart.contains(&it.name));
        for setting in read {
            let value = environment.get(setting.name).and_then(Value::as_str);
            let value = value.unwrap_or_else(|| panic!("{container} lacks {}", setting.name));
            let of_the_container = [LISTEN.name, METRICS_LISTEN.name].contains(&setting.name);
            assert!(
                of_the_container || value.contains("${"),
                "{container}: {} cannot be set from outside",
                setting.name
            );
        }
        if matches!(program, Program::Api | Program::Worker) {
            for name in provider_urls() {
                assert!(environment.contains_key(&name), "{container} lacks {name}");
            }
        }
    }
}

#[test]
fn no_container_is_told_what_its_program_does_not_read() {
    let (compose, urls) = (compose(), provider_urls());
    for (program, container) in CONTAINERS {
        for name in environment(&compose, container).keys() {
            let customary = name == "RUST_LOG" || name.starts_with("AWS_") || urls.contains(name);
            let read = KNOWN.iter().any(|it| it.name == name && it.programs.contains(&program));
            assert!(customary || read, "{container} does not read {name}");
        }
    }
}

#[test]
fn the_example_names_every_variable_that_compose_reads_and_no_other() {
    let compose = text("docker-compose.yml");
    let read: BTreeSet<&str> =
        compose.split("${").skip(1).map(|it| it.split([':', '}']).next().unwrap()).collect();
    let example = text(".env.example");
    let named: BTreeSet<&str> = example
        .lines()
        .filter(|it| !it.starts_with("# "))
        .filter_map(|it| it.trim_start_matches('#').split_once('='))
        .map(|(name, _)| name)
        .collect();

    assert_eq!(named.symmetric_difference(&read).collect::<Vec<_>>(), [&""; 0]);
}

#[test]
fn no_container_may_do_more_than_it_must() {
    let compose = compose();
    for (name, service) in services(&compose) {
        assert_eq!(service["read_only"], true, "{name} may write to its image");
        assert_eq!(service["cap_drop"], serde_json::json!(["ALL"]), "{name}");
        assert!(service["cap_add"].is_null() && service["privileged"].is_null(), "{name}");
        assert_eq!(
            service["security_opt"],
            serde_json::json!(["no-new-privileges:true"]),
            "{name}"
        );
        assert!(service["mem_limit"].is_string(), "{name} may use all memory");
        assert!(service["pids_limit"].is_u64(), "{name} may start any number of processes");
        let is_ours = service["image"].as_str().unwrap().starts_with("aetherflow:");
        let runs_as = service["user"].as_str().unwrap_or(if is_ours { "10001" } else { "root" });
        assert_ne!(runs_as, "root", "{name}");
        let runs_on = service["restart"] != "no";
        assert_eq!(service["healthcheck"].is_object(), runs_on, "{name} and its health");
        if !is_ours {
            let version = service["image"].as_str().unwrap().rsplit_once(':').unwrap().1;
            assert!(version.contains('.'), "{name}: {version} is not fixed");
        }
    }
}

#[test]
fn only_the_api_is_reached_from_outside_and_by_default_from_this_host_alone() {
    let compose = compose();
    for (name, service) in services(&compose) {
        let ports = service["ports"].as_array().cloned().unwrap_or_default();
        if name == "api" {
            let port = ports[0].as_str().unwrap();
            assert!(port.starts_with("${AETHERFLOW_BIND:-127.0.0.1}:"), "{port}");
            assert_eq!(ports.len(), 1, "its metrics stay inside");
        } else {
            assert_eq!(ports.len(), 0, "{name} publishes a port");
        }
        let networks = service["networks"].as_array().unwrap();
        for inner in ["postgres", "redis"] {
            assert_eq!(compose["networks"][inner]["internal"], true, "{inner}");
            assert!(name != inner || *networks == [inner], "{name} is on other networks");
        }
    }
}

#[test]
fn the_image_runs_as_nobody_in_particular_and_holds_no_simulator() {
    let dockerfile = text("Dockerfile");
    let last = dockerfile.rsplit("\nFROM ").next().unwrap();
    let user = last.lines().find_map(|it| it.strip_prefix("USER ")).unwrap();
    assert_eq!(user, "10001:10001");
    assert!(!dockerfile.contains("simulator"), "it is for development");
    for line in dockerfile.lines().filter_map(|it| it.strip_prefix("FROM ")) {
        let image = line.split(' ').next().unwrap();
        assert!(
            image.matches('.').count() >= 1 && !image.ends_with("latest"),
            "{image} is not fixed"
        );
    }
    let ignored = text(".dockerignore");
    for secret in [".env", ".env.*", ".git", ".dev"] {
        assert!(ignored.lines().any(|it| it == secret), "{secret} would reach the builder");
    }
}
