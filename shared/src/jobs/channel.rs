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

const RECONNECT_AFTER: Duration = Duration::from_secs(1);

impl Listener {
    /// Payloads of `channel`. When the receiver is slow, messages are dropped: they are hints.
    pub fn listen(redis: redis::Client, channel: String) -> mpsc::Receiver<Vec<u8>> {
        let (sender, receiver) = mpsc::channel(1024);
        tokio::spawn(async move {
            while !sender.is_closed() {
                if let Err(error) = forward(&redis, &channel, &sender).await {
                    tracing::debug!(%error, channel, "not subscribed; trying again");
                }
                #[expect(
                    clippy::disallowed_methods,
                    reason = "the pause between two attempts to connect"
                )]
                tokio::time::sleep(RECONNECT_AFTER).await;
            }
        });
        receiver
    }

    /// Ids of ended tasks, one batch a message.
    pub fn listen_ended(redis: redis::Client, channels: &Channels) -> mpsc::Receiver<Vec<Uuid>> {
        let (sender, receiver) = mpsc::channel(1024);
        let mut messages = Self::listen(redis, channels.ended());
        tokio::spawn(async move {
            while let Some(message) = messages.recv().await {
                if sender.send(decode_ids(&message)).await.is_err() {
                    return;
                }
            }
        });
        receiver
    }
}

async fn forward(
    redis: &redis::Client,
    channel: &str,
    sender: &mpsc::Sender<Vec<u8>>,
) -> redis::RedisResult<()> {
    let mut subscription = redis.get_async_pubsub().await?;
    subscription.subscribe(channel).await?;
    let mut messages = subscription.into_on_message();
    loop {
        tokio::select! {
            message = messages.next() => match message {
                // A full receiver drops the hint.
                Some(message) => drop(sender.try_send(message.get_payload_bytes().to_vec())),
                None => return Ok(()),
            },
            () = sender.closed() => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_survive_the_channel_and_a_torn_message_yields_what_is_whole() {
        let ids = [Uuid::now_v7(), Uuid::now_v7()];
        let mut message = encode_ids(&ids);
        assert_eq!(decode_ids(&message), ids);
        message.truncate(31);
        assert_eq!(decode_ids(&message), ids[..1]);
    }
}
