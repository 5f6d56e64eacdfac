use std::{sync::Arc, time::Duration};

use object_store::{
    memory::InMemory,
    throttle::{ThrottleConfig, ThrottledStore},
};

use super::made;
use crate::images::{
    ImageStore, ImageStoreError, Operation, Rendition, RenditionFormat, TimeLimits,
};

const LIMIT: Duration = Duration::from_millis(20);
const FOREVER: Duration = Duration::from_hours(1);

#[tokio::test]
async fn a_store_that_hangs_is_given_up_on_in_every_operation() {
    let hanging = ThrottleConfig {
        wait_delete_per_call: FOREVER,
        wait_get_per_call: FOREVER,
        wait_put_per_call: FOREVER,
        ..ThrottleConfig::default()
    };
    let limits = TimeLimits { keep: LIMIT, find: LIMIT, read: LIMIT, delete: LIMIT, probe: LIMIT };
    let objects = Arc::new(ThrottledStore::new(InMemory::new(), hanging));
    let store = ImageStore::over(objects, limits);
    let (task, attempt, described, image) = made(100);
    let timed_out = |operation| ImageStoreError::TimedOut { operation, limit: LIMIT };

    let kept = store.keep(task, attempt, &described, image).await;
    assert_eq!(kept, Err(timed_out(Operation::Keep)));
    assert_eq!(store.find_kept(task, attempt).await, Err(timed_out(Operation::Find)));
    let read = store.read(task, attempt, 100).await.unwrap_err();
    assert_eq!(read, timed_out(Operation::Read));
    assert_eq!(store.delete(task, attempt).await, Err(timed_out(Operation::Delete)));
    assert_eq!(store.probe().await, Err(timed_out(Operation::Probe)));
}

#[tokio::test]
async fn an_image_that_stops_half_way_is_an_error() {
    let memory = InMemory::new();
    let (task, attempt, described, image) = made(100);
    let objects = Arc::new(ThrottledStore::new(memory, ThrottleConfig::default()));
    let limits = TimeLimits { read: LIMIT, ..TimeLimits::default() };
    let store = ImageStore::over(objects.clone(), limits);
    store.keep(task, attempt, &described, image).await.unwrap();

    objects.config_mut(|config| config.wait_get_per_byte = FOREVER);
    let body = store.read(task, attempt, 100).await.unwrap();

    let error = body.into_bytes().await.unwrap_err();
    assert_eq!(error, ImageStoreError::TimedOut { operation: Operation::Read, limit: LIMIT });
}

#[tokio::test]
async fn a_rendition_whose_image_could_not_be_looked_for_does_not_stay() {
    let (task, attempt, described, image) = made(100);
    let objects = Arc::new(ThrottledStore::new(InMemory::new(), ThrottleConfig::default()));
    let limits = TimeLimits { read: LIMIT, ..TimeLimits::default() };
    let store = ImageStore::over(objects.clone(), limits);
    store.keep(task, attempt, &described, image).await.unwrap();
    let rendition = Rendition::new(Some(64), RenditionFormat::Jpeg).unwrap();

    objects.config_mut(|config| config.wait_get_per_call = FOREVER);
    let kept = store.keep_rendition(task, attempt, rendition, "small".into()).await;
    objects.config_mut(|config| config.wait_get_per_call = Duration::ZERO);

    assert_eq!(kept, Err(ImageStoreError::TimedOut { operation: Operation::Read, limit: LIMIT }));
    assert!(store.find_rendition(task, attempt, rendition).await.unwrap().is_none());
    let again = store.keep_rendition(task, attempt, rendition, "small".into()).await;
    assert_eq!(again, Ok(true));
    assert!(store.find_rendition(task, attempt, rendition).await.unwrap().is_some());
}
