//! Tests have no container engine, so `docker-compose.yml` is read and each of its binaries is started
//! with exactly the environment it gives; only hosts, ports and paths are replaced.

mod file;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use devkit::process::{Launch, Process, Readiness};
use devkit::{deadline, environment, port};
use serde_json::json;
use sqlx::Connection as _;
use tempfile::TempDir;
use tests::client::{Caller, User, credits};
use tests::server::Server;
use tests::stack::{core, start_simulator};

use file::{ComposeFile, ComposeService, fill_in};

/// What stands in for the network and the volumes of compose.
struct Place {
    file: ComposeFile,
    /// What `.env` holds.
    variables: BTreeMap<String, String>,
    folder: TempDir,
    postgres: u16,
    redis: u16,
}

impl Place {
    /// A service as it is started here, and where it answers: the ports inside its container stand
    /// for a free port each.
    fn launch(&self, name: &str) -> (Launch, BTreeMap<u16, u16>) {
        let service = &self.file.services[name];
        let ports: BTreeMap<u16, u16> = [8080, 9090].map(|it| (it, port::free())).into();
        let env = service.environment.iter().map(|(variable, value)| {
            let value = fill_in(value, &self.variables)
                .replace("@postgres:5432", &format!("@127.0.0.1:{}", self.postgres))
                .replace("@redis:6379", &format!("@127.0.0.1:{}", self.redis))
                .replace("/var/lib/aetherflow", &self.folder.path().display().to_string());
            let value = ports.iter().fold(value, |it, (inside, outside)| {
                it.replace(&format!("0.0.0.0:{inside}"), &format!("127.0.0.1:{outside}"))
                    .replace(&format!("localhost:{inside}"), &format!("127.0.0.1:{outside}"))
            });
            (variable.clone(), value)
        });
        let (program, args) =
            service.command.split_first().expect("each of our services has a command");
        let (program, log) =
            (environment::program(program), self.folder.path().join(format!("{name}.log")));
        let launch = Launch {
            args: args.to_vec(),
            env: env.collect(),
            ..Launch::new(name, program, log, Readiness::Port(ports[&9090]))
        };
        (launch, ports)
    }

    /// Starts a service and waits until its own health check would pass. Returns where its API answers.
    async fn start(&self, name: &str) -> (Process, String) {
        let (launch, ports) = self.launch(name);
        let check = self.file.services[name].healthcheck.as_ref().expect("it has a health check");
        let path = check.path().expect("its check is an HTTP request");
        let asked = check.test.iter().find_map(|it| it.strip_prefix("http://127.0.0.1:"));
        let inside: u16 = asked.and_then(|it| it.split('/').next()?.parse().ok()).expect("a port");
        let url = format!("http://127.0.0.1:{}/{path}", ports[&inside]);

        let mut process = launch.start().unwrap();
        let ready = deadline::find(Duration::from_secs(30), async || {
            if process.exited().is_some() {
                return Some(false);
            }
            let request = Caller::anonymous("").request(reqwest::Method::GET, &url);
            let answer = request.try_send().await.ok()?;
            (answer.status == 200).then_some(true)
        })
        .await;
        assert_eq!(ready, Some(true), "{name} is not healthy:\n{}", launch.last_lines(20));
        (process, format!("http://127.0.0.1:{}", ports[&8080]))
    }

    /// The Redis of the file: its own command, on another port and in another folder.
    async fn start_redis(&self) -> Process {
        let service = &self.file.services["redis"];
        let folder = self.folder.path().display().to_string();
        let checkout = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let script = service.command[1]
            .replace("/etc/aetherflow/redis", &format!("{checkout}/deploy/redis"));
        let port = self.redis.to_string();
        let mut env = self.filled_in(service);
        env.insert("REDIS_CONFIG".to_owned(), format!("{folder}/redis.conf"));
        env.insert("REDIS_DATA".to_owned(), folder.clone());
        let log = self.folder.path().join("redis.log");
        let launch = Launch {
            args: [script.as_str(), "--port", &port, "--bind", "127.0.0.1"]
                .map(str::to_owned)
                .into(),
            env,
            ..Launch::new("redis", "/bin/sh".into(), log, Readiness::Port(self.redis))
        };
        assert_eq!(service.command[0], "sh");
        let process = launch.start().unwrap();
        let check = service.healthcheck.as_ref().expect("it has a health check").test.join(" ");
        let user = "aether_health";
        assert!(check.contains(&format!("--user {user} --pass none")), "{check}");
        let url = format!("redis://{user}:none@127.0.0.1:{}/0", self.redis);
        let client = redis::Client::open(url).expect("a URL of Redis");
        deadline::until("Redis answers", Duration::from_secs(10), async || {
            let mut conn = client.get_multiplexed_async_connection().await.ok()?;
            redis::cmd("PING").query_async::<String>(&mut conn).await.ok()
        })
        .await;
        assert!(Path::new(&folder).join("appendonlydir").is_dir(), "it keeps what it holds");
        process
    }

    fn filled_in(&self, service: &ComposeService) -> BTreeMap<String, String> {
        let all = service.environment.iter();
        all.map(|(name, value)| (name.clone(), fill_in(value, &self.variables))).collect()
    }
}

