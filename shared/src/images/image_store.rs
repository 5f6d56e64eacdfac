use std::{fmt, io::ErrorKind, ops::Range, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use object_store::{
    Attribute, Attributes, GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutOptions,
    PutPayload, local::LocalFileSystem, path::Path,
};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{
    AddressError, ImageBody, ImageStoreError, KeptImage, Operation, StoreFault, TimeLimits,
    address::Address,
    error::answer_code,
    kept_image::IMAGE_LENGTH_MAX,
    key,
    limit::{off_thread, within},
    marker,
    record::{self, OBJECT_LENGTH_MAX},
};

/// How often a write is begun when its directory is removed under it.
const PUT_TRIES_MAX: u32 = 5;

/// Where made images are. Cheap to clone.
#[derive(Clone)]
pub struct ImageStore {
    pub(super) objects: Arc<dyn ObjectStore>,
    pub(super) place: Place,
    pub(super) limits: TimeLimits,
    /// Tells the probes of this process from those of others.
    pub(super) process: Uuid,
    /// Held while a probe runs: they share an object.
    pub(super) probing: Arc<Mutex<()>>,
}

/// What an absent object and its attributes mean depends on what is behind.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Place {
    Directory(PathBuf),
    S3,
    #[cfg(test)]
    Memory,
}

/// Why a store was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The configuration is wrong.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The directory cannot be made or used.
    #[error(transparent)]
    Store(#[from] ImageStoreError),
}

impl ImageStore {
    /// Opens `file:///absolute/path` (the directory is made, and marked as the image store; writes
    /// are synced to the disk) or `s3://bucket/prefix`. `options` are names and values of the
    /// environment's `AWS_*` variables, others are ignored. S3 is not contacted: see
    /// [`ImageStore::probe`].
    pub async fn open(
        address: &str,
        options: impl IntoIterator<Item = (String, String)>,
        limits: TimeLimits,
    ) -> Result<Self, OpenError> {
        let (objects, place) = match Address::parse(address, options)? {
            Address::S3(objects) => (objects, Place::S3),
            Address::Directory(path) => open_directory(path, limits.probe).await?,
        };
        Ok(Self { objects, place, limits, process: Uuid::now_v7(), probing: Arc::default() })
    }

    /// A store that lives as long as the test.
    #[cfg(test)]
    pub(super) fn over(objects: Arc<dyn ObjectStore>, limits: TimeLimits) -> Self {
        Self {
            objects,
            place: Place::Memory,
            limits,
            process: Uuid::now_v7(),
            probing: Arc::default(),
        }
    }

    /// Keeps the image an attempt made: when this returns `Ok` it is durable, and [`Self::find_kept`]
    /// finds it; before that, nothing is there. Doing it again is harmless.
    pub async fn keep(
        &self,
        task: Uuid,
        attempt: Uuid,
        described: &KeptImage,
        image: Bytes,
    ) -> Result<(), ImageStoreError> {
        if image.is_empty() || image.len() > IMAGE_LENGTH_MAX {
            return Err(ImageStoreError::Unfit { reason: "it is empty or larger than 32 MiB" });
        }
        if described.bytes != image.len() as u64 {
            return Err(ImageStoreError::Unfit { reason: "it is not the one described" });
        }

        let mut attributes = Attributes::new();
        // Files have no attributes; the library refuses them.
        if !matches!(self.place, Place::Directory(_)) {
            attributes.insert(Attribute::ContentType, described.format.media_type().into());
        }
        let object = PutPayload::from_iter([image, record::encode(described)]);
        let options = PutOptions { attributes, ..PutOptions::default() };
        let key = key::image(task, attempt);
        within(Operation::Keep, self.limits.keep, self.put(&key, object, options)).await
    }

    /// The record of the image an attempt made, after the image itself was read and compared with it;
    /// `None` only when the store says that there is none. A store that cannot be asked, and an
    /// image that is not what its record says, are errors.
    pub async fn find_kept(
        &self,
        task: Uuid,
        attempt: Uuid,
    ) -> Result<Option<KeptImage>, ImageStoreError> {
        let key = key::image(task, attempt);
        let object = within(Operation::Find, self.limits.find, self.whole_object(&key)).await?;
        let Some(object) = object else { return Ok(None) };
        off_thread(Operation::Find, move || {
            record::verify(&object).map(Some).map_err(|reason| ImageStoreError::Damaged { reason })
        })
        .await
    }

    /// The image an attempt made, without its record, as a stream of parts. `length` is the image's,
    /// from its task's row or its record.
    pub async fn read(
        &self,
        task: Uuid,
        attempt: Uuid,
        length: u64,
    ) -> Result<ImageBody, ImageStoreError> {
        self.read_range(task, attempt, length, 0..length).await
    }

