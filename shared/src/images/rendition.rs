//! Images in another size or format, made from kept ones: whoever needs one makes it and keeps it beside its image, and
//! it is deleted with it. Nothing is lost when one is: it is made again.

use std::ops::Range;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::{
    Attribute, Attributes, GetOptions, GetRange, GetResultPayload, ObjectStoreExt, PutOptions,
    PutPayload, path::Path,
};
use uuid::Uuid;

use super::{
    ImageBody, ImageFormat, ImageStore, ImageStoreError, Operation, image_store::Place,
    kept_image::IMAGE_LENGTH_MAX, key, limit::within,
};

crate::vocabulary! {
    /// The format of an image that is made from another.
    pub enum RenditionFormat {
        /// Lossy, without transparency: the smaller file.
        Jpeg = "jpeg",
        /// Lossless.
        Png = "png",
    }
}

impl RenditionFormat {
    /// The same format, among those of all images.
    pub const fn image_format(self) -> ImageFormat {
        match self {
            Self::Jpeg => ImageFormat::Jpeg,
            Self::Png => ImageFormat::Png,
        }
    }
}

/// The widths there are, in pixels: few, so that few files are made of an image.
pub const RENDITION_WIDTHS: [u32; 7] = [64, 128, 256, 384, 512, 768, 1024];

/// What is made of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rendition {
    width: Option<u32>,
    format: RenditionFormat,
}

impl Rendition {
    /// An image as wide as one of [`RENDITION_WIDTHS`], or (`None`) as wide as it is. `None` for another width.
    pub fn new(width: Option<u32>, format: RenditionFormat) -> Option<Self> {
        let known = width.is_none_or(|it| RENDITION_WIDTHS.contains(&it));
        known.then_some(Self { width, format })
    }

    /// The same for an image of this width, which is never enlarged: wider than it is means as wide as it is.
    #[must_use]
    pub fn of_width(self, width: u32) -> Self {
        Self { width: self.width.filter(|it| *it < width), ..self }
    }

    /// Pixels; `None`: as wide as the image.
    pub const fn width(self) -> Option<u32> {
        self.width
    }

    /// Of the file.
    pub const fn format(self) -> RenditionFormat {
        self.format
    }

    /// Tells it from others of the same image, in file names and tags.
    pub fn name(self) -> String {
        let format = self.format.as_str();
        self.width.map_or_else(|| format!("full.{format}"), |it| format!("w{it}.{format}"))
    }
}

/// A rendition that is kept, opened and not read yet.
pub struct KeptRendition {
    store: ImageStore,
    key: Path,
    length: u64,
    payload: GetResultPayload,
}

impl KeptRendition {
    /// How long the file is.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// The bytes of the file in `range`, which lies within its length and is not empty, as a stream of parts.
    pub async fn read(self, range: Range<u64>) -> Result<ImageBody, ImageStoreError> {
        let limit = self.store.limits.read;
        let is_whole = range == (0..self.length);
        let payload = match self.payload {
            // A store that sends has begun with the first byte.
            GetResultPayload::Stream(_) if !is_whole => {
                let bounds = GetRange::Bounded(range.clone());
                let options = GetOptions { range: Some(bounds), ..GetOptions::default() };
                let (store, key) = (self.store, self.key);
                within(Operation::Read, limit, store.open_rendition(&key, options)).await?
            }
            opened => opened,
        };
        Ok(ImageBody::new(payload, &range, limit))
    }
}

impl std::fmt::Debug for KeptRendition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptRendition").field("length", &self.length).finish_non_exhaustive()
    }
}

impl ImageStore {
    /// A rendition that was kept; `None` when the store says that there is none.
    pub async fn find_rendition(
        &self,
        task: Uuid,
        attempt: Uuid,
        rendition: Rendition,
    ) -> Result<Option<KeptRendition>, ImageStoreError> {
        let key = key::rendition(task, attempt, rendition);
        let found = within(Operation::Find, self.limits.find, async {
            match self.objects.get_opts(&key, GetOptions::default()).await {
                Ok(found) => Ok(Some(found)),
                Err(error) => {
                    self.must_be_absence(Operation::Find, &error).await?;
                    Ok(None)
                }
            }
        })
        .await?;
        let Some(found) = found else { return Ok(None) };
        let length = found.meta.size;
        if length == 0 || length > IMAGE_LENGTH_MAX as u64 {
            let reason = "it is empty, or longer than any image kept";
            return Err(ImageStoreError::Damaged { reason });
        }
        Ok(Some(KeptRendition { store: self.clone(), key, length, payload: found.payload }))
    }

    async fn open_rendition(
        &self,
        key: &Path,
        options: GetOptions,
    ) -> Result<GetResultPayload, ImageStoreError> {
        match self.objects.get_opts(key, options).await {
            Ok(found) => Ok(found.payload),
            Err(error) => {
                self.must_be_absence(Operation::Read, &error).await?;
                Err(ImageStoreError::Missing)
            }
        }
    }

    /// Keeps a rendition; `false`: it was kept and deleted again. Its image may have been deleted while it was made, and
    /// then nobody would ever delete it: the image is looked for afterwards, and where it was not seen the rendition does
    /// not stay. (An image is deleted before its renditions.)
    pub async fn keep_rendition(
        &self,
        task: Uuid,
        attempt: Uuid,
        rendition: Rendition,
        file: Bytes,
    ) -> Result<bool, ImageStoreError> {
        if file.is_empty() || file.len() > IMAGE_LENGTH_MAX {
            return Err(ImageStoreError::Unfit { reason: "it is empty or larger than 32 MiB" });
        }
        let mut attributes = Attributes::new();
        // Files have no attributes; the library refuses them.
        if !matches!(self.place, Place::Directory(_)) {
            let media_type = rendition.format.image_format().media_type();
            attributes.insert(Attribute::ContentType, media_type.into());
        }
        let options = PutOptions { attributes, ..PutOptions::default() };
        let key = key::rendition(task, attempt, rendition);
        let put = self.put(&key, PutPayload::from_bytes(file), options);
        within(Operation::Keep, self.limits.keep, put).await?;
        let Err(unseen) = self.read(task, attempt, 1).await else { return Ok(true) };
        within(Operation::Delete, self.limits.delete, self.delete_object(&key)).await?;
        if unseen == ImageStoreError::Missing { Ok(false) } else { Err(unseen) }
    }

    async fn delete_object(&self, key: &Path) -> Result<(), ImageStoreError> {
        match self.objects.delete(key).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(ImageStoreError::failed(Operation::Delete, &error)),
        }
    }

    /// Deletes what was made of an image; `Ok` also when nothing was.
    pub(super) async fn delete_renditions(
        &self,
        task: Uuid,
        attempt: Uuid,
    ) -> Result<(), ImageStoreError> {
        let failed = |error| ImageStoreError::failed(Operation::Delete, &error);
        let folder = key::renditions(task, attempt);
        let found: Vec<_> = self.objects.list(Some(&folder)).try_collect().await.map_err(failed)?;
        for object in found {
            self.delete_object(&object.location).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_never_enlarged_and_only_in_widths_that_there_are() {
        let jpeg = |width| Rendition::new(width, RenditionFormat::Jpeg);

        assert_eq!(jpeg(Some(385)), None);
        let wide = jpeg(Some(1024)).unwrap();
        assert_eq!(wide.of_width(1024), jpeg(None).unwrap());
        assert_eq!(wide.of_width(1025), wide);
        assert_eq!(
            (wide.name(), jpeg(None).unwrap().name()),
            ("w1024.jpeg".into(), "full.jpeg".into())
        );
    }
}
