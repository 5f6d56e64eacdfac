//! A request sent twice has one effect and one answer.

use serde_json::json;
use shared::idempotency::{Claim, RequestKey, claim, keep};
use uuid::Uuid;

use super::Exchange;

fn request(user_id: Uuid) -> RequestKey {
    RequestKey {
        user_id,
        path: "/api/credits/hold".to_owned(),
        key: "order-7".to_owned(),
        request_hash: [7; 32],
    }
}

#[tokio::test]
async fn the_first_answer_comes_again_and_another_body_is_refused() {
    let exchange = Exchange::open().await;
    let request = request(Uuid::now_v7());
    let mut tx = exchange.db.begin().await.unwrap();
    assert!(matches!(claim(&mut tx, &request).await.unwrap(), Claim::First));
    keep(&mut tx, &request, 201, &json!({"hold_id": "1"})).await.unwrap();
    tx.commit().await.unwrap();

    let mut conn = exchange.db.acquire().await.unwrap();
    assert!(keep(&mut conn, &request, 201, &json!({"hold_id": "2"})).await.is_err(), "it is kept");
    let Claim::Answered { status, body } = claim(&mut conn, &request).await.unwrap() else {
        panic!("it was answered");
    };
    assert_eq!((status, body), (201, json!({"hold_id": "1"})));
    let other = RequestKey { request_hash: [8; 32], ..request.clone() };
    assert!(matches!(claim(&mut conn, &other).await.unwrap(), Claim::KeyReused));
    let elsewhere = RequestKey { path: "/api/credits/consume".to_owned(), ..request };
    assert!(matches!(claim(&mut conn, &elsewhere).await.unwrap(), Claim::First));
    drop(conn);
    exchange.close().await;
}

#[tokio::test]
async fn a_twin_waits_for_the_first_and_takes_over_if_it_fails() {
    let exchange = Exchange::open().await;
    let request = request(Uuid::now_v7());
    for first_succeeds in [false, true] {
        let mut first = exchange.db.begin().await.unwrap();
        assert!(matches!(claim(&mut first, &request).await.unwrap(), Claim::First));
        let twin = {
            let (db, request) = (exchange.db.clone(), request.clone());
            tokio::spawn(async move {
                let mut tx = db.begin().await.unwrap();
                let claimed = claim(&mut tx, &request).await.unwrap();
                tx.rollback().await.unwrap();
                claimed
            })
        };
        exchange.database.wait_until_one_waits().await;

        if first_succeeds {
            keep(&mut first, &request, 201, &json!({})).await.unwrap();
            first.commit().await.unwrap();
            assert!(matches!(twin.await.unwrap(), Claim::Answered { .. }));
        } else {
            first.rollback().await.unwrap();
            assert!(matches!(twin.await.unwrap(), Claim::First));
        }
    }
    exchange.close().await;
}
