use std::{io::Cursor, time::Duration};

use image::{DynamicImage, RgbImage};
use shared::images::{ImageFormat, KeptImage, RenditionFormat, TimeLimits};
use tokio::{runtime::Handle, task::JoinSet};

use super::*;

const SMALL: RenditionFormat = RenditionFormat::Jpeg;

async fn store(folder: &tempfile::TempDir) -> ImageStore {
    let address = format!("file://{}", folder.path().display());
    ImageStore::open(&address, [], TimeLimits::default()).await.unwrap()
}

/// An image of this consumer that is kept.
async fn original(images: &ImageStore, consumer: Uuid) -> Original {
    let mut file = Vec::new();
    let drawn = DynamicImage::from(RgbImage::from_pixel(128, 64, image::Rgb([200, 10, 10])));
    drawn.write_to(&mut Cursor::new(&mut file), image::ImageFormat::Png).unwrap();
    let (task, attempt, file) = (Uuid::now_v7(), Uuid::now_v7(), Bytes::from(file));
    let described = KeptImage::describe(ImageFormat::Png, 128, 64, None, &file);
    images.keep(task, attempt, &described, file.clone()).await.unwrap();
    let image = TaskImage {
        attempt,
        format: ImageFormat::Png,
        width: 128,
        height: 64,
        bytes: i64::try_from(file.len()).unwrap(),
        seed: None,
        sha256: vec![0xab],
        deleted: false,
    };
    Original { consumer, task, image }
}

fn small() -> Rendition {
    Rendition::new(Some(64), SMALL).unwrap()
}

async fn bytes(file: RenditionFile) -> Vec<u8> {
    let length = file.length();
    let parts: Vec<_> = file.read(0..length).await.unwrap().collect().await;
    let all: Vec<u8> = parts.into_iter().flat_map(|it| it.unwrap().to_vec()).collect();
    assert_eq!(all.len() as u64, length);
    all
}

#[tokio::test]
async fn what_was_made_is_kept_and_read_from_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let (images, renditions) = (store(&folder).await, Renditions::default());
    let first = original(&images, Uuid::now_v7()).await;
    let again = Original { image: first.image.clone(), ..first };

    let made = renditions.get(&images, first, small()).await.unwrap();
    assert!(matches!(made, RenditionFile::Kept(_)), "{made:?}");
    let made = bytes(made).await;
    let kept = bytes(renditions.get(&images, again, small()).await.unwrap()).await;

    assert_eq!(image::load_from_memory(&made).unwrap().width(), 64);
    assert_eq!(kept, made);
    assert_eq!(
        renditions.making.available_permits(),
        Renditions::default().making.available_permits()
    );
}

#[tokio::test]
async fn who_asks_for_many_waits_in_line_and_others_are_served_among_them() {
    let folder = tempfile::tempdir().unwrap();
    let (images, renditions) = (store(&folder).await, Arc::new(Renditions::default()));
    let (greedy, other) = (Uuid::now_v7(), Uuid::now_v7());
    let all = u32::try_from(renditions.making.available_permits()).unwrap();
    let closed = renditions.making.acquire_many(all).await.unwrap();
    let mut asked = JoinSet::new();
    for consumer in std::iter::repeat_n(greedy, 80).chain([other]) {
        let original = original(&images, consumer).await;
        let (images, renditions) = (images.clone(), Arc::clone(&renditions));
        asked.spawn(
            async move { renditions.get(&images, original, small()).await.map(|_| consumer) },
        );
    }
    let waiting = || {
        let shares = renditions.shares.lock();
        let left =
            |it: &Uuid| shares.get(it).and_then(Weak::upgrade).map(|it| it.available_permits());
        left(&greedy) == Some(0) && left(&other) == Some(SHARE_MAX - 1)
    };
    until(waiting).await;

    drop(closed);

    let mut served = Vec::new();
    while let Some(answer) = asked.join_next().await {
        served.push(answer.unwrap().expect("nobody is turned away"));
    }
    assert_eq!(served.len(), 81);
    let turn = served.iter().position(|it| *it == other).unwrap();
    assert!(turn <= SHARE_MAX + MADE_AT_ONCE_MAX, "after {turn} of the other's");
}

#[tokio::test]
async fn what_was_begun_is_made_and_kept_also_for_a_client_that_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let (images, renditions) = (store(&folder).await, Renditions::default());
    let original = original(&images, Uuid::now_v7()).await;
    let (task, attempt) = (original.task, original.image.attempt);
    let before = Handle::current().metrics().num_alive_tasks();
    {
        let get = renditions.get(&images, original, small());
        tokio::select! {
            biased;
            () = until(|| Handle::current().metrics().num_alive_tasks() > before) => {}
            _ = get => panic!("it is made on a task of its own"),
        }
    }

    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while images.find_rendition(task, attempt, small()).await.unwrap().is_none() {
        assert!(tokio::time::Instant::now() < deadline, "it is never kept");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_cannot_be_kept_is_sent_from_memory_within_the_share_of_its_consumer() {
    let renditions = Renditions::default();
    let consumer = Uuid::now_v7();
    let share = renditions.share_of(consumer);
    let permit = Arc::clone(&share).acquire_owned().await.unwrap();
    let file = Bytes::from(vec![7; PART_LENGTH + 10]);

    let mut parts =
        RenditionFile::Unkept(file, permit).read(5..PART_LENGTH as u64 + 8).await.unwrap();

    assert_eq!(parts.next().await.unwrap().unwrap().len(), PART_LENGTH);
    assert_eq!(share.available_permits(), SHARE_MAX - 1);
    assert_eq!(parts.next().await.unwrap().unwrap().len(), 3);
    assert!(parts.next().await.is_none());
    drop(parts);
    assert_eq!(share.available_permits(), SHARE_MAX);
}

async fn until(holds: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(tokio::time::Instant::now() < deadline, "it never holds");
        tokio::task::yield_now().await;
    }
}
