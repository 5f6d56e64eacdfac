//! Requests as bytes, and what comes back: for what no client library would send.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tests::client::Answer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// Longer than any deadline of the server for what is sent here.
const ENDED_WITHIN: Duration = Duration::from_mins(1);

/// Where an api listens.
pub fn address(api_url: &str) -> SocketAddr {
    let address = api_url.strip_prefix("http://").expect("an http URL");
    address.parse().expect("an address and a port")
}

/// A connection from one of the addresses of this machine.
pub async fn connect(api_url: &str, from: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    let own = SocketAddr::new(from.parse().expect("an address"), 0);
    socket.bind(own).expect("every 127.x.y.z is this machine's");
    socket.connect(address(api_url)).await.expect("the api listens")
}

/// What still comes until the server closes. A reset says the same as a close.
pub async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut read = Vec::new();
    let ended = timeout(ENDED_WITHIN, stream.read_to_end(&mut read)).await;
    let _reset = ended.expect("the connection ends");
    read
}

/// Sends the bytes on a connection of their own and reads until the server closes. `None` when it closed without an
/// answer.
pub async fn exchange(api_url: &str, from: &str, bytes: &[u8]) -> Option<Answer> {
    let mut stream = connect(api_url, from).await;
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(bytes).await;
    let read = rest(&mut stream).await;
    (!read.is_empty()).then(|| parsed(&read, bytes))
}

pub fn parsed(read: &[u8], asked: &[u8]) -> Answer {
    let end = read.windows(4).position(|it| it == b"\r\n\r\n").expect("an answer has a head");
    let head = String::from_utf8_lossy(&read[..end]);
    let mut lines = head.lines();
    let status = lines.next().and_then(|it| it.split(' ').nth(1)).expect("a status line");
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|it| it.split_once(": ")) {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
        headers.append(name, HeaderValue::from_str(value).expect("a header's value"));
    }
    let first = asked.split(|it| *it == b'\r').next().unwrap_or_default();
    Answer {
        asked: String::from_utf8_lossy(first).into_owned(),
        status: status.parse().expect("a status is a number"),
        headers,
        bytes: read[end + 4..].to_vec(),
    }
}
