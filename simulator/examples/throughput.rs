//! How many images a running simulator makes in a second, and what the answers take on the wire.
//!
//! `cargo run -p simulator --example throughput -- http://127.0.0.1:7070 [connections] [seconds]`
//!
//! Speaks HTTP by hand over kept connections, so that what is measured is the simulator and not
//! a client.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().context("which simulator? http://ADDR")?;
    let connections: usize = arguments.next().map_or(Ok(16), |text| text.parse())?;
    let seconds: u64 = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let address = url.strip_prefix("http://").context("the URL must begin with http://")?;

    let settings = r#"{"balance": 1000000000, "lockout": false}"#;
    let put = format!(
        "PUT /control/stability/keys/throughput HTTP/1.1\r\nhost: {address}\r\n\
         content-length: {}\r\n\r\n{settings}",
        settings.len()
    );
    exchange(&mut TcpStream::connect(address).await?, put.as_bytes()).await?;

    let body = "--x\r\ncontent-disposition: form-data; name=\"prompt\"\r\n\r\na cat\r\n--x--\r\n";
    let call = format!(
        "POST /stability/v2beta/stable-image/generate/core HTTP/1.1\r\nhost: {address}\r\n\
         authorization: Bearer throughput\r\nx-request-id: throughput\r\n\
         content-type: multipart/form-data; boundary=x\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let start = Instant::now();
    let end = start + Duration::from_secs(seconds);
    let mut clients = JoinSet::new();
    for _ in 0..connections {
        clients.spawn(client(address.to_owned(), call.clone(), end));
    }
    let (mut calls, mut bytes) = (0, 0);
    while let Some(client) = clients.join_next().await {
        let (client_calls, client_bytes) = client??;
        calls += client_calls;
        bytes += client_bytes;
    }
    let per_second = u128::from(calls) * 1000 / start.elapsed().as_millis();
    println!("{calls} images, {per_second} a second, {} bytes each", bytes / calls.max(1));
    Ok(())
}

async fn client(address: String, call: String, end: Instant) -> anyhow::Result<(u64, u64)> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut calls, mut bytes) = (0, 0);
    while Instant::now() < end {
        bytes += exchange(&mut stream, call.as_bytes()).await?;
        calls += 1;
    }
    Ok((calls, bytes))
}

/// Sends a request, reads the answer to its end and returns its length in bytes.
async fn exchange(stream: &mut TcpStream, request: &[u8]) -> anyhow::Result<u64> {
    stream.write_all(request).await?;
    let mut answer = vec![0; 64 * 1024];
    let mut length = 0;
    loop {
        let read = stream.read(&mut answer[length..]).await?;
        ensure!(read > 0, "the connection ended");
        length += read;
        let Some(head) = answer[..length].windows(4).position(|end| end == b"\r\n\r\n") else {
            continue;
        };
        let text = std::str::from_utf8(&answer[..head])?;
        ensure!(text.starts_with("HTTP/1.1 20"), "refused: {text}");
        let body = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .context("an answer without length")?
            .parse::<usize>()?;
        if length >= head + 4 + body {
            return Ok(u64::try_from(length)?);
        }
    }
}
