//! A way to the database that a test can cut.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub struct Proxy {
    pub address: SocketAddr,
    reachable: watch::Sender<bool>,
    lost: Lost,
}

/// Text of the statement whose answer gets lost, once.
type Lost = Arc<Mutex<Option<&'static str>>>;

impl Proxy {
    /// Forwards to `server`, a host and port.
    pub async fn start(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (reachable, state) = watch::channel(true);
        let lost = Lost::default();
        let losing = Arc::clone(&lost);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, server.clone(), state.clone(), Arc::clone(&losing)));
            }
        });
        Self { address, reachable, lost }
    }

    /// Cuts all connections and refuses new ones, or lets them through again.
    pub fn set_reachable(&self, reachable: bool) {
        self.reachable.send_replace(reachable);
    }

    /// The next connection that prepares a statement with this text breaks after the server has executed it, and
    /// before the client hears of it.
    pub fn lose_answer_to(&self, text: &'static str) {
        *self.lost.lock().unwrap() = Some(text);
    }
}

async fn forward(
    mut client: TcpStream,
    server: String,
    mut reachable: watch::Receiver<bool>,
    lost: Lost,
) {
    if !*reachable.borrow_and_update() {
        return;
    }
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    tokio::select! {
        () = copy(&mut client, &mut server, &lost) => {}
        _ = reachable.changed() => {}
    }
}

async fn copy(client: &mut TcpStream, server: &mut TcpStream, lost: &Lost) {
    let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    let (mut prepared, mut executed) = (false, false);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(length @ 1..) = read else { return };
                // Whatever follows the preparation executes it.
                executed = prepared;
                prepared = prepared || takes(lost, &asked[..length]);
                if server.write_all(&asked[..length]).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(length @ 1..) = read else { return };
                // The server answers when it has committed.
                if executed || client.write_all(&answered[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Whether it has the text whose answer gets lost, which it then is no more.
fn takes(lost: &Lost, asked: &[u8]) -> bool {
    let mut lost = lost.lock().unwrap();
    let found = lost.is_some_and(|text| asked.windows(text.len()).any(|it| it == text.as_bytes()));
    if found {
        *lost = None;
    }
    found
}
