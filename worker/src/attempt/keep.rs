//! Keeps the image before any money moves.

use std::time::{Duration, Instant};

use backon::BackoffBuilder;
use providers::Image;
use shared::generation::settle::KeptDelivery;
use shared::images::{ImageFormat, KeptImage, Seed};

use crate::backoff;
use crate::claim::Start;
use crate::deps::Deps;

const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// Writes the image to the object store, again and again while the attempt may still live: no try begins
/// later than `keep_max` after the first. `None` if it could not be kept; nothing is claimed until the
/// store works again.
#[expect(clippy::disallowed_methods, reason = "the pause between two tries")]
pub async fn keep(deps: &Deps, start: &Start, image: Image) -> Option<KeptDelivery> {
    let Ok(format) = ImageFormat::of_media_type(image.content_type) else {
        tracing::error!(attempt = %start.attempt, content_type = image.content_type, "not a type that is kept");
        return None;
    };
    // A seed beyond 32 bits could not be asked for again.
    let seed = image.seed.and_then(|it| u32::try_from(it).ok()).map(Seed);
    let described = KeptImage::describe(format, image.width, image.height, seed, &image.bytes);
    let began = Instant::now();
    let mut pauses = backoff::doubling(PAUSE_FIRST, PAUSE_MAX).build();
    loop {
        let kept =
            deps.images.keep(start.task.id, start.attempt, &described, image.bytes.clone()).await;
        let Err(error) = kept else { break };
        tracing::warn!(attempt = %start.attempt, %error, "the image was not kept");
        metrics::counter!("aetherflow_keep_failures_total").increment(1);
        deps.suspect_store();
        let pause = pauses.next().filter(|it| began.elapsed() + *it <= deps.rules.keep_max)?;
        tokio::time::sleep(pause).await;
    }
    metrics::histogram!("aetherflow_keep_seconds").record(began.elapsed().as_secs_f64());
    Some(KeptDelivery { attempt: start.attempt, image: described })
}
