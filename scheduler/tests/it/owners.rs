//! What a suspension, or the loss of the role, does to an owner's keys and earnings.

use std::time::Duration;

use shared::ledger::earnings::{EarningState, read_earnings};

use crate::exchange::{Exchange, u};

const WINDOW: Duration = Duration::from_hours(7 * 24);

async fn set_status(exchange: &mut Exchange, status: &str) {
    exchange
        .sql(&format!("UPDATE identity.users SET status = '{status}' WHERE id = u('d1')"))
        .await;
}

#[tokio::test]
async fn a_suspended_owners_keys_start_nothing_and_calls_that_are_out_run_their_course() {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT submit('11'), submit('12'), claim('11', '21', 'e1')").await;

    set_status(&mut exchange, "suspended").await;
    assert_eq!(exchange.text("SELECT try_claim('12', '22', 'e1')").await, "false");
    exchange.sql("SELECT settle('21')").await;
    assert_eq!(exchange.task("11").await, "completed");

    set_status(&mut exchange, "active").await;
    assert_eq!(exchange.text("SELECT try_claim('12', '22', 'e1')").await, "true");
    exchange.close().await;
}

#[tokio::test]
async fn processes_that_choose_keys_see_a_barred_owners_keys_as_not_active() {
    let mut exchange = Exchange::open().await;
    let pool = exchange.database.pool().await;
    let feed = shared::pool::CatalogueFeed::open(pool.clone(), 5.into()).await.unwrap();
    let active = || {
        let catalogue = feed.current();
        catalogue.resources().filter(|it| it.status == shared::pool::ResourceStatus::Active).count()
    };
    assert_eq!(active(), 2);

    for (change, expected) in [
        ("status = 'suspended'", 0),
        ("status = 'active'", 2),
        ("roles = '{consumer}'", 0),
        ("roles = '{consumer,resource_provider}'", 2),
    ] {
        exchange.sql(&format!("UPDATE identity.users SET {change} WHERE id = u('d1')")).await;
        feed.refresh().await.unwrap();
        assert_eq!(active(), expected, "{change}");
    }
    pool.close().await;
    exchange.close().await;
}

#[tokio::test]
async fn a_role_that_an_admin_took_is_not_regained_by_hosting_a_key() {
    let mut exchange = Exchange::open().await;
    exchange.sql("UPDATE identity.users SET roles = '{consumer}' WHERE id = u('d1')").await;

    assert_eq!(exchange.text("SELECT connect('e3', 'd1', 'e3')").await, "role_revoked");
    let roles = "SELECT roles FROM identity.users WHERE id = u('d1')";
    assert_eq!(exchange.text(roles).await, "{consumer}");

    let give_back =
        "UPDATE identity.users SET roles = '{consumer,resource_provider}' WHERE id = u('d1')";
    exchange.sql(give_back).await;
    assert_eq!(exchange.text("SELECT connect('e3', 'd1', 'e3')").await, "connected");
    exchange.sql("SELECT submit('11'), claim('11', '21', 'e1')").await;
    exchange.close().await;
}

/// Both are begun before either has ended: whichever comes first, the key is barred.
#[tokio::test]
async fn a_key_connected_while_its_owner_is_being_suspended_is_barred() {
    let mut exchange = Exchange::open().await;
    let mut admin = exchange.database.superuser().await;
    sqlx::raw_sql("BEGIN; UPDATE identity.users SET status = 'suspended' WHERE id = u('d2')")
        .execute(&mut admin)
        .await
        .unwrap();
    let mut owner = exchange.database.superuser().await;
    let connecting = tokio::spawn(async move {
        sqlx::query_scalar::<_, String>("SELECT connect('e3', 'd2', 'e3')")
            .fetch_one(&mut owner)
            .await
            .unwrap()
    });
    let waits = "SELECT count(*) FROM pg_stat_activity
                  WHERE wait_event_type = 'Lock' AND datname = current_database()";
    crate::exchange::wait_until("it waits", async || exchange.text(waits).await == "1").await;
    sqlx::raw_sql("COMMIT").execute(&mut admin).await.unwrap();

    assert_eq!(connecting.await.unwrap(), "connected");
    let barred = "SELECT owner_barred FROM pool.resource WHERE id = u('e3')";
    assert_eq!(exchange.text(barred).await, "true");
    exchange.close().await;
}

#[tokio::test]
async fn what_is_pending_is_frozen_until_the_owner_is_reinstated() {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT submit('11'), claim('11', '21', 'e1'), settle('21')").await;
    let pool = exchange.database.pool().await;

    for (status, frozen) in [("active", false), ("suspended", true), ("active", false)] {
        set_status(&mut exchange, status).await;
        let page = read_earnings(&pool, u("d1"), WINDOW, None, 10).await.unwrap();
        let sums = [page.sums.pending, page.sums.frozen].map(|it| it.to_string());
        let expected = if frozen { ["0", "4.05"] } else { ["4.05", "0"] };
        assert_eq!(sums, expected, "{status}");
        let state = if frozen { EarningState::Frozen } else { EarningState::Pending };
        assert_eq!(page.lines[0].state, state);
        assert!(!page.sums.payable.is_positive());
    }
    pool.close().await;
    exchange.close().await;
}
