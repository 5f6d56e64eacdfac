//! The control side of the simulated provider: its keys, their faults, and its own books.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use devkit::deadline;
use devkit::services::PROVIDER;
use rand::RngExt;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};
use serde_json::{Number, Value, json};

const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// A running simulator.
#[derive(Debug, Clone)]
pub struct Simulator {
    url: String,
    http: reqwest::Client,
}

/// One key of a simulated provider. Its name is the secret that must never appear anywhere.
#[derive(Debug, Clone)]
pub struct ProviderKey {
    simulator: Simulator,
    pub provider: &'static str,
    pub secret: String,
    /// Its books when it was revoked.
    last_books: Arc<Mutex<Option<KeyBooks>>>,
}

/// What the provider knows about a key.
#[derive(Debug, Clone, Deserialize)]
pub struct KeyBooks {
    #[serde(deserialize_with = "decimal")]
    pub balance: Decimal,
    pub calls: u64,
    pub images: u64,
    #[serde(deserialize_with = "decimal")]
    pub credits: Decimal,
    pub in_flight: u32,
    pub in_flight_max: u32,
    pub window_max: u32,
    /// The `X-Request-Id` of every image made, in order.
    pub attempts: Vec<String>,
}

/// The counters of a key, without its images.
#[derive(Debug, Clone, Deserialize)]
pub struct Counters {
    /// The secret.
    pub key: String,
    pub calls: u64,
    pub images: u64,
    pub in_flight: u32,
    pub in_flight_max: u32,
    pub window_max: u32,
}

impl Simulator {
    /// The counters of all keys; `None` when it does not answer in time.
    pub async fn counters(&self) -> Option<Vec<Counters>> {
        #[derive(Deserialize)]
        struct List {
            items: Vec<Counters>,
        }
        let url = format!("{}/control/{PROVIDER}/keys", self.url);
        let answer = self.http.get(url).send().await.ok()?;
        Some(answer.json::<List>().await.ok()?.items)
    }

    /// The simulator at this URL.
    pub fn new(url: String) -> Self {
        let http = reqwest::Client::builder().no_proxy().timeout(ANSWERED_WITHIN).build();
        Self { url, http: http.expect("a client without certificates") }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The base URL in place of the provider's own.
    pub fn base_url(&self) -> String {
        format!("{}/{PROVIDER}", self.url)
    }

    /// A new key that works.
    pub async fn key(&self) -> ProviderKey {
        self.key_with(json!({})).await
    }

    /// A new key with settings of the control API.
    pub async fn key_with(&self, settings: Value) -> ProviderKey {
        let key = self.unknown_key();
        key.set(settings).await;
        key
    }

    /// The key that has this secret.
    pub fn key_of(&self, secret: &str) -> ProviderKey {
        ProviderKey { secret: secret.to_owned(), ..self.unknown_key() }
    }

    /// A key the provider does not know.
    pub fn unknown_key(&self) -> ProviderKey {
        const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        let mut random = rand::rng();
        let tail: String =
            (0..48).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect();
        ProviderKey {
            simulator: self.clone(),
            provider: PROVIDER,
            secret: format!("sk-{tail}"),
            last_books: Arc::default(),
        }
    }
}

impl ProviderKey {
    /// The same key at another provider.
    #[must_use]
    pub fn at(self, provider: &'static str) -> Self {
        Self { provider, ..self }
    }

    /// Changes what is named; `faults` are replaced as a whole.
    pub async fn set(&self, settings: Value) {
        let answer = self.simulator.http.put(self.url()).json(&settings).send().await;
        let status = answer.expect("the simulator answers").status();
        assert!(status.is_success(), "the simulator refuses {settings}: {status}");
    }

    /// Makes it a key the provider does not know any more, on its account pages either.
    pub async fn revoke(&self) {
        let books = self.ask().await;
        *self.last_books.lock().expect("no holder of this lock panics") = books;
        let answer = self.simulator.http.delete(self.url()).send().await;
        assert!(answer.expect("the simulator answers").status().is_success());
    }

    /// What the provider has counted.
    pub async fn books(&self) -> KeyBooks {
        self.find_books().await.expect("the provider has known this key")
    }

    /// The same; `None` for a key it has never known.
    pub async fn find_books(&self) -> Option<KeyBooks> {
        let last = self.last_books.lock().expect("no holder of this lock panics").clone();
        self.ask().await.or(last)
    }

    /// When each image was made, in milliseconds since 1970, by its `X-Request-Id`.
    pub async fn made(&self) -> Vec<(String, f64)> {
        #[derive(Deserialize)]
        struct Made {
            request_id: String,
            at_ms: f64,
        }
        #[derive(Deserialize)]
        struct View {
            made: Vec<Made>,
        }
        let answer =
            self.simulator.http.get(self.url()).send().await.expect("the simulator answers");
        let view: View = answer.json().await.expect("books of a key");
        view.made.into_iter().map(|it| (it.request_id, it.at_ms)).collect()
    }

    /// Waits until so many calls with this key are running.
    pub async fn until_in_flight(&self, calls: u32) {
        let what = format!("{calls} calls are running");
        deadline::until(&what, ANSWERED_WITHIN, async || {
            (self.books().await.in_flight == calls).then_some(())
        })
        .await;
    }

    async fn ask(&self) -> Option<KeyBooks> {
        let answer =
            self.simulator.http.get(self.url()).send().await.expect("the simulator answers");
        if answer.status() == reqwest::StatusCode::NOT_FOUND {
            return None;
        }
        Some(answer.json().await.expect("books of a key"))
    }

    fn url(&self) -> String {
        format!("{}/control/{}/keys/{}", self.simulator.url, self.provider, self.secret)
    }
}

/// A JSON number as it is written, without a detour over floats.
fn decimal<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
    Number::deserialize(from)?.to_string().parse().map_err(serde::de::Error::custom)
}
