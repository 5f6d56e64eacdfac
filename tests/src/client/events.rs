//! A stream of server-sent events as a client reads it.

use std::time::Duration;

use reqwest::Response;
use serde_json::Value;

use super::Caller;

/// An event of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its id; of an event without one, the last before it.
    pub id: String,
    pub name: String,
    pub data: Value,
}

/// A stream that is open.
#[derive(Debug)]
pub struct EventStream {
    response: Response,
    text: String,
    /// The id to come back with.
    pub last_id: String,
    /// Comments so far.
    pub comments: usize,
}

impl Caller {
    /// Opens a stream that must be there, from after `last_id`.
    pub async fn stream(&self, path: &str, last_id: Option<&str>) -> EventStream {
        let mut request = self.request(reqwest::Method::GET, path);
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        let response = request.open().await;
        assert_eq!(response.status(), 200, "{path}");
        let header = |name: &str| response.headers()[name].to_str().unwrap_or_default().to_owned();
        assert_eq!(header("content-type"), "text/event-stream");
        assert_eq!(header("cache-control"), "no-store, no-transform");
        assert_eq!(header("x-accel-buffering"), "no");
        EventStream { response, text: String::new(), last_id: String::new(), comments: 0 }
    }
}

impl EventStream {
    /// The next event; `None` when the stream ends or nothing comes for so long.
    pub async fn next_within(&mut self, patience: Duration) -> Option<Event> {
        tokio::time::timeout(patience, self.read()).await.ok().flatten()
    }

    /// The next event, which must come.
    pub async fn next(&mut self) -> Event {
        let patience = Duration::from_secs(30);
        self.next_within(patience).await.expect("an event within half a minute")
    }

    /// The next event of this name, which must come.
    pub async fn next_of(&mut self, name: &str) -> Event {
        loop {
            let event = self.next().await;
            if event.name == name {
                return event;
            }
        }
    }

    /// Whether the stream ends, within so long and without another event.
    pub async fn ends_within(&mut self, patience: Duration) -> bool {
        tokio::time::timeout(patience, self.read()).await.is_ok_and(|it| it.is_none())
    }

    async fn read(&mut self) -> Option<Event> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                if let Some(event) = self.event(&block) {
                    return Some(event);
                }
            }
            let bytes = self.response.chunk().await.ok()??;
            self.text.push_str(std::str::from_utf8(&bytes).expect("events are UTF-8"));
        }
    }

    /// A block without data is no event, but may have an id.
    fn event(&mut self, block: &str) -> Option<Event> {
        let (mut name, mut data) = (String::new(), None);
        for line in block.lines() {
            match line.split_once(':') {
                Some(("", _)) => self.comments += 1,
                Some(("id", id)) => id.trim().clone_into(&mut self.last_id),
                Some(("event", it)) => it.trim().clone_into(&mut name),
                Some(("data", it)) => data = serde_json::from_str(it).ok(),
                Some(("retry", milliseconds)) => assert_eq!(milliseconds.trim(), "2000"),
                other => panic!("no line of an event: {other:?}"),
            }
        }
        Some(Event { id: self.last_id.clone(), name, data: data? })
    }
}
