//! Connections that waste the server's time end, and honest ones do not, over raw sockets.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use api::connections::{BodyLeft, ConnectionLimits, serve};
use poem::{EndpointExt, Request, Response, endpoint::make, http::StatusCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

/// Short, so that the tests are.
const HEAD: Duration = Duration::from_millis(400);
/// No test waits longer for a connection to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// More than the buffers between a server and a client hold.
const ENDLESS: usize = 64 * 1024 * 1024;

struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    served: JoinHandle<()>,
}

/// Answers with the target of each request; `/held` only once the server stops, and what is sent to `/large` is too
/// large. `/endless` answers more than a client who does not read takes.
async fn start(limits: ConnectionLimits) -> Server {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let address = socket.local_addr().expect("it is bound");
    let stop = CancellationToken::new();
    let held = stop.clone();
    let endpoint = make(move |request: Request| {
        let held = held.clone();
        async move {
            if request.uri().path() == "/held" {
                held.cancelled().await;
            }
            if request.uri().path() == "/endless" {
                return Response::builder().body(vec![0; ENDLESS]);
            }
            if request.uri().path() == "/large" {
                let refused = Response::builder().status(StatusCode::PAYLOAD_TOO_LARGE);
                let mut refused = refused.header("connection", "close").body("too large");
                refused.set_data(BodyLeft);
                return refused;
            }
            Response::builder().body(request.uri().to_string())
        }
    })
    .map_to_response();
    let served = tokio::spawn(serve(socket, endpoint, limits, stop.clone(), PATIENCE));
    Server { address, stop, served }
}

fn limits() -> ConnectionLimits {
    ConnectionLimits {
        head: HEAD,
        idle: Duration::from_mins(2),
        ..ConnectionLimits::new(Vec::new())
    }
}

impl Server {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("it listens")
    }

    /// Sends this and answers all that comes until the server closes.
    async fn exchange(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.expect("it reads");
        rest(&mut stream).await
    }
}

/// What still comes, until the server closes. A reset says the same as a close.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let closed = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(closed.is_ok(), "it was not closed after {text:?}");
    text
}

/// One response whose body has this text.
async fn response(stream: &mut TcpStream, body: &str) {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while !text.ends_with(body) {
        let length =
            timeout(PATIENCE, stream.read(&mut buffer)).await.expect("a response").expect("bytes");
        assert!(length > 0, "closed after {text:?}");
        text.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
}

#[tokio::test]
async fn a_connection_that_says_nothing_or_half_a_head_is_closed() {
    let server = start(limits()).await;
    for begin in ["", "GET / HTTP/1.1\r\nHost: a\r\nX-"] {
        let began = Instant::now();

        let answer = server.exchange(begin.as_bytes()).await;

        assert_eq!(answer, "", "{begin:?}");
        assert!(began.elapsed() >= HEAD, "{begin:?}");
    }
}

#[tokio::test]
async fn bytes_one_by_one_do_not_lengthen_the_time_for_a_head() {
    let server = start(limits()).await;
    let (mut reads, mut writes) = server.connect().await.into_split();
    let trickle = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(50));
        loop {
            ticks.tick().await;
            if writes.write_all(b"a").await.is_err() {
                return;
            }
        }
    });

    let mut bytes = Vec::new();
    let _ = timeout(PATIENCE, reads.read_to_end(&mut bytes)).await.expect("it was not closed");

    trickle.abort();
}

#[tokio::test]
async fn an_honest_connection_rests_between_two_requests_for_longer_than_a_head_may_take() {
    let server = start(limits()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /one HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    response(&mut stream, "/one").await;

    // Another connection, which is not honest, shows that the time has passed.
    assert_eq!(server.exchange(b"").await, "");
    stream.write_all(b"GET /two HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();

    response(&mut stream, "/two").await;
}

#[tokio::test]
async fn a_connection_at_rest_is_closed_at_last() {
    let idle = Duration::from_millis(300);
    let server = start(ConnectionLimits { idle, ..limits() }).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /one HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    response(&mut stream, "/one").await;

    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn what_is_no_request_is_answered_by_a_problem() {
    let server = start(limits()).await;
    for (sent, status, code) in [
        ("nonsense\r\n\r\n", "400", "request.invalid"),
        ("GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n", "400", "request.invalid"),
    ] {
        let answer = server.exchange(sent.as_bytes()).await;

        let sent = &sent[..sent.len().min(60)];
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{sent:?}: {answer:?}");
        assert!(answer.contains("application/problem+json"), "{sent:?}: {answer:?}");
        assert!(answer.contains(&format!("\"code\":\"{code}\"")), "{sent:?}: {answer:?}");
    }
}

#[tokio::test]
async fn a_client_that_is_still_sending_a_refused_body_gets_the_refusal() {
    let server = start(limits()).await;
    let mut request =
        b"POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n".to_vec();
    request.resize(request.len() + 4_000_000, b'x');

    let answer = server.exchange(&request).await;

    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer:?}");
}

#[tokio::test]
async fn who_begins_with_http_2_is_closed() {
    let server = start(limits()).await;

    assert_eq!(server.exchange(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await, "");
}

#[tokio::test]
async fn stopping_waits_for_requests_and_not_for_silent_connections() {
    let server = start(ConnectionLimits { head: PATIENCE, ..limits() }).await;
    let mut silent = server.connect().await;
    let mut half = server.connect().await;
    half.write_all(b"GET / HT").await.unwrap();
    let mut held = server.connect().await;
    held.write_all(b"GET /held HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    // Accepted and read after all of them.
    let answered = server.exchange(b"GET / HTTP/1.0\r\n\r\n").await;
    assert!(answered.starts_with("HTTP/1.0 200"), "{answered:?}");

    server.stop.cancel();

    response(&mut held, "/held").await;
    timeout(PATIENCE / 2, server.served).await.expect("it waits for silent connections").unwrap();
    assert_eq!(rest(&mut silent).await, "");
    assert_eq!(rest(&mut half).await, "");
}

#[tokio::test]
async fn one_address_takes_no_more_than_its_share_of_connections() {
    let server = start(ConnectionLimits { per_network: 2, head: PATIENCE, ..limits() }).await;
    let mut held = [server.connect().await, server.connect().await];
    for stream in &mut held {
        stream.write_all(b"GET /in HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        response(stream, "/in").await;
    }

    assert_eq!(server.exchange(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await, "", "closed unread");
}

#[tokio::test]
async fn who_does_not_read_an_answer_does_not_delay_the_stop() {
    let server = start(limits()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut first = [0; 16];
    stream.read_exact(&mut first).await.unwrap();
    let began = Instant::now();

    server.stop.cancel();
    timeout(PATIENCE, server.served).await.expect("it stops").unwrap();

    // Well before the grace period, which is the whole of the patience.
    assert!(began.elapsed() < PATIENCE / 2, "{:?}", began.elapsed());
    assert_eq!(&first[..9], b"HTTP/1.1 ");
}
