//! Images in another size or format: made when one is first asked for, and kept.

mod render;

use std::{num::NonZero, sync::Arc, thread::available_parallelism};

use bytes::Bytes;
use shared::{
    generation::tasks::TaskImage,
    images::{ImageStore, ImageStoreError, Rendition},
};
use tokio::{sync::Semaphore, task::spawn_blocking};
use uuid::Uuid;

use crate::problem::{Code, Problem};

/// The most requests that wait for one that is made: with them wait files of up to 32 MiB.
const WAITING_MAX: usize = 64;
/// The most that are made at once: each may take some 300 MiB.
const MADE_AT_ONCE_MAX: usize = 2;

/// Makes renditions, a bounded number at once.
pub struct Renditions {
    places: Semaphore,
    making: Arc<Semaphore>,
}

impl Default for Renditions {
    fn default() -> Self {
        let processors = available_parallelism().map_or(1, NonZero::get);
        Self {
            places: Semaphore::new(WAITING_MAX),
            making: Arc::new(Semaphore::new(processors.min(MADE_AT_ONCE_MAX))),
        }
    }
}

impl Renditions {
    /// The file of a rendition of a task's image, which is there.
    pub async fn get(
        &self,
        images: &ImageStore,
        task: Uuid,
        image: &TaskImage,
        rendition: Rendition,
    ) -> Result<Bytes, Problem> {
        if let Some(kept) = find(images, task, image, rendition).await? {
            return Ok(kept);
        }
        let _place = self.places.try_acquire().map_err(|_| {
            let detail = "too many images are being made smaller at the same time; try again";
            Problem::new(Code::Unavailable, detail)
        })?;
        let making = Arc::clone(&self.making).acquire_owned().await;
        let making = making.map_err(|error| Problem::internal(&error))?;
        // Somebody else may have made it in the meantime.
        if let Some(kept) = find(images, task, image, rendition).await? {
            return Ok(kept);
        }
        let length = u64::try_from(image.bytes).unwrap_or_default();
        let file = images.read(task, image.attempt, length).await?.into_bytes().await?;
        let format = image.format;
        let made = spawn_blocking(move || {
            let made = render::render(&file, format, rendition);
            // Held until the work is done, also when nobody waits for it any more.
            drop(making);
            made
        });
        let made = match made.await {
            Ok(Ok(made)) => Bytes::from(made),
            Ok(Err(error)) => return Err(refused(task, &error)),
            Err(error) => return Err(refused(task, &error)),
        };
        let kept = images.keep_rendition(task, image.attempt, rendition, made.clone()).await;
        if let Err(error) = kept {
            tracing::warn!(%error, "a rendition was made and could not be kept");
        }
        Ok(made)
    }
}

/// One that was kept. A store that fails here is no reason not to make it again.
async fn find(
    images: &ImageStore,
    task: Uuid,
    image: &TaskImage,
    rendition: Rendition,
) -> Result<Option<Bytes>, ImageStoreError> {
    match images.find_rendition(task, image.attempt, rendition).await {
        Err(ImageStoreError::Damaged { .. }) => Ok(None),
        other => other,
    }
}

fn refused(task: Uuid, error: &impl std::fmt::Display) -> Problem {
    tracing::info!(%task, %error, "an image cannot be drawn anew");
    Problem::new(
        Code::GenerationNoRendition,
        "this image cannot be made in another size or format; get it without `w` and `format`",
    )
}

/// What a client is told of a store that fails.
impl From<ImageStoreError> for Problem {
    fn from(error: ImageStoreError) -> Self {
        match error {
            ImageStoreError::Missing => Self::not_found(),
            ImageStoreError::Damaged { .. } | ImageStoreError::Unfit { .. } => {
                Self::internal(&error)
            }
            ImageStoreError::TimedOut { .. } | ImageStoreError::Failed { .. } => {
                tracing::warn!(%error, "the image store did not answer");
                Self::new(Code::Unavailable, "the image store does not answer; try again")
            }
        }
    }
}
