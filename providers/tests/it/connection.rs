//! Connections that fail at each point of a call, and what is known afterwards.

use std::time::{Duration, Instant};

use providers::{
    Billed::{No, Unknown as UnknownBill},
    ErrorClass::{NotSent, ProviderTransient, Timeout, Unknown},
};
use tokio::net::TcpSocket;

use crate::{
    AMPLE, config, generate_at, images, key, request,
    scripted::{Server, answer, image},
    stability,
};

/// Too short for what a test never lets happen.
const SHORT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn a_closed_port_an_unknown_name_and_a_failed_handshake_send_nothing() {
    // Bound and not listening: no other process can get the port meanwhile.
    let closed = TcpSocket::new_v4().unwrap();
    closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    // A label over 63 characters fails to resolve without asking any server.
    let no_such_host = "a".repeat(64);
    let no_tls = Server::start(|mut it| {
        Box::pin(async move {
            it.read_some().await;
            it.write(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        })
    })
    .await;

    for base_url in [
        format!("http://{}", closed.local_addr().unwrap()),
        format!("https://{no_such_host}.invalid"),
        no_tls.url.replace("http:", "https:"),
    ] {
        let error = generate_at(&base_url).await.unwrap_err();
        assert_eq!((error.class, error.billed), (NotSent, No), "{base_url}");

        let error = stability(config(&base_url)).balance(&key()).await.unwrap_err();
        assert_eq!((error.class, error.billed), (NotSent, No), "{base_url}");
    }
}

#[tokio::test]
async fn a_handshake_that_never_ends_sends_nothing_whichever_limit_ends_it() {
    let silent = Server::start(|mut it| Box::pin(async move { it.hang().await })).await;
    let mut config = config(&silent.url.replace("http:", "https:"));

    config.connect_timeout = SHORT;
    let by_connecting = stability(config.clone()).generate(&key(), &request(), AMPLE).await;
    config.connect_timeout = AMPLE;
    let by_the_call = stability(config).generate(&key(), &request(), SHORT).await;

    for error in [by_connecting.unwrap_err(), by_the_call.unwrap_err()] {
        assert_eq!((error.class, error.billed), (NotSent, No));
    }
}

#[tokio::test]
async fn silence_after_the_request_is_a_timeout_with_unknown_books() {
    let silent = Server::start(|mut it| Box::pin(async move { it.hang().await })).await;

    let error =
        stability(config(&silent.url)).generate(&key(), &request(), SHORT).await.unwrap_err();

    assert_eq!((error.class, error.billed), (Timeout, UnknownBill));
}

#[tokio::test]
async fn a_connection_lost_after_the_request_is_unknown_and_sent_once() {
    for reset in [false, true] {
        let server = Server::start(move |mut it| {
            Box::pin(async move {
                it.read_request().await;
                if reset {
                    it.reset();
                }
            })
        })
        .await;

        let error = generate_at(&server.url).await.unwrap_err();

        assert_eq!((error.class, error.billed), (Unknown, UnknownBill));
        assert_eq!(server.requests().len(), 1);
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn a_connection_lost_within_the_request_may_have_been_read() {
    let server = Server::start(|mut it| {
        Box::pin(async move {
            it.read_some().await;
            it.reset();
        })
    })
    .await;

    let error = generate_at(&server.url).await.unwrap_err();

    assert_eq!((error.class, error.billed), (Unknown, UnknownBill));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_reused_connection_that_dies_under_a_request_does_not_send_it_again() {
    let server = Server::start(|mut it| {
        Box::pin(async move {
            it.read_request().await;
            it.write(&image("", images::png(8, 6))).await;
            it.read_request().await;
        })
    })
    .await;
    let provider = stability(config(&server.url));
    provider.generate(&key(), &request(), AMPLE).await.unwrap();

    let error = provider.generate(&key(), &request(), AMPLE).await.unwrap_err();

    assert_eq!((error.class, error.billed), (Unknown, UnknownBill));
    assert_eq!(server.connections(), 1);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_pooled_connection_found_closed_is_replaced_without_a_second_copy() {
    let server = Server::closing_after(image("", images::png(8, 6))).await;
    let provider = stability(config(&server.url));
    let (mut images_made, mut unknown) = (0, 0);

    for _ in 0..50 {
        match provider.generate(&key(), &request(), AMPLE).await {
            Ok(_) => images_made += 1,
            // The close crossed the request on the wire: not provable, so not repeated.
            Err(error) => {
                assert_eq!(error.class, Unknown);
                unknown += 1;
            }
        }
    }

    assert_eq!(server.requests().len(), images_made, "{unknown} unknown");
    assert!(images_made > 25, "{unknown} unknown");
}

#[tokio::test]
async fn an_image_cut_anywhere_is_unknown() {
    let whole = image("", images::png(8, 6));
    let head = whole.len() - images::png(8, 6).len();
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n\x89PNG\r\n".to_vec();
    let until_close = [b"HTTP/1.0 200 OK\r\n\r\n".as_slice(), &images::png(8, 6)[..40]].concat();
    let cuts = [10, head - 1, head, head + 1, whole.len() - 1].map(|it| whole[..it].to_vec());

    for bytes in cuts.into_iter().chain([chunked, until_close]) {
        let server = Server::closing_after(bytes.clone()).await;

        let error = generate_at(&server.url).await.unwrap_err();

        let shown = String::from_utf8_lossy(&bytes);
        assert_eq!((error.class, error.billed), (Unknown, UnknownBill), "{shown}");
        assert_eq!(server.requests().len(), 1, "{shown}");
    }
}

#[tokio::test]
async fn an_image_that_ends_with_its_connection_is_taken_when_its_file_is_whole() {
    let bytes = [b"HTTP/1.0 200 OK\r\n\r\n".as_slice(), &images::png(8, 6)].concat();
    let server = Server::closing_after(bytes).await;

    assert_eq!(generate_at(&server.url).await.unwrap().width, 8);
}

#[tokio::test]
async fn garbage_instead_of_http_is_unknown() {
    for garbage in ["SSH-2.0-OpenSSH_9.9\r\n", "\0\0\0\0\0\0\0\0", "HTTP/9.9 200\r\n\r\n"] {
        let server = Server::closing_after(garbage).await;

        let error = generate_at(&server.url).await.unwrap_err();

        assert_eq!((error.class, error.billed), (Unknown, UnknownBill), "{garbage:?}");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_not_read_whether_announced_or_not() {
    let announced = "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n".as_bytes().to_vec();
    let mut endless = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..8 {
        endless.extend(b"1000\r\n");
        endless.extend([7; 0x1000]);
        endless.extend(b"\r\n");
    }

    for bytes in [announced, endless] {
        let server = Server::start(move |mut it| {
            let bytes = bytes.clone();
            Box::pin(async move {
                it.read_request().await;
                it.write(&bytes).await;
                it.hang().await;
            })
        })
        .await;
        let mut config = config(&server.url);
        config.body_bytes_max = 10_000;
        let budget = config.body_budget.clone();

        let error = stability(config).generate(&key(), &request(), AMPLE).await.unwrap_err();

        assert_eq!((error.class, error.billed), (Unknown, UnknownBill));
        assert_eq!(budget.bytes_free(), budget.bytes());
    }
}

#[tokio::test]
async fn a_trickle_beyond_the_limit_is_a_timeout_and_gives_its_room_back() {
    let server = Server::start(|mut it| {
        Box::pin(async move {
            it.read_request().await;
            it.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n\x89PNG").await;
            let mut tick = tokio::time::interval(Duration::from_millis(10));
            loop {
                tick.tick().await;
                it.write(b".").await;
            }
        })
    })
    .await;
    let config = config(&server.url);
    let budget = config.body_budget.clone();
    let begun = Instant::now();

    let error = stability(config).generate(&key(), &request(), SHORT).await.unwrap_err();

    assert_eq!((error.class, error.billed), (Timeout, UnknownBill));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(budget.bytes_free(), budget.bytes());
}

#[tokio::test]
async fn no_redirect_is_followed_with_the_key_in_hand() {
    let elsewhere = Server::answering(image("", images::png(8, 6))).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("location: {}/steal\r\n", elsewhere.url);
        let server = Server::answering(answer(status, &location, "")).await;

        let made = generate_at(&server.url).await.unwrap_err();
        let probed = stability(config(&server.url)).balance(&key()).await.unwrap_err();

        assert_eq!((made.class, made.billed), (Unknown, UnknownBill), "{status}");
        assert_eq!((probed.class, probed.billed), (ProviderTransient, No), "{status}");
        assert_eq!(server.requests().len(), 2);
    }
    assert_eq!(elsewhere.connections(), 0);
}
