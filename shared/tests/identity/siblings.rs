//! Two who refresh with one token within seconds: a lost answer, two tabs, or somebody with a copy.

use super::Exchange;

#[tokio::test]
async fn a_token_yields_its_child_and_within_ten_seconds_a_sibling() {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    let (_, first) = exchange.sign_in(&user).await;

    let child = exchange.renewed(&first).await;
    let sibling = exchange.renewed(&first).await;

    assert_ne!(child, sibling);
    exchange.renewed(&sibling).await;
    exchange.close().await;
}

#[tokio::test]
async fn the_first_use_of_the_younger_sibling_retires_the_older() {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    let (_, first) = exchange.sign_in(&user).await;
    let older = exchange.renewed(&first).await;
    let younger = exchange.renewed(&first).await;

    let next = exchange.renewed(&younger).await;

    assert!(exchange.is_dead(&older).await);
    // It was lost, most likely: the session lives on.
    exchange.renewed(&next).await;
    exchange.close().await;
}

#[tokio::test]
async fn a_branch_that_grew_meanwhile_is_retired_whole() {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    let (_, first) = exchange.sign_in(&user).await;
    let older = exchange.renewed(&first).await;
    let younger = exchange.renewed(&first).await;
    let grown = exchange.renewed(&older).await;
    let grown = exchange.renewed(&grown).await;

    let next = exchange.renewed(&younger).await;

    assert!(exchange.is_dead(&grown).await);
    assert!(exchange.is_dead(&older).await);
    exchange.renewed(&next).await;
    exchange.close().await;
}

#[tokio::test]
async fn of_sixteen_that_refresh_at_once_the_last_one_answered_lives_on_alone() {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    let (session_id, first) = exchange.sign_in(&user).await;

    let tabs = futures::future::join_all((0..16).map(|_| exchange.renewed(&first))).await;

    let newest: Vec<u8> = sqlx::query_scalar(
        "SELECT hash FROM identity.refresh_token WHERE session_id = $1 ORDER BY created_at DESC LIMIT 1",
    )
    .bind(session_id)
    .fetch_one(&mut exchange.database.superuser().await)
    .await
    .unwrap();
    let newest = tabs.iter().find(|it| it.hash().as_slice() == newest).unwrap();
    exchange.renewed(newest).await;
    for tab in tabs.iter().filter(|it| *it != newest) {
        assert!(exchange.is_dead(tab).await);
    }
    exchange.close().await;
}
