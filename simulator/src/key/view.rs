//! What the control API shows of a key.

use serde::{Serialize, Serializer, ser::SerializeSeq as _};
use serde_json::value::RawValue;

use super::fault::Faults;
use super::retry_after::RetryAfter;
use super::{Key, Made};
use crate::credits::Credits;

/// How much of a key is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Settings and counters.
    Counters,
    /// Also the images made, one by one.
    Images,
}

#[derive(Serialize)]
struct View<'a> {
    key: &'a str,
    balance: Credits,
    latency_ms: u32,
    latency_jitter_ms: u32,
    faults: &'a Faults,
    lockout: bool,
    retry_after: RetryAfter,
    calls: u64,
    images: usize,
    credits: Credits,
    in_flight: u32,
    in_flight_max: u32,
    window_max: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<Attempts<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    made: Option<&'a [Made]>,
}

/// The request ids alone, in the order the images were made.
struct Attempts<'a>(&'a [Made]);

impl Serialize for Attempts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut ids = serializer.serialize_seq(Some(self.0.len()))?;
        self.0.iter().try_for_each(|made| ids.serialize_element(&made.request_id))?;
        ids.end()
    }
}

impl Serialize for Made {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Line<'a> {
            request_id: &'a str,
            credits: Credits,
            at_ms: u64,
        }
        Line { request_id: &self.request_id, credits: self.price, at_ms: self.at_ms }
            .serialize(serializer)
    }
}

impl Key {
    /// The key as JSON, all of it read at one instant.
    pub fn view(&self, detail: Detail) -> Box<RawValue> {
        let books = self.books();
        let images = (detail == Detail::Images).then_some(books.made.as_slice());
        let view = View {
            key: &self.name,
            balance: books.settings.balance,
            latency_ms: books.settings.latency.get(),
            latency_jitter_ms: books.settings.latency_jitter.get(),
            faults: &books.settings.faults,
            lockout: books.settings.lockout,
            retry_after: books.settings.retry_after,
            calls: books.calls,
            images: books.made.len(),
            credits: books.taken,
            in_flight: books.in_flight,
            in_flight_max: books.in_flight_max,
            window_max: books.window.most(),
            attempts: images.map(Attempts),
            made: images,
        };
        serde_json::value::to_raw_value(&view).expect("a view holds only strings and numbers")
    }
}
