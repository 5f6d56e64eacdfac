//! A key is its fingerprint: what is known of it outlives the row's owner, and so does a sanction.

use crate::exchange::Exchange;

const DAY_UNITS: &str = "SELECT day_units FROM pool.resource_state WHERE resource_id = u('e1')";

#[tokio::test]
async fn a_key_that_is_deleted_and_connected_again_keeps_what_it_used_and_whom_it_failed() {
    let mut exchange = Exchange::open().await;
    exchange
        .sql(
            "SELECT submit('11'), claim('11', '21', 'e1');
             SELECT FROM generation.end_attempt(u('21'), '{\"state\": \"unknown\", \"class\": \"unknown\",
                 \"message\": \"m\", \"billed\": false, \"action\": \"retry\", \"delay_seconds\": 0,
                 \"exclude\": true, \"effect\": \"none\"}', 6)",
        )
        .await;

    let delete = "SELECT pool.delete_resource(u('e1'), u('d1'))";
    assert_eq!(exchange.text(delete).await, "deleted");
    assert_eq!(exchange.text("SELECT connect('e1', 'd2', 'e3')").await, "retry");
    assert_eq!(exchange.text("SELECT connect('e1', 'd2', 'e1')").await, "connected");

    assert_eq!(exchange.text(DAY_UNITS).await, "3.000000");
    let state =
        "SELECT (in_flight, available_units, synced_at IS NOT NULL) FROM pool.resource_state
                  WHERE resource_id = u('e1')";
    assert_eq!(exchange.text(state).await, "(1,497.000000,t)", "what is unknown may be billed yet");
    let excluded = "SELECT excluded = ARRAY[u('e1')] FROM generation.task";
    assert_eq!(exchange.text(excluded).await, "true");
    let hosted = "SELECT (owner_id = u('d2'), status, deleted_at IS NULL, length(key_ciphertext))
                    FROM pool.resource WHERE id = u('e1')";
    assert_eq!(exchange.text(hosted).await, "(t,active,t,1)");
    let again = exchange.text("SELECT connect('e1', 'd1', 'e1')").await;
    assert_eq!(again, "key_in_use");
    exchange.close().await;
}

#[tokio::test]
async fn an_image_of_yesterdays_owner_is_paid_to_them_and_shown_to_nobody_else() {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT submit('11'), claim('11', '21', 'e1'), lose('21')").await;
    exchange
        .sql("SELECT pool.delete_resource(u('e1'), u('d1')); SELECT connect('e1', 'd2', 'e1')")
        .await;

    exchange.sql("SELECT settle('21')").await;

    let paid = "SELECT string_agg(right(a.user_id::text, 2) || ' ' || j.net, ',')
                  FROM ledger.journal j JOIN ledger.account a ON a.id = j.credit AND a.kind = 'owner'";
    assert_eq!(exchange.text(paid).await, "d1 4.050000");
    let mut conn = exchange.database.superuser().await;
    let id = crate::exchange::u("e1");
    let resource =
        shared::pool::resource::hosted::find(&mut conn, id, None, 5.into()).await.unwrap().unwrap();
    assert_eq!(resource.earned, Some(shared::ledger::Credits::ZERO));
    let range = shared::pool::resource::hosted::StatsRange { from: None, to: None };
    let stats = shared::pool::resource::hosted::read_stats(&mut conn, id, range).await.unwrap();
    assert_eq!(stats.totals.attempts, 0);
    exchange.close().await;
}

#[tokio::test]
async fn an_admins_disable_outlives_the_deletion_and_holds_for_every_account() {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT pool.set_resource_status(u('e1'), NULL, 'disabled', 'abuse')").await;

    let lift_it = "SELECT pool.set_resource_status(u('e1'), u('d1'), 'active', NULL)";
    assert_eq!(exchange.text(lift_it).await, "disabled");
    assert_eq!(exchange.text("SELECT connect('e1', 'd2', 'e1')").await, "sanctioned");
    let delete = "SELECT pool.delete_resource(u('e1'), u('d1'))";
    assert_eq!(exchange.text(delete).await, "deleted");
    for owner in ["d1", "d2"] {
        let connect = format!("SELECT connect('e1', '{owner}', 'e1')");
        assert_eq!(exchange.text(&connect).await, "sanctioned");
    }

    let mut conn = exchange.database.superuser().await;
    let sanctions = shared::pool::resource::sanction::list(&mut conn, None, 10).await.unwrap();
    let found: Vec<_> = sanctions.iter().map(|it| (it.reason.as_str(), it.hosted)).collect();
    assert_eq!(found, [("abuse", false)]);
    assert_eq!(exchange.text("SELECT pool.lift_sanction(u('e1'))").await, "true");
    assert_eq!(exchange.text("SELECT pool.lift_sanction(u('e1'))").await, "false");
    assert_eq!(exchange.text("SELECT connect('e1', 'd2', 'e1')").await, "connected");
    exchange.close().await;
}

#[tokio::test]
async fn a_hosted_key_whose_sanction_is_lifted_serves_again() {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT submit('11'), submit('12')").await;
    exchange.sql("SELECT pool.set_resource_status(u('e1'), NULL, 'disabled', 'abuse')").await;
    assert_eq!(exchange.text("SELECT try_claim('11', '21', 'e1')").await, "false");

    exchange.sql("SELECT pool.lift_sanction(u('e1'))").await;

    assert_eq!(exchange.text("SELECT try_claim('11', '21', 'e1')").await, "true");
    let sanction =
        "SELECT (sanctioned_at, sanction_reason) IS NULL FROM pool.resource WHERE id = u('e1')";
    assert_eq!(exchange.text(sanction).await, "true");
    exchange.close().await;
}

#[tokio::test]
async fn syncs_are_taken_without_waiting_for_anybody_and_deleted_keys_are_left_alone() {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT pool.delete_resource(u('e2'), u('d1'))").await;
    exchange.sql("SELECT connect('e3', 'd1', 'e3')").await;
    exchange.sql("UPDATE pool.resource_state SET sync_due_at = aether.now()").await;
    let mut other = exchange.database.superuser().await;
    sqlx::raw_sql(
        "BEGIN; SELECT FROM pool.resource_state WHERE resource_id IN (u('e2'), u('e3')) FOR UPDATE",
    )
    .execute(&mut other)
    .await
    .unwrap();

    let taken = "SELECT string_agg(right(resource_id::text, 2), ',') FROM pool.take_due_syncs(10, '1 minute')";
    assert_eq!(exchange.text(taken).await, "e1");
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(exchange.text(taken).await, "e3");

    let due = "SELECT string_agg((sync_due_at > aether.now() + interval '1 hour')::text, ',' ORDER BY resource_id)
                 FROM pool.resource_state";
    assert_eq!(exchange.text(due).await, "false,true,false");
    exchange.close().await;
}
