//! One kept-alive HTTP/1.1 connection: the cheapest client there is, so that the load does not
//! measure itself.

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A connection to one api.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

impl Connection {
    /// Connects to `http://HOST`.
    pub async fn open(api_url: &str) -> Result<Self> {
        let host = api_url.strip_prefix("http://").context("the api is not reached by http")?;
        let stream = TcpStream::connect(host).await.context("the api does not accept")?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { sender, host: host.to_owned() })
    }

    /// Sends a request and reads the whole answer, which must have this status.
    pub async fn ask(
        &mut self,
        method: Method,
        path: &str,
        authorization: &str,
        body: Bytes,
        status: u16,
    ) -> Result<Bytes> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.host)
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))?;
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let answered = answer.status().as_u16();
        let bytes = answer.into_body().collect().await?.to_bytes();
        if answered != status {
            bail!("{path} answered {answered}: {}", String::from_utf8_lossy(&bytes));
        }
        Ok(bytes)
    }
}

/// The first value of a string field: all that is read of an answer, since parsing it would be
/// part of the load.
pub fn field<'a>(answer: &'a [u8], name: &str) -> Result<&'a str> {
    let text = std::str::from_utf8(answer)?;
    let start = format!("\"{name}\":\"");
    let at = text.find(&start).with_context(|| format!("no {name} in {text}"))? + start.len();
    let length = text[at..].find('"').context("a string ends")?;
    ensure!(length > 0, "{name} is empty");
    Ok(&text[at..at + length])
}
