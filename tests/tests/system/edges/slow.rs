//! Connections that say little, or nothing, or not enough.

use std::time::{Duration, Instant};

use tests::client::Answer;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::interval;

use super::wire;

/// Within which a head must be whole, and a little more for a busy machine.
const HEAD: Duration = Duration::from_secs(10);
const BODY: Duration = Duration::from_secs(30);
const SLACK: Duration = Duration::from_secs(8);
/// Its time begins when the connection is accepted, a little before ours.
const EARLY: Duration = Duration::from_secs(2);

/// What a client sends first, and how it goes on.
struct Slow {
    name: &'static str,
    first: &'static str,
    /// A byte at a time, once a second.
    trickles: bool,
    within: Duration,
    /// Closed without a word, or with this status.
    status: Option<u16>,
}

const POST: &str =
    "POST /api/auth/login HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\n";

fn table() -> Vec<Slow> {
    let head = |name, first, trickles| Slow { name, first, trickles, within: HEAD, status: None };
    vec![
        head("a connection that says nothing is closed", "", false),
        head("so is half a request line", "GET /health", false),
        head("and half a head", "GET /health/live HTTP/1.1\r\nhost: here\r\nx-", false),
        head(
            "and a head without its last line",
            "GET /health/live HTTP/1.1\r\nhost: here\r\n",
            false,
        ),
        head(
            "a head that trickles gets no more time",
            "GET /health/live HTTP/1.1\r\nx-slow: ",
            true,
        ),
        head("nor does a request line that trickles", "G", true),
        head("nor do blank lines before one", "\r\n\r\n", false),
    ]
}

/// What did not hold of everything slow, at once: it takes as long as the longest.
pub async fn faults(api_url: &str) -> Vec<String> {
    let heads = table().into_iter().map(|it| judged(api_url, it));
    let bodies = [
        body("a body that never comes is answered in time", "content-length: 50\r\n\r\n", false),
        body("so is half a body", "content-length: 50\r\n\r\n{\"email\":", false),
        body("and one that trickles", "content-length: 5000\r\n\r\n{", true),
        body(
            "and one in pieces without an end",
            "transfer-encoding: chunked\r\n\r\n5\r\n{\"ema\r\n",
            false,
        ),
    ];
    let bodies = bodies.into_iter().map(|(name, rest, trickles)| async move {
        let first = format!("{POST}{rest}");
        let slow = Slow { name, first: "", trickles, within: BODY, status: Some(408) };
        judged_as(api_url, slow, &first).await
    });
    let (heads, bodies) =
        tokio::join!(futures::future::join_all(heads), futures::future::join_all(bodies));
    heads.into_iter().chain(bodies).flatten().collect()
}

fn body(
    name: &'static str,
    rest: &'static str,
    trickles: bool,
) -> (&'static str, &'static str, bool) {
    (name, rest, trickles)
}

async fn judged(api_url: &str, slow: Slow) -> Option<String> {
    let first = slow.first;
    judged_as(api_url, slow, first).await
}

async fn judged_as(api_url: &str, slow: Slow, first: &str) -> Option<String> {
    let mut stream = wire::connect(api_url, "127.0.0.9").await;
    let began = Instant::now();
    if let Err(error) = stream.write_all(first.as_bytes()).await {
        return Some(format!("- {}: it was closed before it was read: {error}", slow.name));
    }
    let read =
        if slow.trickles { trickled(stream).await } else { Some(wire::rest(&mut stream).await) };
    let Some(read) = read else { return Some(format!("- {}: it was never closed", slow.name)) };
    let took = began.elapsed();
    let status = (!read.is_empty()).then(|| wire::parsed(&read, first.as_bytes()));
    let status = status.map(|it: Answer| it.status);
    // Whoever sends a byte now and then may be refused earlier; others have all of their time.
    let least = if slow.trickles { Duration::ZERO } else { slow.within.saturating_sub(EARLY) };
    let in_time = (least..=slow.within + SLACK).contains(&took);
    (!in_time || status != slow.status)
        .then(|| format!("- {}: {status:?} and not {:?}, after {took:?}", slow.name, slow.status))
}

async fn trickled(stream: TcpStream) -> Option<Vec<u8>> {
    let (mut reads, mut writes) = stream.into_split();
    let writing = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            if writes.write_all(b"a").await.is_err() {
                // The server closed: what it said is read by the other half.
                std::future::pending::<()>().await;
            }
        }
    };
    let reading = async {
        use tokio::io::AsyncReadExt as _;
        let mut read = Vec::new();
        let ended =
            tokio::time::timeout(Duration::from_mins(1), reads.read_to_end(&mut read)).await;
        ended.is_ok().then_some(read)
    };
    tokio::select! {
        () = writing => None,
        read = reading => read,
    }
}

/// Half heads, half bodies and silence, from several clients.
pub async fn open_many(api_url: &str) -> Vec<TcpStream> {
    let mut streams = Vec::new();
    for number in 1..=20 {
        let from = format!("127.0.0.{number}");
        for begin in [
            String::new(),
            "GET /health/live HTTP/1.1\r\nhost: here\r\nx-".to_owned(),
            format!("{POST}content-length: 50\r\n\r\n{{\"email\":"),
            format!("{POST}transfer-encoding: chunked\r\n\r\n5\r\n"),
        ] {
            let mut stream = wire::connect(api_url, &from).await;
            stream.write_all(begin.as_bytes()).await.expect("the api reads");
            streams.push(stream);
        }
    }
    streams
}
