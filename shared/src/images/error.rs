use std::{error::Error, fmt, io, time::Duration};

use object_store::client::{HttpError, HttpErrorKind};

/// What was being done to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Making the store ready to use.
    Open,
    /// Writing an image and its record.
    Keep,
    /// Looking for an image and its record.
    Find,
    /// Reading an image.
    Read,
    /// Deleting an image.
    Delete,
    /// Checking the store's health.
    Probe,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "opening the store",
            Self::Keep => "keeping an image",
            Self::Find => "finding an image",
            Self::Read => "reading an image",
            Self::Delete => "deleting an image",
            Self::Probe => "probing the store",
        })
    }
}

/// Why the object store could not do it. Carries no address, key, or answer of the store: those may
/// hold credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageStoreError {
    /// No such image, when one was to be read: deleted by retention, or never kept.
    #[error("the image is not in the store")]
    Missing,
    /// An object is there, but it is not an image with its record, or not the one described.
    /// Trying again does not help.
    #[error("the stored image is damaged: {reason}")]
    Damaged {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The image handed over is not one the store takes. Trying again does not help.
    #[error("the image cannot be kept: {reason}")]
    Unfit {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The store did not answer in time; a write may still have happened.
    #[error("{operation} took longer than {limit:?}")]
    TimedOut {
        /// What was being done.
        operation: Operation,
        /// How long it was allowed to take.
        limit: Duration,
    },
    /// The store refused or failed.
    #[error("{operation} failed: {fault}")]
    Failed {
        /// What was being done.
        operation: Operation,
        /// How it failed.
        fault: StoreFault,
    },
}

/// How a store failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreFault {
    /// The operating system's answer, from a file store.
    #[error("{0}")]
    Disk(io::ErrorKind),
    /// The directory is not the one that was opened: its marker is gone, as when a volume is not
    /// mounted.
    #[error("the directory is not the image store (not mounted?)")]
    NotMounted,
    /// No answer: connection refused, reset or too slow.
    #[error("the store did not answer ({0})")]
    Unreachable(&'static str),
    /// Credentials or permissions are wrong.
    #[error("the store refused the credentials")]
    NotPermitted,
    /// The store answered with an error.
    #[error("the store answered with an error{}", code.as_deref().map(|it| format!(" ({it})")).unwrap_or_default())]
    Answered {
        /// S3's own word for it, such as `SlowDown` or `NoSuchBucket`.
        code: Option<String>,
    },
    /// What was written did not come back.
    #[error("what was written did not come back")]
    NotWhatWasWritten,
    /// Anything else.
    #[error("the store failed in an unknown way")]
    Unknown,
}

impl StoreFault {
    /// Sorts an error of the library by its type, never by passing on its words: they hold addresses
    /// and the store's answers, and S3 answers with access key ids.
    pub(super) fn of(error: &object_store::Error) -> Self {
        if let object_store::Error::PermissionDenied { source, .. }
        | object_store::Error::Unauthenticated { source, .. } = error
        {
            return match find::<io::Error>(&**source) {
                Some(error) => Self::Disk(error.kind()),
                None => Self::NotPermitted,
            };
        }
        if let Some(error) = find::<HttpError>(error) {
            return Self::Unreachable(match error.kind() {
                HttpErrorKind::Connect => "no connection",
                HttpErrorKind::Timeout => "too slow",
                HttpErrorKind::Interrupted => "connection lost",
                _ => "request failed",
            });
        }
        if let Some(error) = find::<io::Error>(error) {
            return Self::Disk(error.kind());
        }
        match error {
            object_store::Error::NotFound { .. }
            | object_store::Error::AlreadyExists { .. }
            | object_store::Error::Precondition { .. }
            | object_store::Error::Generic { .. } => Self::Answered { code: answer_code(error) },
            _ => Self::Unknown,
        }
    }
}

impl ImageStoreError {
    pub(super) fn failed(operation: Operation, error: &object_store::Error) -> Self {
        Self::Failed { operation, fault: StoreFault::of(error) }
    }

    pub(super) fn disk(operation: Operation, error: &io::Error) -> Self {
        Self::Failed { operation, fault: StoreFault::Disk(error.kind()) }
    }
}

/// Bodies of HTTP answers end with an `io::Error`.
impl From<ImageStoreError> for io::Error {
    fn from(error: ImageStoreError) -> Self {
        let kind = match &error {
            ImageStoreError::Missing => io::ErrorKind::NotFound,
            ImageStoreError::Damaged { .. } | ImageStoreError::Unfit { .. } => {
                io::ErrorKind::InvalidData
            }
            ImageStoreError::TimedOut { .. } => io::ErrorKind::TimedOut,
            ImageStoreError::Failed { .. } => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

/// The first error of a type among an error and its sources.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// The word between `<Code>` and `</Code>` in S3's answer, when it is a plain word.
pub(super) fn answer_code(error: &object_store::Error) -> Option<String> {
    const CODE_LENGTH_MAX: usize = 64;

    let text = error.to_string();
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let is_word =
        code.len() <= CODE_LENGTH_MAX && code.bytes().all(|it| it.is_ascii_alphanumeric());
    is_word.then(|| code.to_owned())
}
