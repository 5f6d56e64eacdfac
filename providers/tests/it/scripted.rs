//! A server that sends, byte for byte, what a test gives it.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use futures::future::BoxFuture;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Accepts connections on a loopback port and lets a script speak on each; ends when dropped.
pub struct Server {
    pub url: String,
    seen: Arc<Seen>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    requests: Mutex<Vec<String>>,
}

/// One accepted connection.
pub struct Connection {
    stream: TcpStream,
    seen: Arc<Seen>,
}

impl Server {
    pub async fn start<F>(script: F) -> Self
    where
        F: Fn(Connection) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Seen::default());

        let accepted = Arc::clone(&seen);
        let accepting = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                accepted.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(script(Connection { stream, seen: Arc::clone(&accepted) }));
            }
        });
        Self { url, seen, accepting }
    }

    /// Answers every request on every connection with the same bytes.
    pub async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = Arc::new(answer.into());
        Self::start(move |mut connection| {
            let answer = Arc::clone(&answer);
            Box::pin(async move {
                while connection.read_request().await.is_some() {
                    connection.write(&answer).await;
                }
            })
        })
        .await
    }

    /// Answers one request per connection with these bytes, then closes it.
    pub async fn closing_after(answer: impl Into<Vec<u8>>) -> Self {
        let answer = Arc::new(answer.into());
        Self::start(move |mut connection| {
            let answer = Arc::clone(&answer);
            Box::pin(async move {
                connection.read_request().await;
                connection.write(&answer).await;
            })
        })
        .await
    }

    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// Every complete request so far, in order of arrival.
    pub fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Connection {
    /// The next complete request, also recorded; `None` when the client has closed.
    pub async fn read_request(&mut self) -> Option<String> {
        let mut bytes = Vec::new();
        loop {
            if self.stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                return None;
            }
            let text = String::from_utf8_lossy(&bytes);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            if body.len() >= content_length(head) {
                let request = text.into_owned();
                self.seen.requests.lock().unwrap().push(request.clone());
                return Some(request);
            }
        }
    }

    /// Some bytes of a request, which stays unfinished and unrecorded.
    pub async fn read_some(&mut self) {
        let mut bytes = [0; 16];
        let _ = self.stream.read(&mut bytes).await;
    }

    /// A client that has gone away is no failure of the script.
    pub async fn write(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
        let _ = self.stream.flush().await;
    }

    /// Says nothing until the client closes.
    pub async fn hang(&mut self) {
        let mut bytes = [0; 1024];
        while self.stream.read(&mut bytes).await.unwrap_or(0) > 0 {}
    }

    /// Closes with a reset instead of an end.
    pub fn reset(self) {
        let _ = self.stream.set_zero_linger();
    }
}

fn content_length(head: &str) -> usize {
    head.lines()
        .filter_map(|it| it.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse().unwrap())
}

/// A whole answer with a length.
pub fn answer(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head =
        format!("HTTP/1.1 {status} Whatever\r\n{headers}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A whole 200 with an image.
pub fn image(headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    answer(200, &format!("content-type: image/png\r\nfinish-reason: SUCCESS\r\n{headers}"), body)
}
