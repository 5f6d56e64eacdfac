//! What strangers who open connections and say nothing cost the honest, and how soon the server is rid of them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use devkit::deadline;
use hyper::Method;
use nix::sys::signal::Signal;
use tests::stack::Stack;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};

use crate::connection::Connection;
use crate::load::Turns;

/// Addresses of this machine they come from.
const ADDRESSES: u8 = 50;
const HONEST_CLIENTS: usize = 8;
/// No deadline of the server is longer.
const CLOSED_WITHIN: Duration = Duration::from_mins(1);
const HALF_A_HEAD: &[u8] = b"GET /api/auth/profile HTTP/1.1\r\nhost: here\r\nx-";
const SLOW_BODY: &[u8] =
    b"POST /api/auth/login HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\n\
                           content-length: 9999\r\n\r\n{";

/// What was seen.
#[derive(Debug, Default)]
pub struct HalfOpen {
    pub connections: usize,
    /// Of honest requests without strangers, and with them.
    pub without_ms: Vec<f64>,
    pub with_ms: Vec<f64>,
    /// How long the server bore each half head, and each slow body.
    pub heads_s: Vec<f64>,
    pub bodies_s: Vec<f64>,
    /// From SIGTERM to the end, with all of them open.
    pub stop_s: f64,
}

/// Strangers who come back as soon as they are thrown out.
struct Strangers {
    going_on: Arc<AtomicBool>,
    open: Arc<AtomicUsize>,
    borne: Arc<Mutex<HalfOpen>>,
    tasks: JoinSet<()>,
}

impl Strangers {
    /// `count` half heads spread over the addresses, and one slow body from each.
    fn come(address: SocketAddr, count: usize) -> Self {
        let mut all = Self {
            going_on: Arc::new(AtomicBool::new(true)),
            open: Arc::default(),
            borne: Arc::default(),
            tasks: JoinSet::new(),
        };
        for number in 0..count {
            all.send(address, number, false);
        }
        for number in 0..usize::from(ADDRESSES) {
            all.send(address, number, true);
        }
        all
    }

    fn send(&mut self, address: SocketAddr, number: usize, slow_body: bool) {
        let octet = u8::try_from(number % usize::from(ADDRESSES)).unwrap_or_default() + 1;
        let from = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 1, octet)), 0);
        let (going_on, open, borne) =
            (Arc::clone(&self.going_on), Arc::clone(&self.open), Arc::clone(&self.borne));
        self.tasks.spawn(async move {
            while going_on.load(Ordering::Relaxed) {
                let Ok(stream) = connect(from, address).await else { continue };
                let began = Instant::now();
                open.fetch_add(1, Ordering::Relaxed);
                if slow_body {
                    trickle(stream).await;
                } else {
                    silence(stream).await;
                }
                open.fetch_sub(1, Ordering::Relaxed);
                let mut times = borne.lock().expect("no holder of this lock panics");
                let list = if slow_body { &mut times.bodies_s } else { &mut times.heads_s };
                list.push(began.elapsed().as_secs_f64());
            }
        });
    }

    async fn until_open(&self, count: usize) -> Result<()> {
        let all = deadline::find(Duration::from_secs(30), async || {
            (self.open.load(Ordering::Relaxed) >= count).then_some(())
        });
        let open = || self.open.load(Ordering::Relaxed);
        all.await.with_context(|| format!("only {} of {count} connections are open", open()))
    }

    /// They come no more; answers once the server has closed every connection.
    async fn go(mut self) -> Result<HalfOpen> {
        self.going_on.store(false, Ordering::Relaxed);
        let gone = async { while self.tasks.join_next().await.is_some() {} };
        timeout(CLOSED_WITHIN, gone).await.context("connections stay open for ever")?;
        let mut borne = self.borne.lock().expect("no holder of this lock panics");
        Ok(std::mem::take(&mut *borne))
    }
}

async fn connect(from: SocketAddr, address: SocketAddr) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(from)?;
    Ok(socket.connect(address).await?)
}

async fn silence(mut stream: TcpStream) {
    let _ = stream.write_all(HALF_A_HEAD).await;
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

/// A byte a second, until the server has had enough.
async fn trickle(stream: TcpStream) {
    let (mut reads, mut writes) = stream.into_split();
    let _ = writes.write_all(SLOW_BODY).await;
    let writing = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            if writes.write_all(b" ").await.is_err() {
                return;
            }
        }
    };
    let mut read = Vec::new();
    tokio::select! {
        () = writing => {}
        _ = reads.read_to_end(&mut read) => {}
    }
}

/// Without strangers, with so many of them, and a stop while they are there.
pub async fn measure(
    stack: &Stack,
    turns: &Turns,
    count: usize,
    length: Duration,
) -> Result<HalfOpen> {
    let host = stack.api_url.strip_prefix("http://").context("the api is not reached by http")?;
    let address: SocketAddr = host.parse()?;
    honest(stack, turns, length / 4).await?;
    let without_ms = honest(stack, turns, length).await?;

    let strangers = Strangers::come(address, count);
    strangers.until_open(count).await?;
    let with_ms = honest(stack, turns, length).await?;
    let borne = strangers.go().await?;

    let strangers = Strangers::come(address, count);
    strangers.until_open(count).await?;
    let began = Instant::now();
    strangers.going_on.store(false, Ordering::Relaxed);
    stack.signal("api-1", Signal::SIGTERM);
    let status = stack.ends_within("api-1", CLOSED_WITHIN).await;
    let stop_s = began.elapsed().as_secs_f64();
    ensure!(status.success(), "the api ended with {status}");
    strangers.go().await?;
    stack.restart("api-1").await;

    Ok(HalfOpen { connections: count, without_ms, with_ms, stop_s, ..borne })
}

/// Milliseconds of each request of some honest clients.
async fn honest(stack: &Stack, turns: &Turns, length: Duration) -> Result<Vec<f64>> {
    let until = Instant::now() + length;
    let mut clients = JoinSet::new();
    for _ in 0..HONEST_CLIENTS {
        let (url, authorization) = (stack.api_url.clone(), turns.one().to_owned());
        clients.spawn(async move {
            let mut connection = Connection::open(&url).await?;
            let mut took = Vec::new();
            while Instant::now() < until {
                let began = Instant::now();
                let path = "/api/wallet/balance";
                connection.ask(Method::GET, path, &authorization, Bytes::new(), 200).await?;
                took.push(began.elapsed().as_secs_f64() * 1_000.0);
            }
            Ok::<_, anyhow::Error>(took)
        });
    }
    let mut all = Vec::new();
    while let Some(took) = clients.join_next().await {
        all.extend(took??);
    }
    Ok(all)
}
