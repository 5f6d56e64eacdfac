//! What the duties share.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use shared::images::{ImageStore, ImageStoreError};
use shared::jobs::Bells;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::Terms;
use crate::answering::DatabaseWatch;
use crate::board::Board;

/// Everything a duty may use.
pub struct Deps {
    pub db: PgPool,
    pub images: ImageStore,
    pub bells: Bells,
    pub terms: Terms,
    /// Whether anybody may be declared dead.
    pub watch: DatabaseWatch,
    /// The gauges of the leader.
    pub(crate) board: Board,
    /// Canceled when the process stops: a long duty that loses nothing ends early.
    pub stopping: CancellationToken,
    /// How far the walk of image retention has come; nil where the next one begins.
    pub(crate) retention_walk: Mutex<Uuid>,
    store_works: AtomicBool,
}

impl Deps {
    pub fn new(
        db: PgPool,
        images: ImageStore,
        bells: Bells,
        terms: Terms,
        stopping: CancellationToken,
    ) -> Self {
        Self {
            db,
            images,
            bells,
            terms,
            watch: DatabaseWatch::new(terms.lease),
            board: Board::default(),
            stopping,
            retention_walk: Mutex::new(Uuid::nil()),
            store_works: AtomicBool::new(true),
        }
    }

    /// Whether the object store did what it was last asked.
    pub fn store_works(&self) -> bool {
        self.store_works.load(Ordering::Relaxed)
    }

    /// Remembers whether the store works; a damaged or missing image is no fault of the store.
    pub(crate) fn note_store<T>(&self, answer: &Result<T, ImageStoreError>) {
        let works = !matches!(
            answer,
            Err(ImageStoreError::TimedOut { .. } | ImageStoreError::Failed { .. })
        );
        self.store_works.store(works, Ordering::Relaxed);
    }
}
