use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{keeps_its_promises, made};
use crate::images::{ImageStore, ImageStoreError, OpenError, Operation, StoreFault, TimeLimits};

async fn open(directory: &Path) -> Result<ImageStore, OpenError> {
    let address = format!("file://{}", directory.display());
    ImageStore::open(&address, [], TimeLimits::default()).await
}

async fn new_store() -> (TempDir, ImageStore) {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory.path().join("a/b")).await.unwrap();
    (directory, store)
}

/// Every file below a directory, the marker aside.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.file_name().unwrap() != "aetherflow-images" {
            found.push(path);
        }
    }
    found
}

fn not_mounted(operation: Operation) -> ImageStoreError {
    ImageStoreError::Failed { operation, fault: StoreFault::NotMounted }
}

#[tokio::test]
async fn a_directory_keeps_its_promises() {
    let (_directory, store) = new_store().await;

    keeps_its_promises(&store).await;
}

#[tokio::test]
async fn an_image_outlives_the_process_that_kept_it() {
    let (directory, store) = new_store().await;
    let (task, attempt, described, image) = made(1000);
    store.keep(task, attempt, &described, image).await.unwrap();
    drop(store);

    let reopened = open(&directory.path().join("a/b")).await.unwrap();

    assert_eq!(reopened.find_kept(task, attempt).await, Ok(Some(described)));
}

#[tokio::test]
async fn an_image_is_one_file_that_starts_with_what_the_provider_made() {
    let (directory, store) = new_store().await;
    let (task, attempt, described, image) = made(1000);

    store.keep(task, attempt, &described, image.clone()).await.unwrap();

    let files = files(directory.path());
    assert_eq!(files.len(), 1);
    assert!(fs::read(&files[0]).unwrap().starts_with(&image));
    assert!(files[0].ends_with(format!("{task}.{attempt}")));
}

#[tokio::test]
async fn deleting_and_probing_leave_nothing_behind() {
    let (directory, store) = new_store().await;
    let (task, attempt, described, image) = made(1000);

    store.keep(task, attempt, &described, image).await.unwrap();
    store.probe().await.unwrap();
    store.delete(task, attempt).await.unwrap();

    assert_eq!(files(directory.path()), Vec::<PathBuf>::new());
    let left = fs::read_dir(directory.path().join("a/b")).unwrap().count();
    assert_eq!(left, 1, "only the marker");
    store.probe().await.unwrap();
}

#[tokio::test]
async fn a_write_that_never_finished_keeps_nothing() {
    let (directory, store) = new_store().await;
    let (task, attempt, described, image) = made(1000);
    store.keep(task, attempt, &described, image.clone()).await.unwrap();
    let path = files(directory.path()).remove(0);
    let staging = path.with_file_name(format!("{task}.{attempt}#1"));

    fs::rename(&path, &staging).unwrap();

    assert_eq!(store.find_kept(task, attempt).await, Ok(None));
    store.keep(task, attempt, &described, image).await.unwrap();
    assert_eq!(store.find_kept(task, attempt).await, Ok(Some(described)));
}