    /// The same, of the bytes in `range` alone, which lies within `length` and is not empty.
    pub async fn read_range(
        &self,
        task: Uuid,
        attempt: Uuid,
        length: u64,
        range: Range<u64>,
    ) -> Result<ImageBody, ImageStoreError> {
        if length == 0 {
            return Err(ImageStoreError::Damaged { reason: "it is empty" });
        }
        let key = key::image(task, attempt);
        let bounds = GetRange::Bounded(range.clone());
        let options = GetOptions { range: Some(bounds), ..GetOptions::default() };
        let found = within(Operation::Read, self.limits.read, async {
            match self.objects.get_opts(&key, options).await {
                Ok(found) => Ok(found),
                Err(error) => {
                    self.must_be_absence(Operation::Read, &error).await?;
                    Err(ImageStoreError::Missing)
                }
            }
        })
        .await?;
        // Behind the image stands its record: an object that ends with the image is not whole.
        if found.meta.size <= length {
            return Err(ImageStoreError::Damaged { reason: "it is shorter than its image" });
        }
        Ok(ImageBody::new(found.payload, &range, self.limits.read))
    }

    /// Deletes the image an attempt made, and then what was made of it; `Ok` also when there is none.
    pub async fn delete(&self, task: Uuid, attempt: Uuid) -> Result<(), ImageStoreError> {
        within(Operation::Delete, self.limits.delete, async {
            match self.objects.delete(&key::image(task, attempt)).await {
                Ok(()) => Ok(()),
                Err(error) if self.is_directory_gone(&error) => {
                    self.must_be_mounted(Operation::Delete).await
                }
                Err(error) => self.must_be_absence(Operation::Delete, &error).await,
            }?;
            self.delete_renditions(task, attempt).await
        })
        .await
    }

    pub(super) async fn put(
        &self,
        key: &Path,
        object: PutPayload,
        options: PutOptions,
    ) -> Result<(), ImageStoreError> {
        self.must_be_mounted(Operation::Keep).await?;
        let mut tries_left = PUT_TRIES_MAX;
        loop {
            tries_left -= 1;
            let put = self.objects.put_opts(key, object.clone(), options.clone()).await;
            let Err(error) = put else { return Ok(()) };
            let was_directory_removed = self.is_directory_gone(&error);
            if !was_directory_removed || tries_left == 0 {
                return Err(ImageStoreError::failed(Operation::Keep, &error));
            }
        }
    }

    /// Deleting removes directories it has emptied. Who works in one at that moment finds it gone,
    /// between two steps of the library.
    fn is_directory_gone(&self, error: &object_store::Error) -> bool {
        matches!(self.place, Place::Directory(_))
            && StoreFault::of(error) == StoreFault::Disk(ErrorKind::NotFound)
    }

    async fn whole_object(&self, key: &Path) -> Result<Option<Bytes>, ImageStoreError> {
        let found = match self.objects.get_opts(key, GetOptions::default()).await {
            Ok(found) => found,
            Err(error) => {
                self.must_be_absence(Operation::Find, &error).await?;
                return Ok(None);
            }
        };
        if found.meta.size > OBJECT_LENGTH_MAX as u64 {
            return Err(ImageStoreError::Damaged { reason: "it is longer than any image kept" });
        }
        let object = found.bytes().await;
        object.map(Some).map_err(|error| ImageStoreError::failed(Operation::Find, &error))
    }

    /// `Ok` when the error says that there is no such object, and the store can be believed: a volume
    /// that is not mounted, a bucket that is not there and a proxy's "not found" are no absence.
    pub(super) async fn must_be_absence(
        &self,
        operation: Operation,
        error: &object_store::Error,
    ) -> Result<(), ImageStoreError> {
        if !matches!(error, object_store::Error::NotFound { .. }) {
            return Err(ImageStoreError::failed(operation, error));
        }
        match &self.place {
            Place::Directory(_) => self.must_be_mounted(operation).await,
            Place::S3 => match answer_code(error).as_deref() {
                Some("NoSuchKey") => Ok(()),
                _ => Err(ImageStoreError::failed(operation, error)),
            },
            #[cfg(test)]
            Place::Memory => Ok(()),
        }
    }

    pub(super) async fn must_be_mounted(
        &self,
        operation: Operation,
    ) -> Result<(), ImageStoreError> {
        let Place::Directory(directory) = &self.place else { return Ok(()) };
        match marker::is_there(directory).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(ImageStoreError::Failed { operation, fault: StoreFault::NotMounted }),
            Err(error) => Err(ImageStoreError::disk(operation, &error)),
        }
    }
}

async fn open_directory(
    path: PathBuf,
    limit: Duration,
) -> Result<(Arc<dyn ObjectStore>, Place), ImageStoreError> {
    let opened = off_thread(Operation::Open, move || {
        let path = marker::establish(&path)
            .map_err(|error| ImageStoreError::disk(Operation::Open, &error))?;
        let objects = LocalFileSystem::new_with_prefix(&path)
            .map_err(|error| ImageStoreError::failed(Operation::Open, &error))?
            .with_fsync(true)
            .with_automatic_cleanup(true);
        Ok((Arc::new(objects) as Arc<dyn ObjectStore>, Place::Directory(path)))
    });
    within(Operation::Open, limit, opened).await
}

impl fmt::Debug for ImageStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.place {
            Place::Directory(_) => "directory",
            Place::S3 => "s3",
            #[cfg(test)]
            Place::Memory => "memory",
        };
        f.debug_struct("ImageStore").field("place", &place).finish_non_exhaustive()
    }
}
