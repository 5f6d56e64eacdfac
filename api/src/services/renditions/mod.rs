//! Images in another size or format: made when one is first asked for, and kept. What is kept is read as it is sent; in
//! memory is only what is being made.

mod render;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    num::NonZero,
    ops::Range,
    sync::{Arc, Weak},
    thread::available_parallelism,
};

use bytes::Bytes;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use parking_lot::Mutex;
use shared::{
    generation::tasks::TaskImage,
    images::{ImageStore, ImageStoreError, KeptRendition, Rendition},
};
use tokio::{
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
};
use uuid::Uuid;

use crate::problem::{Code, Problem};

/// The most that are made at once: each may take some 300 MiB.
const MADE_AT_ONCE_MAX: usize = 2;
/// The most of one consumer's images that are made or wait in the line of all: what else of theirs is asked for waits for
/// one of these.
const SHARE_MAX: usize = 8;
/// What was made and could not be kept is sent in parts of so many bytes.
const PART_LENGTH: usize = 256 * 1024;

/// Makes renditions, a bounded number at once. Who asks waits in line and holds nothing meanwhile.
pub struct Renditions {
    making: Arc<Semaphore>,
    shares: Mutex<HashMap<Uuid, Weak<Semaphore>>>,
}

impl Default for Renditions {
    fn default() -> Self {
        let processors = available_parallelism().map_or(1, NonZero::get);
        let making = Arc::new(Semaphore::new(processors.min(MADE_AT_ONCE_MAX)));
        Self { making, shares: Mutex::default() }
    }
}

/// The image of a task, and who pays for the work.
pub struct Original {
    /// Whose task it is.
    pub consumer: Uuid,
    /// The task.
    pub task: Uuid,
    /// Its image, which is there.
    pub image: TaskImage,
}

/// The file of a rendition.
#[derive(Debug)]
pub enum RenditionFile {
    /// In the store.
    Kept(KeptRendition),
    /// In memory, as the store would not keep it. It takes of its consumer's share until it is sent.
    Unkept(Bytes, OwnedSemaphorePermit),
}

impl RenditionFile {
    /// Its bytes.
    pub fn length(&self) -> u64 {
        match self {
            Self::Kept(file) => file.length(),
            Self::Unkept(file, _) => file.len() as u64,
        }
    }

    /// These of its bytes, in parts.
    pub async fn read(
        self,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes, ImageStoreError>>, ImageStoreError> {
        match self {
            Self::Kept(file) => Ok(file.read(range).await?.boxed()),
            Self::Unkept(file, share) => {
                let offset = |it: u64| usize::try_from(it).unwrap_or(file.len()).min(file.len());
                let rest = file.slice(offset(range.start)..offset(range.end));
                let parts = stream::unfold((rest, share), |(mut rest, share)| async move {
                    let length = rest.len().min(PART_LENGTH);
                    (length > 0).then(|| (Ok(rest.split_to(length)), (rest, share)))
                });
                Ok(parts.boxed())
            }
        }
    }
}

impl Renditions {
    /// The file of a rendition.
    pub async fn get(
        &self,
        images: &ImageStore,
        original: Original,
        rendition: Rendition,
    ) -> Result<RenditionFile, Problem> {
        let work = Work { images: images.clone(), original, rendition };
        if let Some(kept) = work.find().await? {
            return Ok(RenditionFile::Kept(kept));
        }
        let closed = |error: AcquireError| Problem::internal(&error);
        let share = self.share_of(work.original.consumer).acquire_owned().await.map_err(closed)?;
        let making = Arc::clone(&self.making).acquire_owned().await.map_err(closed)?;
        // Somebody else may have made it in the meantime.
        if let Some(kept) = work.find().await? {
            return Ok(RenditionFile::Kept(kept));
        }
        // Once begun it is made and kept, whether its client waits or leaves: half of it would be for nothing, and what is
        // kept without a last look at its image might stay for ever.
        let made = tokio::spawn(work.make(share, making)).await;
        made.map_err(|error| Problem::internal(&error))?
    }

    /// What a consumer has of the line. Those whose images nobody waits for are forgotten.
    fn share_of(&self, consumer: Uuid) -> Arc<Semaphore> {
        let mut shares = self.shares.lock();
        shares.retain(|_, it| it.strong_count() > 0);
        let known = shares.get(&consumer).and_then(Weak::upgrade);
        known.unwrap_or_else(|| {
            let share = Arc::new(Semaphore::new(SHARE_MAX));
            shares.insert(consumer, Arc::downgrade(&share));
            share
        })
    }
}

struct Work {
    images: ImageStore,
    original: Original,
    rendition: Rendition,
}

impl Work {
    /// One that was kept. A damaged one is made anew.
    async fn find(&self) -> Result<Option<KeptRendition>, ImageStoreError> {
        let Original { task, image, .. } = &self.original;
        match self.images.find_rendition(*task, image.attempt, self.rendition).await {
            Err(ImageStoreError::Damaged { .. }) => Ok(None),
            other => other,
        }
    }

    /// Makes it and keeps it. Until then both permits are held, also when nobody waits any more.
    async fn make(
        self,
        share: OwnedSemaphorePermit,
        making: OwnedSemaphorePermit,
    ) -> Result<RenditionFile, Problem> {
        let Self { images, original: Original { task, image, .. }, rendition } = &self;
        let length = u64::try_from(image.bytes).unwrap_or_default();
        let file = images.read(*task, image.attempt, length).await?.into_bytes().await?;
        let (format, rendition) = (image.format, *rendition);
        let made = spawn_blocking(move || render::render(&file, format, rendition)).await;
        let made = match made {
            Ok(Ok(made)) => Bytes::from(made),
            Ok(Err(error)) => return Err(refused(*task, &error)),
            Err(error) => return Err(refused(*task, &error)),
        };
        match images.keep_rendition(*task, image.attempt, rendition, made.clone()).await {
            Ok(true) => {
                drop(making);
                let kept = self.find().await?.ok_or(ImageStoreError::Missing)?;
                Ok(RenditionFile::Kept(kept))
            }
            Ok(false) => Err(ImageStoreError::Missing.into()),
            Err(error) => {
                tracing::warn!(%error, "a rendition was made and could not be kept");
                Ok(RenditionFile::Unkept(made, share))
            }
        }
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
