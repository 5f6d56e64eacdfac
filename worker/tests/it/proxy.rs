//! A way to the database that a test can cut.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub struct Proxy {
    pub address: SocketAddr,
    reachable: watch::Sender<bool>,
}

impl Proxy {
    /// Forwards to `server`, a host and port.
    pub async fn start(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (reachable, state) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, server.clone(), state.clone()));
            }
        });
        Self { address, reachable }
    }

    /// Cuts all connections and refuses new ones, or lets them through again.
    pub fn set_reachable(&self, reachable: bool) {
        self.reachable.send_replace(reachable);
    }
}

async fn forward(mut client: TcpStream, server: String, mut reachable: watch::Receiver<bool>) {
    if !*reachable.borrow_and_update() {
        return;
    }
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
        _ = reachable.changed() => {}
    }
}