/// What `ctl init-env` writes.
fn init_env(folder: &Path) -> BTreeMap<String, String> {
    let path = folder.join(".env");
    let made = std::process::Command::new(environment::program("ctl"))
        .args(["init-env", "--out"])
        .arg(&path)
        .env_clear()
        .output()
        .expect("ctl starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let text = std::fs::read_to_string(path).expect("ctl has written it");
    let lines = text.lines().filter(|it| !it.starts_with('#'));
    lines
        .filter_map(|it| it.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.trim_matches(['"', '\'']).to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_compose_file_starts_a_system_that_makes_an_image() {
    let folder = TempDir::new().unwrap();
    let mut variables = init_env(folder.path());
    let cluster = Server::postgres().await;
    let mut superuser = sqlx::PgConnection::connect(cluster.url().as_str()).await.unwrap();
    let password = format!("ALTER USER postgres PASSWORD '{}'", variables["POSTGRES_PASSWORD"]);
    for statement in [password.as_str(), "CREATE DATABASE aetherflow"] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut superuser).await.unwrap();
    }
    let (simulator, _simulator_process) = start_simulator(folder.path()).await;
    variables.insert("AETHERFLOW_PROVIDER_STABILITY_BASE_URL".to_owned(), simulator.base_url());
    let place = Place {
        file: ComposeFile::read(),
        variables,
        postgres: cluster.url().port().unwrap(),
        redis: port::free(),
        folder,
    };

    let _redis = place.start_redis().await;
    let (migrate, _) = place.launch("migrate");
    let migrated = migrate.start().unwrap().wait(Duration::from_secs(30)).expect("it ends");
    assert!(migrated.success(), "{}", migrate.last_lines(20));
    let (mut api, api_url) = place.start("api").await;
    let (mut worker, _) = place.start("worker").await;
    let (mut scheduler, _) = place.start("scheduler").await;

    let anonymous = Caller::anonymous(&api_url);
    let admin = User::register(&anonymous, "admin@example.com", "a long password").await;
    let owner = User::register(&anonymous, "owner@example.com", "a long password").await;
    let make =
        "UPDATE identity.users SET roles = array_append(roles, 'admin'), access_changed_at = now()
                 WHERE email = 'admin@example.com'";
    let database = cluster.url().join("/aetherflow").unwrap();
    let mut url = database.clone();
    url.set_password(Some(&place.variables["POSTGRES_PASSWORD"])).unwrap();
    let mut conn = sqlx::PgConnection::connect(url.as_str()).await.unwrap();
    sqlx::raw_sql(make).execute(&mut conn).await.unwrap();
    let admin = admin.signed_in_again().await;
    admin.set_policy("third_party_allowed").await;
    admin.grant(&admin, "10").await;
    owner.connect(&simulator.key().await, "0.5", &json!({})).await;
    let task = admin.generate(&core("a heron")).await;
    assert_eq!((task.status.as_str(), task.credits_cost), ("completed", Some(credits("1.5"))));
    assert!(!admin.image(&task).await.is_empty());

    for process in [&mut api, &mut worker, &mut scheduler] {
        process.signal(nix::sys::signal::Signal::SIGTERM);
        let ended = process.wait(Duration::from_secs(30)).expect("it ends");
        assert!(ended.success(), "{}: {ended}", process.launch().name);
    }
}

#[test]
fn no_deploy_cuts_a_call_that_is_paid_for() {
    let file = ComposeFile::read();
    let none = BTreeMap::new();
    let seconds = |text: &str| {
        let text = fill_in(text, &none);
        text.strip_suffix('s')
            .and_then(|it| it.parse::<u64>().ok())
            .unwrap_or_else(|| panic!("{text}"))
    };

    let worker = &file.services["worker"];
    let grace = seconds(worker.stop_grace_period.as_deref().unwrap());
    let own = seconds(&worker.environment["AETHERFLOW_GRACE_PERIOD"]);
    let call = seconds(&worker.environment["AETHERFLOW_ATTEMPT_TIMEOUT"]);
    // What ends at the last moment still says so.
    assert!(grace >= own + 10, "docker {grace} s, worker {own} s");
    assert!(own >= call + 30, "worker {own} s, a call {call} s");
}

#[test]
fn postgres_has_connections_for_ten_workers_and_more_than_one_of_the_others() {
    let postgres = &ComposeFile::read().services["postgres"];
    let connections = postgres.command.iter().find_map(|it| it.strip_prefix("max_connections="));
    let connections: u32 = connections.expect("it is set").parse().unwrap();

    // By default: the api's own and a quarter of them as the admin role, and three that are a superuser's.
    let (api, worker, scheduler, reserved) = (16 + 4, 12, 4, 3);
    assert!(connections >= 3 * api + 10 * worker + 2 * scheduler + reserved, "{connections}");
}

#[test]
fn any_number_of_workers_can_be_started_and_no_secret_has_a_default() {
    let file = ComposeFile::read();

    let worker = &file.services["worker"];
    assert!(worker.container_name.is_none() && worker.ports.is_empty());
    for (name, service) in &file.services {
        for (variable, value) in &service.environment {
            let secret =
                ["PASSWORD", "SECRET", "MASTER_KEYS"].iter().any(|it| variable.contains(it));
            // Of an object store elsewhere, and of a command that is given once.
            let optional =
                ["AWS_SECRET_ACCESS_KEY", "AETHERFLOW_ADMIN_PASSWORD"].contains(&variable.as_str());
            if secret {
                let end = if optional { ":-}" } else { ":?run ctl init-env}" };
                assert!(value.contains(end), "{name}: {variable} may be empty or has a default");
            }
        }
    }
}
