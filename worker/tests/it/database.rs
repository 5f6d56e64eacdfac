//! A database of this test's own, made from the migrations and dropped at its end, behind a proxy that can
//! take it away.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use shared::db::{self, Passwords};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use uuid::Uuid;

/// How long a condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Database {
    server: String,
    name: String,
    proxy: Proxy,
}

impl Database {
    /// On the server of `AETHERFLOW_TEST_DATABASE_URL`.
    pub async fn create() -> Self {
        let server = std::env::var("AETHERFLOW_TEST_DATABASE_URL").expect(
            "AETHERFLOW_TEST_DATABASE_URL names a server (`cargo xtask with-databases` sets it)",
        );
        let name = format!("worker_{}", Uuid::now_v7().simple());
        execute(&server, format!("CREATE DATABASE {name}")).await;
        let options = PgConnectOptions::from_str(&server).unwrap();
        let proxy = Proxy::start(format!("{}:{}", options.get_host(), options.get_port())).await;
        let database = Self { server, name, proxy };
        let url = SecretString::from(database.options().to_url_lossy().to_string());
        db::migrate(&url, &Passwords::default()).await.unwrap();
        database
    }

    pub async fn drop(self) {
        execute(&self.server, format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }

    pub async fn superuser(&self) -> PgConnection {
        PgConnection::connect_with(&self.options()).await.unwrap()
    }

    /// As the superuser.
    pub async fn pool(&self) -> PgPool {
        PgPool::connect_with(self.options()).await.unwrap()
    }

    /// For a worker, with the rights of its role, through the proxy.
    pub fn worker_url(&self) -> String {
        let SocketAddr::V4(proxy) = self.proxy.address else { panic!("bound to IPv4") };
        let options = self.options().host(&proxy.ip().to_string()).port(proxy.port());
        let mut url = options.to_url_lossy();
        url.query_pairs_mut().append_pair("options", "-c role=aether_worker");
        url.to_string()
    }

    /// Cuts the worker's connections and refuses new ones, or lets them through again.
    pub fn set_reachable(&self, reachable: bool) {
        self.proxy.reachable.send_replace(reachable);
    }

    fn options(&self) -> PgConnectOptions {
        PgConnectOptions::from_str(&self.server).unwrap().database(&self.name)
    }
}

async fn execute(url: &str, statement: String) {
    let mut conn = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut conn).await.unwrap();
}

struct Proxy {
    address: SocketAddr,
    reachable: watch::Sender<bool>,
}

impl Proxy {
    async fn start(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (reachable, state) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, server.clone(), state.clone()));
            }
        });
        Self { address, reachable }
    }
}

async fn forward(mut client: TcpStream, server: String, mut reachable: watch::Receiver<bool>) {
    if !*reachable.borrow_and_update() {
        return;
    }
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
        _ = reachable.changed() => {}
    }
}

/// Waits for something that is about to happen elsewhere.
pub async fn wait_until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let since = Instant::now();
    let mut look = tokio::time::interval(Duration::from_millis(10));
    while !condition().await {
        assert!(since.elapsed() < PATIENCE, "not in time: {what}");
        look.tick().await;
    }
}
