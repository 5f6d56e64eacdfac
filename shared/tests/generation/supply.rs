//! What a claim grants of what is offered, and what its outcome says about a key.

use devkit::database::Database;
use rust_decimal::Decimal;
use shared::pool::resource::hosted::{self, HostedResource, ResourceFilter};
use shared::pool::store::read_hot;
use sqlx::PgPool;

const TURN: &str = "SELECT turn(ARRAY[(SELECT user_id FROM consumer LIMIT 1)])";

async fn turn(pool: &PgPool) -> i32 {
    sqlx::query_scalar(TURN).fetch_one(pool).await.unwrap()
}

async fn exchange() -> (Database, PgPool) {
    let database = Database::create().await;
    database.run(include_str!("turns.sql")).await;
    let pool = database.pool().await;
    (database, pool)
}

/// The one key, as its owner sees it under a cap of five times the reference price.
async fn key(pool: &PgPool) -> HostedResource {
    let mut conn = pool.acquire().await.unwrap();
    let filter = ResourceFilter::default();
    let mut keys = hosted::list(&mut conn, &filter, None, 10, Decimal::from(5)).await.unwrap();
    keys.pop().unwrap()
}

#[tokio::test]
async fn a_key_above_the_cap_is_not_granted_and_says_why() {
    let (database, pool) = exchange().await;
    assert_eq!(turn(&pool).await, 1, "0.4 a unit, where 0.5 is the reference");
    assert_eq!(key(&pool).await.status_reason, None);

    // An admin lowers the reference: five times 0.079999 are less than 0.4.
    database.run("UPDATE pool.provider SET reference_price = 0.079999").await;
    assert_eq!(turn(&pool).await, 0);
    let reason = key(&pool).await.status_reason.unwrap();
    assert!(reason.starts_with("price_too_high: ") && reason.contains("0.399995"), "{reason}");

    database.run("UPDATE pool.provider SET reference_price = 0.08").await;
    assert_eq!(turn(&pool).await, 1);
    database.drop().await;
}

#[tokio::test]
async fn a_key_whose_limits_or_balance_make_no_image_says_so() {
    let (database, pool) = exchange().await;

    database.run("UPDATE pool.resource SET daily_limit = 6").await;
    let reason = key(&pool).await.status_reason.unwrap();
    let expected = "limits_too_low: its limits do not allow one image of stability/sd3.5-large, stability/ultra";
    assert_eq!(reason, expected);

    // A model that an admin changes can leave nothing to serve.
    database.run("UPDATE pool.model SET units = 7 WHERE units < 7").await;
    let reason = key(&pool).await.status_reason.unwrap();
    assert_eq!(reason, "serves_nothing: its limits allow 6 units, one image takes at least 7");

    assert_eq!(key(&pool).await.health.as_str(), "ok");
    database.run("UPDATE pool.resource_state SET available_units = 6.9").await;
    assert_eq!(key(&pool).await.health.as_str(), "exhausted");
    database.drop().await;
}

#[tokio::test]
async fn a_delivery_proves_a_key_for_a_day() {
    let (database, pool) = exchange().await;
    let proven = async || {
        let hot = read_hot(&mut pool.acquire().await.unwrap()).await.unwrap();
        hot.states.into_values().all(|it| it.proven)
    };

    database.run("UPDATE pool.resource_state SET delivered_at = NULL").await;
    assert!(!proven().await, "it was only connected");
    assert_eq!(turn(&pool).await, 1);
    assert!(proven().await);
    let yesterday =
        "UPDATE pool.resource_state SET delivered_at = aether.now() - interval '25 hours'";
    database.run(yesterday).await;
    assert!(!proven().await);
    database.drop().await;
}

#[tokio::test]
async fn a_cooling_is_read_with_the_time_that_is_left() {
    let (database, pool) = exchange().await;
    let cooling = "UPDATE pool.resource_state
                      SET health = 'cooling', cooling_until = aether.now() + interval '40 seconds'";
    database.run(cooling).await;

    let hot = read_hot(&mut pool.acquire().await.unwrap()).await.unwrap();
    let left = hot.states.into_values().next().unwrap().cooling_seconds;

    assert!((30.0..=40.0).contains(&left), "{left}");
    database.drop().await;
}
