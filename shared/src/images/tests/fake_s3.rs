//! As much of S3 as the store uses, on a local port: PUT, GET with a range, DELETE, a list, and faults.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::AbortHandle,
};

/// What the fake answers with in place of doing its work.
#[derive(Clone)]
pub(super) struct Fault {
    pub(super) status: u16,
    pub(super) body: &'static str,
}

/// A running fake; it stops when dropped.
pub(super) struct FakeS3 {
    pub(super) endpoint: String,
    state: Arc<State>,
    listening: AbortHandle,
}

#[derive(Default)]
struct State {
    objects: Mutex<HashMap<String, Object>>,
    fault: Mutex<Option<Fault>>,
}

#[derive(Clone)]
struct Object {
    content_type: String,
    bytes: Vec<u8>,
}

struct Request {
    method: String,
    path: String,
    query: String,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

impl FakeS3 {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State::default());
        let shared = state.clone();
        let listening = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Self { endpoint, state, listening: listening.abort_handle() }
    }

    pub(super) fn fail_with(&self, fault: Option<Fault>) {
        *self.state.fault.lock().unwrap() = fault;
    }

    /// Path and content type of what is stored.
    pub(super) fn stored(&self) -> Vec<(String, String)> {
        let objects = self.state.objects.lock().unwrap();
        objects.iter().map(|(path, it)| (path.clone(), it.content_type.clone())).collect()
    }
}

impl Drop for FakeS3 {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn serve(mut stream: TcpStream, state: Arc<State>) {
    let Some(request) = read_request(&mut stream).await else { return };
    let fault = state.fault.lock().unwrap().clone();
    let (status, headers, body) = match fault {
        Some(fault) => (fault.status, String::new(), fault.body.as_bytes().to_vec()),
        None => answer(&state, request),
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n",
        body.len()
    );
    // A client that left is no fault of the fake.
    let _ = stream.write_all(&[head.into_bytes(), body].concat()).await;
}

fn answer(state: &State, request: Request) -> (u16, String, Vec<u8>) {
    let authorised = request
        .headers
        .get("authorization")
        .is_some_and(|it| it.starts_with("AWS4-HMAC-SHA256 Credential=AKIAFAKE/"));
    assert!(authorised, "requests are signed");
    let mut objects = state.objects.lock().unwrap();
    match request.method.as_str() {
        "PUT" => {
            let content_type = request.headers.get("content-type").cloned().unwrap_or_default();
            objects.insert(request.path, Object { content_type, bytes: request.body });
            (200, "etag: \"1\"\r\n".to_owned(), Vec::new())
        }
        "DELETE" => {
            objects.remove(&request.path);
            (204, String::new(), Vec::new())
        }
        "GET" if request.query.contains("list-type=2") => {
            (200, String::new(), list(&objects, &request).into_bytes())
        }
        "GET" => match objects.get(&request.path) {
            Some(object) => get(object, request.headers.get("range")),
            None => (404, String::new(), b"<Error><Code>NoSuchKey</Code></Error>".to_vec()),
        },
        other => panic!("the store sent a {other}"),
    }
}

fn list(objects: &HashMap<String, Object>, request: &Request) -> String {
    let prefix = request.query.split('&').find_map(|it| it.strip_prefix("prefix="));
    let prefix = prefix.unwrap_or_default().replace("%2F", "/");
    let bucket = format!("{}/", request.path.trim_end_matches('/'));
    let keys = objects.iter().filter_map(|(path, it)| Some((path.strip_prefix(&bucket)?, it)));
    let listed: Vec<String> = keys
        .filter(|(key, _)| key.starts_with(&prefix))
        .map(|(key, it)| {
            format!(
                "<Contents><Key>{key}</Key><LastModified>2026-11-22T10:00:00.000Z</LastModified>\
                 <ETag>1</ETag><Size>{}</Size></Contents>",
                it.bytes.len()
            )
        })
        .collect();
    let contents = listed.concat();
    format!("<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>")
}

fn get(object: &Object, range: Option<&String>) -> (u16, String, Vec<u8>) {
    const HEADERS: &str = "etag: \"1\"\r\nlast-modified: Sun, 22 Nov 2026 10:00:00 GMT\r\n";

    let Some(range) = range else { return (200, HEADERS.to_owned(), object.bytes.clone()) };
    let (start, end) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
    let total = object.bytes.len();
    let (start, end): (usize, usize) = (start.parse().unwrap(), end.parse().unwrap());
    let end = end.min(total - 1);
    let headers = format!("{HEADERS}content-range: bytes {start}-{end}/{total}\r\n");
    (206, headers, object.bytes[start..=end].to_vec())
}

async fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head_length = loop {
        if let Some(at) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_length].to_vec()).unwrap();
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (path, query) = (path.to_owned(), query.to_owned());
    let headers: HashMap<String, String> = lines
        .filter_map(|it| it.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length").map_or(0, |it| it.parse().unwrap());
    let mut body = bytes.split_off(head_length);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Request { method, path, query, headers, body })
}