#[tokio::test]
async fn a_damaged_image_is_an_error_and_not_an_absent_one() {
    let (directory, store) = new_store().await;
    let (task, attempt, described, image) = made(1000);
    store.keep(task, attempt, &described, image).await.unwrap();
    let path = files(directory.path()).remove(0);
    let whole = fs::read(&path).unwrap();
    let mut changed = whole.clone();
    changed[500] ^= 1;

    for damaged in [&whole[..0], &whole[..999], &whole[..whole.len() - 1], &changed[..]] {
        fs::write(&path, damaged).unwrap();

        let error = store.find_kept(task, attempt).await.unwrap_err();

        assert!(matches!(error, ImageStoreError::Damaged { .. }), "{error}");
    }
    fs::write(&path, &whole[..1000]).unwrap();
    let error = store.read(task, attempt, 1000).await.unwrap_err();
    assert!(matches!(error, ImageStoreError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn an_image_that_is_not_the_one_described_is_refused() {
    let (directory, store) = new_store().await;
    let (task, attempt, described, image) = made(1000);

    for wrong in [image.slice(..999), image.slice(..0)] {
        let error = store.keep(task, attempt, &described, wrong).await.unwrap_err();
        assert!(matches!(error, ImageStoreError::Unfit { .. }), "{error}");
    }
    assert_eq!(files(directory.path()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_volume_that_is_not_mounted_is_an_error_for_everything() {
    let (directory, store) = new_store().await;
    let (task, attempt, described, image) = made(1000);
    store.keep(task, attempt, &described, image.clone()).await.unwrap();

    fs::rename(directory.path().join("a/b"), directory.path().join("a/away")).unwrap();
    for is_mount_point_there in [false, true] {
        if is_mount_point_there {
            fs::create_dir(directory.path().join("a/b")).unwrap();
        }
        let kept = store.keep(task, attempt, &described, image.clone()).await;
        assert_eq!(kept, Err(not_mounted(Operation::Keep)));
        assert_eq!(store.find_kept(task, attempt).await, Err(not_mounted(Operation::Find)));
        let read = store.read(task, attempt, 1000).await.unwrap_err();
        assert_eq!(read, not_mounted(Operation::Read));
        assert_eq!(store.delete(task, attempt).await, Err(not_mounted(Operation::Delete)));
        assert_eq!(store.probe().await, Err(not_mounted(Operation::Probe)));
    }
    fs::remove_dir(directory.path().join("a/b")).unwrap();
    fs::rename(directory.path().join("a/away"), directory.path().join("a/b")).unwrap();

    assert_eq!(store.find_kept(task, attempt).await, Ok(Some(described)));
}

#[tokio::test]
async fn what_is_in_the_way_of_a_file_is_an_error_of_the_disk() {
    let (directory, store) = new_store().await;
    let (task, attempt, described, image) = made(1000);
    fs::write(directory.path().join("a/b/images"), "a file").unwrap();

    let kept = store.keep(task, attempt, &described, image).await;
    let found = store.find_kept(task, attempt).await;

    let fault = StoreFault::Disk(ErrorKind::NotADirectory);
    let failed = |operation| ImageStoreError::Failed { operation, fault: fault.clone() };
    assert_eq!(kept, Err(failed(Operation::Keep)));
    assert_eq!(found, Err(failed(Operation::Find)));
    let shown = failed(Operation::Keep).to_string();
    assert!(!shown.contains(directory.path().to_str().unwrap()), "{shown}");
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_refused_at_opening() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("a"), "a file").unwrap();

    let error = open(&directory.path().join("a/b")).await.unwrap_err();

    assert!(matches!(error, OpenError::Store(_)), "{error}");
}

#[tokio::test]
async fn a_directory_without_permission_is_no_absence() {
    let (directory, store) = new_store().await;
    let (task, attempt, described, image) = made(1000);
    store.keep(task, attempt, &described, image).await.unwrap();
    let images = directory.path().join("a/b/images");
    let shut = |mode| fs::set_permissions(&images, fs::Permissions::from_mode(mode)).unwrap();

    shut(0);
    let is_open_to_us = fs::read_dir(&images).is_ok();
    let found = store.find_kept(task, attempt).await;
    shut(0o755);

    // Root is not stopped by permissions.
    let expected = if is_open_to_us {
        Ok(Some(described))
    } else {
        let fault = StoreFault::Disk(ErrorKind::PermissionDenied);
        Err(ImageStoreError::Failed { operation: Operation::Find, fault })
    };
    assert_eq!(found, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_and_deleters_of_one_directory_do_not_disturb_each_other() {
    // Few enough that the directory is empty, and removed, again and again.
    const WORKERS: usize = 3;
    let (directory, store) = new_store().await;
    let (task, ..) = made(1);
    let workers = (0..WORKERS).map(|index| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..150 {
                let (_, attempt, described, image) = made(100 + index);
                store.keep(task, attempt, &described, image).await.unwrap();
                assert_eq!(store.find_kept(task, attempt).await, Ok(Some(described)));
                store.delete(task, attempt).await.unwrap();
            }
        })
    });

    for worker in workers.collect::<Vec<_>>() {
        worker.await.unwrap();
    }

    assert_eq!(files(directory.path()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn probes_at_the_same_time_do_not_disturb_each_other() {
    let (_directory, store) = new_store().await;

    let probed = futures::future::join_all((0..8).map(|_| store.probe())).await;

    assert_eq!(probed, vec![Ok(()); 8]);
}
