//! Users, credits and hosted keys, all through the public API.

use futures::{StreamExt as _, stream};
use serde_json::json;
use tests::client::User;
use tests::simulator::ProviderKey;
use tests::stack::Stack;

use crate::options::Options;

/// Passwords are hashed on two cores; more at once would only wait.
const AT_ONCE: usize = 8;
const OWNERS: usize = 10;

/// Who takes part.
pub struct Cast {
    pub admin: User,
    pub consumers: Vec<User>,
    pub keys: Vec<ProviderKey>,
}

/// Makes them and waits until every key serves.
pub async fn seed(stack: &Stack, options: &Options) -> Cast {
    let admin = stack.admin().await;
    admin.set_policy("third_party_allowed").await;
    let owners: Vec<User> = users(stack, "owner", OWNERS).await;
    let consumers = users(stack, "consumer", options.consumers).await;
    for consumer in &consumers {
        admin.grant(consumer, "1000000").await;
    }
    let keys: Vec<ProviderKey> = stream::iter(0..options.resources)
        .map(|number| {
            let owner = &owners[number % OWNERS];
            async move {
                let limits = json!({
                    "concurrency_limit": 1_000,
                    "daily_limit": "10000000",
                    "monthly_limit": "10000000",
                });
                let settings = json!({"lockout": false, "balance": 100_000_000});
                stack.host(owner, settings, "0.5", &limits).await.key
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    stack.await_resources(&consumers[0], options.resources as u64).await;
    Cast { admin, consumers, keys }
}

async fn users(stack: &Stack, name: &str, count: usize) -> Vec<User> {
    stream::iter(0..count).map(|_| stack.user(name)).buffer_unordered(AT_ONCE).collect().await
}
