//! Images in another size or format, made from kept ones: whoever needs one makes it and keeps it beside its image, and
//! it is deleted with it. Nothing is lost when one is: it is made again.

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::{Attribute, Attributes, GetOptions, ObjectStoreExt, PutOptions, PutPayload};
use uuid::Uuid;

use super::{
    ImageFormat, ImageStore, ImageStoreError, Operation, image_store::Place,
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

impl ImageStore {
    /// A rendition that was kept; `None` when the store says that there is none.
    pub async fn find_rendition(
        &self,
        task: Uuid,
        attempt: Uuid,
        rendition: Rendition,
    ) -> Result<Option<Bytes>, ImageStoreError> {
        let key = key::rendition(task, attempt, rendition);
        within(Operation::Find, self.limits.find, async {
            match self.objects.get_opts(&key, GetOptions::default()).await {
                Ok(found) if found.meta.size > IMAGE_LENGTH_MAX as u64 => {
                    Err(ImageStoreError::Damaged { reason: "it is longer than any image kept" })
                }
                Ok(found) => {
                    let bytes = found.bytes().await;
                    bytes
                        .map(Some)
                        .map_err(|error| ImageStoreError::failed(Operation::Find, &error))
                }
                Err(error) => {
                    self.must_be_absence(Operation::Find, &error).await?;
                    Ok(None)
                }
            }
        })
        .await
    }

    /// Keeps a rendition. Its image may have been deleted while it was made, and then nobody would ever delete it: the
    /// image is looked for afterwards, and without it nothing stays. (An image is deleted before its renditions.)
    pub async fn keep_rendition(
        &self,
        task: Uuid,
        attempt: Uuid,
        rendition: Rendition,
        file: Bytes,
    ) -> Result<(), ImageStoreError> {
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
        match self.read(task, attempt, 1).await {
            Err(ImageStoreError::Missing) => {
                within(Operation::Delete, self.limits.delete, self.delete_renditions(task, attempt))
                    .await
            }
            // Whoever cannot see it knows nothing of it.
            Ok(_) | Err(_) => Ok(()),
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
            match self.objects.delete(&object.location).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(failed(error)),
            }
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
