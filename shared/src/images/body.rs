use std::{
    fmt,
    fs::File,
    io::{Read, Seek, SeekFrom},
    ops::Range,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures::{
    Stream, StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use object_store::GetResultPayload;

use super::{
    ImageStoreError, Operation,
    limit::{off_thread, within},
};

/// Read from a file at a time: most images in a few steps, and little memory for a slow reader.
const PART_LENGTH: u64 = 256 * 1024;

/// A kept image, or a part of it, on its way out: in order, `length` bytes together or an error.
pub struct ImageBody {
    length: u64,
    parts: BoxStream<'static, Result<Bytes, ImageStoreError>>,
}

impl ImageBody {
    /// `range` of the object is what the payload stands for: a stream has been cut, a file has not.
    pub(super) fn new(payload: GetResultPayload, range: &Range<u64>, part_limit: Duration) -> Self {
        let length = range.end - range.start;
        let parts = match payload {
            GetResultPayload::File(file, _) => {
                file_parts(file, range.start, length, part_limit).boxed()
            }
            GetResultPayload::Stream(parts) => store_parts(parts, length, part_limit).boxed(),
        };
        Self { length, parts }
    }

    /// How many bytes come, for `Content-Length`.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Collects the parts.
    pub async fn into_bytes(self) -> Result<Bytes, ImageStoreError> {
        let parts: Vec<Bytes> = self.parts.try_collect().await?;
        match <[Bytes; 1]>::try_from(parts) {
            Ok([whole]) => Ok(whole),
            Err(parts) => Ok(parts
                .into_iter()
                .fold(BytesMut::new(), |mut whole, part| {
                    whole.extend_from_slice(&part);
                    whole
                })
                .freeze()),
        }
    }
}

fn file_parts(
    file: File,
    start: u64,
    length: u64,
    limit: Duration,
) -> impl Stream<Item = Result<Bytes, ImageStoreError>> + Send {
    stream::try_unfold((file, start, length), move |(mut file, at, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let part = off_thread(Operation::Read, move || {
            let part_length = left.min(PART_LENGTH);
            let mut part = vec![0; usize::try_from(part_length).expect("a part fits into memory")];
            file.seek(SeekFrom::Start(at))
                .and_then(|_| file.read_exact(&mut part))
                .map_err(|error| ImageStoreError::disk(Operation::Read, &error))?;
            Ok(Some((Bytes::from(part), (file, at + part_length, left - part_length))))
        });
        within(Operation::Read, limit, part).await
    })
}

fn store_parts(
    parts: BoxStream<'static, object_store::Result<Bytes>>,
    length: u64,
    limit: Duration,
) -> impl Stream<Item = Result<Bytes, ImageStoreError>> + Send {
    stream::try_unfold((parts, length), move |(mut parts, left)| async move {
        let part = within(Operation::Read, limit, async {
            parts.try_next().await.map_err(|error| ImageStoreError::failed(Operation::Read, &error))
        })
        .await?;
        match part {
            // A store that ignores the range would send the record as well.
            Some(part) if part.len() as u64 > left => {
                Err(ImageStoreError::Damaged { reason: "the store sent more than was asked for" })
            }
            Some(part) => {
                let left = left - part.len() as u64;
                Ok(Some((part, (parts, left))))
            }
            None if left == 0 => Ok(None),
            None => Err(ImageStoreError::Damaged { reason: "it ends before its length" }),
        }
    })
}

impl Stream for ImageBody {
    type Item = Result<Bytes, ImageStoreError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.parts.poll_next_unpin(context)
    }
}

impl fmt::Debug for ImageBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImageBody").field("length", &self.length).finish_non_exhaustive()
    }
}
