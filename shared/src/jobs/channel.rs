//! The two Redis channels: *wake* (a bell was pushed; apalis polls at once instead of at its next tick)
//! and *ended* (tasks reached a final state; waiting clients can be answered).

use std::time::Duration;

use futures::StreamExt;
use tokio::sync::mpsc;
use uuid::Uuid;

/// The channels of one namespace.
#[derive(Clone, Debug)]
pub struct Channels {
    namespace: String,
}

impl Channels {
    pub fn new(namespace: &str) -> Self {
        Self { namespace: namespace.to_owned() }
    }

    pub fn wake(&self, kind: super::JobKind) -> String {
        format!("{}:wake:{}", self.namespace, kind.as_str())
    }

    pub fn ended(&self) -> String {
        format!("{}:ended", self.namespace)
    }
}

/// The ids of tasks that ended, as one message.
pub(super) fn encode_ids(ids: &[Uuid]) -> Vec<u8> {
    ids.iter().flat_map(|id| id.into_bytes()).collect()
}

fn decode_ids(message: &[u8]) -> Vec<Uuid> {
    message.chunks_exact(16).filter_map(|bytes| Uuid::from_slice(bytes).ok()).collect()
}

/// Listens on a channel for as long as the receiver lives, through every absence of Redis.
pub struct Listener;

/// How long Redis may take to accept a connection and a subscription.
const CONNECT_MAX: Duration = Duration::from_secs(5);
const RECONNECT_AFTER: Duration = Duration::from_secs(1);

impl Listener {
    /// Payloads of `channel`. When the receiver is slow, messages are dropped: they are hints.
    pub fn listen(redis: redis::Client, channel: String) -> mpsc::Receiver<Vec<u8>> {
        let (sender, receiver) = mpsc::channel(1024);
        tokio::spawn(async move {
            tokio::select! {
                () = forward_for_ever(&redis, &channel, &sender) => {}
                () = sender.closed() => {}
            }
        });
        receiver
    }

    /// Ids of ended tasks, one batch a message.
    pub fn listen_ended(redis: redis::Client, channels: &Channels) -> mpsc::Receiver<Vec<Uuid>> {
        let (sender, receiver) = mpsc::channel(1024);
        let mut messages = Self::listen(redis, channels.ended());
        tokio::spawn(async move {
            let decoding = async {
                while let Some(message) = messages.recv().await {
                    if sender.send(decode_ids(&message)).await.is_err() {
                        return;
                    }
                }
            };
            tokio::select! {
                () = decoding => {}
                () = sender.closed() => {}
            }
        });
        receiver
    }
}

async fn forward_for_ever(redis: &redis::Client, channel: &str, sender: &mpsc::Sender<Vec<u8>>) {
    loop {
        if let Err(error) = forward(redis, channel, sender).await {
            tracing::debug!(%error, channel, "not subscribed; trying again");
        }
        #[expect(clippy::disallowed_methods, reason = "the pause between two attempts to connect")]
        tokio::time::sleep(RECONNECT_AFTER).await;
    }
}

/// Until the connection ends.
async fn forward(
    redis: &redis::Client,
    channel: &str,
    sender: &mpsc::Sender<Vec<u8>>,
) -> redis::RedisResult<()> {
    let subscribing = async {
        let mut subscription = redis.get_async_pubsub().await?;
        subscription.subscribe(channel).await?;
        redis::RedisResult::Ok(subscription.into_on_message())
    };
    // Whatever accepts and never answers is no Redis.
    let mut messages = tokio::time::timeout(CONNECT_MAX, subscribing)
        .await
        .map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))??;
    while let Some(message) = messages.next().await {
        // A full receiver drops the hint.
        drop(sender.try_send(message.get_payload_bytes().to_vec()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    /// Less than an attempt to connect may take.
    const SOON: Duration = Duration::from_secs(3);

    /// What accepts as Redis would, and the client of it.
    async fn silence() -> (TcpListener, redis::Client) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, redis::Client::open(format!("redis://{address}")).unwrap())
    }

    async fn accepted(listener: &TcpListener) -> TcpStream {
        listener.accept().await.unwrap().0
    }

    #[tokio::test]
    async fn a_connection_that_is_never_answered_ends_with_its_reader() {
        let (listener, redis) = silence().await;
        let payloads = Listener::listen(redis.clone(), "wake".to_owned());
        let mut of_payloads = accepted(&listener).await;
        let ids = Listener::listen_ended(redis, &Channels::new("x"));
        let mut of_ids = accepted(&listener).await;
        for connection in [&mut of_payloads, &mut of_ids] {
            assert!(connection.read_u8().await.is_ok(), "it is asked something");
        }

        drop((payloads, ids));

        for connection in [&mut of_payloads, &mut of_ids] {
            let mut asked = Vec::new();
            let ended = tokio::time::timeout(SOON, connection.read_to_end(&mut asked)).await;
            assert!(ended.is_ok(), "it is still open, without a reader");
        }
    }

    #[tokio::test]
    async fn a_reader_that_leaves_between_two_attempts_is_not_called_back() {
        let (listener, redis) = silence().await;
        let payloads = Listener::listen(redis, "wake".to_owned());
        drop(accepted(&listener).await);

        drop(payloads);

        let again = tokio::time::timeout(RECONNECT_AFTER * 2, listener.accept()).await;
        assert!(again.is_err(), "there is nobody to listen for");
    }

    #[tokio::test(start_paused = true)]
    async fn what_accepts_and_never_answers_is_tried_again() {
        let (listener, redis) = silence().await;
        let _payloads = Listener::listen(redis, "wake".to_owned());
        let _silent = accepted(&listener).await;

        let again = tokio::time::timeout(CONNECT_MAX * 10, accepted(&listener)).await;

        assert!(again.is_ok(), "it waits for the first answer for ever");
    }

    #[test]
    fn ids_survive_the_channel_and_a_torn_message_yields_what_is_whole() {
        let ids = [Uuid::now_v7(), Uuid::now_v7()];
        let mut message = encode_ids(&ids);
        assert_eq!(decode_ids(&message), ids);
        message.truncate(31);
        assert_eq!(decode_ids(&message), ids[..1]);
    }
}
