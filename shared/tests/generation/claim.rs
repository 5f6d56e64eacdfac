//! What a claim looks at.

use devkit::database::Database;
use shared::generation::claim::lock_due;

/// Inserts waiting tasks with tags from..=to.
fn wait(from: u32, to: u32) -> String {
    format!(
        "INSERT INTO generation.task (id, user_id, wallet, request_hash, requested_model, prompt, aspect_ratio,
                output_format, credits_held, lane, start_tag, tag, next_at, deadline, created_at)
         SELECT gen_random_uuid(), gen_random_uuid(), 1, '', 'stability/core', 'p', '1:1', 'png', 1,
                'stability/core', n, n, aether.now(), aether.now() + interval '1 hour', aether.now()
           FROM generate_series({from}, {to}) n"
    )
}

#[tokio::test]
async fn a_claim_looks_at_hardly_more_tasks_than_it_takes_however_many_wait() {
    let database = Database::create().await;
    // Twenty waited when statistics were gathered, and thousands came after.
    database.run(&wait(1, 20_000)).await;
    let ended = "UPDATE generation.task SET status = 'canceled', completed_at = aether.now()
                  WHERE lane = 'stability/core' AND tag > 20";
    database.run(ended).await;
    database.run("VACUUM (ANALYZE) generation.task").await;
    database.run(&wait(21, 5_000)).await;
    let worker = database.pool_as(shared::db::Role::Worker).await;
    let mut tx = worker.begin().await.unwrap();

    let due = lock_due(&mut tx, 32, &[], &[]).await.unwrap();

    let looked_at: i64 = sqlx::query_scalar(
        "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relid = 'generation.task'::regclass",
    )
    .fetch_one(&mut *tx)
    .await
    .unwrap();
    assert_eq!(due.len(), 32);
    assert!(looked_at < 200, "{looked_at} tasks were looked at");
    tx.rollback().await.unwrap();
    worker.close().await;
    database.drop().await;
}
