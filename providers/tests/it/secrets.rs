//! No key ever leaves through an error, whatever a provider echoes.

use providers::{ErrorClass, Registry};
use secrecy::SecretString;

use crate::{
    AMPLE, KEY, config, images, key, request,
    scripted::{Server, answer, image},
    stability,
};

#[tokio::test]
async fn no_error_and_no_debug_output_contains_the_key() {
    let echo = format!(
        r#"{{"id":"{KEY}","name":"bad_request","errors":["Incorrect key provided: {KEY}, '{KEY}'. See https://a.b/{KEY}"]}}"#
    );
    let mut answers: Vec<Vec<u8>> = (400..=431)
        .chain([500, 502, 503, 504, 302])
        .map(|it| answer(it, &format!("location: http://127.0.0.1:1/{KEY}\r\n"), &echo))
        .collect();
    answers.push(image(&format!("x-echo: {KEY}\r\n"), &echo));
    answers.push(format!("{KEY} garbage").into_bytes());
    answers.push(format!("HTTP/1.1 200 OK\r\n{KEY}\r\n\r\n").into_bytes());

    for bytes in answers {
        let server = Server::closing_after(bytes).await;
        let provider = stability(config(&server.url));

        let errors = [
            provider.generate(&key(), &request(), AMPLE).await.unwrap_err(),
            provider.balance(&key()).await.unwrap_err(),
        ];

        for error in errors {
            for shown in [format!("{error}"), format!("{error:?}"), format!("{error:#?}")] {
                assert!(!shown.contains(KEY), "{shown}");
                assert!(!shown.contains("://"), "{shown}");
            }
        }
    }
}

#[tokio::test]
async fn text_that_cannot_be_a_key_is_refused_without_a_call_and_without_an_echo() {
    let server = Server::answering(image("", images::png(8, 6))).await;
    let provider = stability(config(&server.url));

    for text in ["", "sk-two words", "sk-line\r\nX-Injected: 1", "sk-ключ"] {
        let key = SecretString::from(text);

        for error in [
            provider.generate(&key, &request(), AMPLE).await.unwrap_err(),
            provider.balance(&key).await.unwrap_err(),
        ] {
            assert_eq!(error.class, ErrorClass::KeyInvalid);
            assert!(text.is_empty() || !format!("{error:?}").contains(text));
        }
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_consumer_id_that_is_no_header_is_ours_to_answer_for() {
    let server = Server::answering(image("", images::png(8, 6))).await;
    let mut request = request();
    request.end_user = Some("a\r\nb".to_owned());

    let error = stability(config(&server.url)).generate(&key(), &request, AMPLE).await.unwrap_err();

    assert_eq!(error.class, ErrorClass::NotSent);
    assert_eq!(server.connections(), 0);
}

#[test]
fn plain_http_to_another_host_makes_no_adapter_and_the_error_shows_no_url() {
    let config = config("http://user:hunter2@10.1.2.3/");

    let error = Registry::new([("stability".to_owned(), config)]).unwrap_err();

    assert!(!format!("{error} {error:?}").contains("hunter2"));
}
