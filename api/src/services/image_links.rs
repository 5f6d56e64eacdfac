//! Addresses that open an image without an access token, for an `<img>` element.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use shared::images::{LinkError, LinkSecret};
use url::Url;
use uuid::Uuid;

/// How long a link works, at least.
const LIFETIME: Duration = Duration::from_hours(1);

/// Links made within one step are the same, so that a page that polls its task does not load the image
/// again each time.
const STEP: Duration = Duration::from_mins(5);

/// Pixels: enough for a tile of a page on a fine screen.
const THUMBNAIL_WIDTH: u32 = 384;

/// Signs and verifies links.
pub struct ImageLinks {
    secret: LinkSecret,
    /// The start of every address, without a slash at its end.
    base: String,
    /// How long images are kept after their task ended.
    retention: TimeDelta,
}

/// An address, and when it stops working.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageLink {
    /// Absolute.
    pub url: String,
    /// Of a small JPEG.
    pub thumbnail_url: String,
    /// Unix seconds.
    pub expires_at: u64,
}

impl ImageLinks {
    /// Links that begin with `public_url`, to images that are kept for `retention`.
    pub fn new(secret: LinkSecret, public_url: &Url, retention: Duration) -> Self {
        let base = public_url.as_str().trim_end_matches('/').to_owned();
        Self { secret, base, retention: TimeDelta::from_std(retention).unwrap_or(TimeDelta::MAX) }
    }

    /// Until when the image of a task that ended then is kept, at least; `None`: for ever.
    pub fn kept_until(&self, ended: DateTime<Utc>) -> Option<DateTime<Utc>> {
        ended.checked_add_signed(self.retention)
    }

    /// A link to a task's image, made at `now` (Unix seconds).
    pub fn link(&self, task: Uuid, now: u64) -> ImageLink {
        let expires_at = (now + LIFETIME.as_secs()).next_multiple_of(STEP.as_secs());
        let token = self.secret.sign(task, expires_at);
        let url = format!("{}/api/generate/task/{task}/image?token={token}", self.base);
        let thumbnail_url = format!("{url}&w={THUMBNAIL_WIDTH}&format=jpeg");
        ImageLink { url, thumbnail_url, expires_at }
    }

    /// When the link stops working, if it is one to this task's image and works at `now`.
    pub fn verify(&self, task: Uuid, token: &str, now: u64) -> Result<u64, LinkError> {
        self.secret.verify(task, token, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_763_800_000;

    fn links() -> ImageLinks {
        let secret = LinkSecret::new(&"0123456789abcdef0123456789abcdef".into()).unwrap();
        let base = Url::parse("https://api.example.com/exchange/").unwrap();
        ImageLinks::new(secret, &base, Duration::from_hours(24))
    }

    #[test]
    fn a_link_is_absolute_good_for_an_hour_and_opens_its_task_only() {
        let task = Uuid::now_v7();
        let link = links().link(task, NOW);

        let (address, token) = link.url.split_once("?token=").unwrap();
        assert_eq!(
            address,
            format!("https://api.example.com/exchange/api/generate/task/{task}/image")
        );
        assert!((NOW + 3_600..NOW + 3_900).contains(&link.expires_at));
        assert_eq!(links().verify(task, token, NOW + 3_599), Ok(link.expires_at));
        assert_eq!(links().verify(task, token, link.expires_at), Err(LinkError::Expired));
        assert_eq!(links().verify(Uuid::now_v7(), token, NOW), Err(LinkError::Invalid));
    }

    #[test]
    fn an_image_is_kept_from_the_end_of_its_task_or_for_ever() {
        let ended = DateTime::UNIX_EPOCH;
        assert_eq!(links().kept_until(ended), Some(ended + TimeDelta::days(1)));

        let base = Url::parse("https://api.example.com").unwrap();
        let endless = ImageLinks::new(links().secret, &base, Duration::MAX);
        assert_eq!(endless.kept_until(ended), None);
    }

    #[test]
    fn links_of_the_same_minutes_are_the_same() {
        let task = Uuid::now_v7();
        let first = links().link(task, NOW - NOW % 300 + 1);

        assert_eq!(first, links().link(task, NOW - NOW % 300 + 299));
        assert_ne!(first, links().link(task, NOW - NOW % 300 + 301));
    }
}
