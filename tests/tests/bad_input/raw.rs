//! Requests as bytes, for what no client would send.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tests::client::Answer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// Sends the bytes on a connection of their own, and reads the one answer until the server closes.
/// `None` when it closed without an answer, as it may when the bytes are no request at all.
pub async fn send(api_url: &str, bytes: &[u8]) -> Option<Answer> {
    let address = api_url.strip_prefix("http://").expect("an http URL");
    let mut stream = TcpStream::connect(address).await.expect("the api listens");
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut read = Vec::new();
    let ended = timeout(ANSWERED_WITHIN, stream.read_to_end(&mut read)).await;
    ended.expect("the connection ends").ok();
    (!read.is_empty()).then(|| parsed(&read, &String::from_utf8_lossy(bytes)))
}

/// A request line and headers that ask for the connection to be closed.
pub fn head(method: &str, target: &str, token: Option<&str>, more: &str) -> String {
    let token = token.map(|it| format!("authorization: Bearer {it}\r\n")).unwrap_or_default();
    format!("{method} {target} HTTP/1.1\r\nhost: here\r\nconnection: close\r\n{token}{more}\r\n")
}

fn parsed(read: &[u8], asked: &str) -> Answer {
    let end = read.windows(4).position(|it| it == b"\r\n\r\n").expect("an answer has a head");
    let head = String::from_utf8_lossy(&read[..end]);
    let mut lines = head.lines();
    let status = lines.next().and_then(|it| it.split(' ').nth(1)).expect("a status line");
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|it| it.split_once(": ")) {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
        headers.insert(name, HeaderValue::from_str(value).expect("a header's value"));
    }
    Answer {
        asked: asked.chars().take(200).collect(),
        status: status.parse().expect("a status is a number"),
        headers,
        bytes: read[end + 4..].to_vec(),
    }
}
