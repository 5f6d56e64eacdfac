use super::{
    fake_s3::{FakeS3, Fault},
    keeps_its_promises, made,
};
use crate::images::{ImageStore, ImageStoreError, Operation, StoreFault, TimeLimits};

async fn open(endpoint: &str) -> ImageStore {
    let options = [
        ("AWS_ACCESS_KEY_ID", "AKIAFAKE"),
        ("AWS_SECRET_ACCESS_KEY", "very-secret"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ALLOW_HTTP", "true"),
    ];
    let options = options.map(|(name, value)| (name.to_owned(), value.to_owned()));
    ImageStore::open("s3://bucket/some/prefix", options, TimeLimits::default()).await.unwrap()
}

fn failed(operation: Operation, fault: StoreFault) -> ImageStoreError {
    ImageStoreError::Failed { operation, fault }
}

fn answered(code: Option<&str>) -> StoreFault {
    StoreFault::Answered { code: code.map(str::to_owned) }
}

#[tokio::test]
async fn s3_keeps_its_promises() {
    let s3 = FakeS3::start().await;

    keeps_its_promises(&open(&s3.endpoint).await).await;

    assert!(s3.stored().is_empty());
}

#[tokio::test]
async fn an_image_in_s3_is_one_object_under_the_prefix_with_its_type() {
    let s3 = FakeS3::start().await;
    let (task, attempt, described, image) = made(1000);

    open(&s3.endpoint).await.keep(task, attempt, &described, image).await.unwrap();

    let stored = s3.stored();
    assert_eq!(stored.len(), 1);
    let (path, content_type) = &stored[0];
    assert!(path.starts_with("/bucket/some/prefix/images/"), "{path}");
    assert!(path.ends_with(&format!("/{task}.{attempt}")), "{path}");
    assert_eq!(content_type, "image/png");
}

#[tokio::test]
async fn only_s3_itself_can_say_that_an_image_is_absent() {
    let s3 = FakeS3::start().await;
    let store = open(&s3.endpoint).await;
    let (task, attempt, ..) = made(1);

    for (status, body, fault) in [
        (404, "<Error><Code>NoSuchBucket</Code></Error>", answered(Some("NoSuchBucket"))),
        (404, "<html>nginx</html>", answered(None)),
        (403, "<Error><Code>AccessDenied</Code></Error>", StoreFault::NotPermitted),
        (400, "<Error><Code>ExpiredToken</Code></Error>", answered(Some("ExpiredToken"))),
    ] {
        s3.fail_with(Some(Fault { status, body }));
        let expected = failed(Operation::Find, fault.clone());
        assert_eq!(store.find_kept(task, attempt).await, Err(expected));
        let read = store.read(task, attempt, 5).await.unwrap_err();
        assert_eq!(read, failed(Operation::Read, fault));
    }
    s3.fail_with(None);

    assert_eq!(store.find_kept(task, attempt).await, Ok(None));
}

#[tokio::test]
async fn errors_carry_no_address_and_no_credentials() {
    let s3 = FakeS3::start().await;
    let store = open(&s3.endpoint).await;
    let (task, attempt, described, image) = made(10);

    s3.fail_with(Some(Fault {
        status: 403,
        body: "<Error><Code>InvalidAccessKeyId</Code><AWSAccessKeyId>AKIAFAKE</AWSAccessKeyId>\
               </Error>",
    }));
    let refused = store.keep(task, attempt, &described, image.clone()).await.unwrap_err();
    let endpoint = s3.endpoint.clone();
    drop(s3);
    let unreachable = store.keep(task, attempt, &described, image).await.unwrap_err();

    assert_eq!(refused, failed(Operation::Keep, StoreFault::NotPermitted));
    assert_eq!(unreachable, failed(Operation::Keep, StoreFault::Unreachable("no connection")),);
    for error in [refused, unreachable] {
        let shown = format!("{error} {error:?} {store:?}");
        for secret in ["AKIAFAKE", "very-secret", "bucket", endpoint.as_str()] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
