//! What the store promises, on a disk, in memory and over S3's protocol.

mod fake_s3;
mod file_store;
mod over_s3;
mod price;
mod time_limits;

use bytes::Bytes;
use uuid::Uuid;

use super::{ImageFormat, ImageStore, KeptImage, Rendition, RenditionFormat, Seed, TimeLimits};

/// A task, its attempt, and an image of so many bytes.
fn made(length: usize) -> (Uuid, Uuid, KeptImage, Bytes) {
    let image: Bytes = (0..length).map(|it| it.to_le_bytes()[0]).collect();
    let described = KeptImage::describe(ImageFormat::Png, 64, 64, Some(Seed(7)), &image);
    (Uuid::now_v7(), Uuid::now_v7(), described, image)
}

/// Everything every store does, whatever is behind it.
async fn keeps_its_promises(store: &ImageStore) {
    let (task, attempt, described, image) = made(700_000);

    assert_eq!(store.find_kept(task, attempt).await, Ok(None));
    assert_eq!(store.read(task, attempt, 5).await.unwrap_err(), super::ImageStoreError::Missing);
    assert_eq!(store.delete(task, attempt).await, Ok(()));

    for _ in 0..2 {
        store.keep(task, attempt, &described, image.clone()).await.unwrap();
        assert_eq!(store.find_kept(task, attempt).await, Ok(Some(described.clone())));
    }
    assert_eq!(store.find_kept(task, Uuid::now_v7()).await, Ok(None));
    assert_eq!(store.find_kept(attempt, task).await, Ok(None));

    let body = store.read(task, attempt, described.bytes).await.unwrap();
    assert_eq!(body.length(), 700_000);
    assert_eq!(body.into_bytes().await, Ok(image.clone()));
    // A part within a step of reading, one over the border of two, and the last byte.
    for range in [10_u64..20, 262_100..262_200, 0..1, 699_999..700_000, 5..700_000] {
        let part = store.read_range(task, attempt, described.bytes, range.clone()).await.unwrap();
        assert_eq!(part.length(), range.end - range.start);
        let (start, end) = (usize::try_from(range.start), usize::try_from(range.end));
        assert_eq!(part.into_bytes().await, Ok(image.slice(start.unwrap()..end.unwrap())));
    }

    store.probe().await.unwrap();
    store.delete(task, attempt).await.unwrap();
    assert_eq!(store.find_kept(task, attempt).await, Ok(None));

    keeps_renditions_beside_their_image(store).await;
}

async fn keeps_renditions_beside_their_image(store: &ImageStore) {
    let (task, attempt, described, image) = made(700);
    let (small, full) = (
        Rendition::new(Some(64), RenditionFormat::Jpeg).unwrap(),
        Rendition::new(None, RenditionFormat::Png).unwrap(),
    );
    store.keep(task, attempt, &described, image.clone()).await.unwrap();
    let kept = async |attempt, rendition| {
        let found = store.find_rendition(task, attempt, rendition).await.unwrap()?;
        let length = found.length();
        let whole = found.read(0..length).await.unwrap();
        assert_eq!(whole.length(), length);
        Some(whole.into_bytes().await.unwrap())
    };
    assert_eq!(kept(attempt, small).await, None);
    store.keep_rendition(task, attempt, small, "small".into()).await.unwrap();
    store.keep_rendition(task, attempt, full, "full".into()).await.unwrap();
    let other = Uuid::now_v7();
    store.keep(task, other, &described, image.clone()).await.unwrap();
    store.keep_rendition(task, other, small, "another".into()).await.unwrap();

    assert_eq!(kept(attempt, small).await, Some("small".into()));
    for (range, part) in [(0..5, "small"), (0..1, "s"), (1..4, "mal"), (4..5, "l")] {
        let found = store.find_rendition(task, attempt, small).await.unwrap().unwrap();
        let body = found.read(range.clone()).await.unwrap();
        assert_eq!(body.length(), range.end - range.start);
        assert_eq!(body.into_bytes().await.unwrap(), part);
    }
    store.delete(task, attempt).await.unwrap();
    assert_eq!(kept(attempt, small).await, None);
    assert_eq!(kept(attempt, full).await, None);
    assert_eq!(kept(other, small).await, Some("another".into()));

    // One that was being made while its image was deleted does not stay.
    assert_eq!(store.keep_rendition(task, attempt, full, "late".into()).await, Ok(false));
    assert_eq!(kept(attempt, full).await, None);
    store.delete(task, other).await.unwrap();
}

#[tokio::test]
async fn a_store_in_memory_keeps_its_promises() {
    let memory = std::sync::Arc::new(object_store::memory::InMemory::new());

    keeps_its_promises(&ImageStore::over(memory, TimeLimits::default())).await;
}
