//! What becomes visible late, or cannot be read for a while, is told all the same.

use std::collections::BTreeSet;
use std::time::Duration;

use devkit::deadline;
use tests::client::Task;
use tests::stack::{Scene, Stack, core};

use super::{EVENTS, ends};

/// Cancels a task as a transaction does that takes so long between its time and its commit.
async fn cancel_late(stack: &Stack, task: &Task, delay: &str) {
    let id = &task.id;
    stack
        .sql(&format!(
            "BEGIN;
             SELECT generation.cancel_task('{id}', user_id) FROM generation.task WHERE id = '{id}';
             UPDATE generation.task SET completed_at = completed_at - interval '{delay}' WHERE id = '{id}';
             COMMIT"
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_a_task_is_told_however_late_its_transaction_commits() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let Scene { consumer, .. } = stack.scene().await;
    let mut stream = consumer.stream(EVENTS, None).await;
    let task = consumer.submit(&core("a heron")).await;
    assert_eq!(stream.next_of("task.pending").await.data["id"], task.id.as_str());

    cancel_late(&stack, &task, "10 minutes").await;

    assert_eq!(stream.next_of("task.canceled").await.data["id"], task.id.as_str());
    // Nobody saw this one unfinished: its end was visible before it was looked for.
    stack
        .sql(&format!(
            "BEGIN;
             CREATE TABLE public.late AS SELECT t.* FROM generation.task t WHERE t.id = '{}';
             UPDATE public.late
                SET id = gen_random_uuid(), idempotency_key = NULL, completed_at = aether.now() - interval '40 s';
             INSERT INTO generation.task SELECT * FROM public.late;
             COMMIT",
            task.id
        ))
        .await;
    let told = stream.next_of("task.canceled").await;
    assert_ne!(told.data["id"], task.id.as_str());
    stack
        .sql(
            "DELETE FROM generation.task WHERE id IN (SELECT id FROM public.late);
             DROP TABLE public.late",
        )
        .await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_failed_statement_kept_from_a_stream_is_told_by_the_next_look() {
    const FAILED: &str = "streams of events were not told";
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let Scene { consumer, owner, resource, admin, .. } = stack.scene().await;
    let mut balances = consumer.stream(&format!("{EVENTS}?types=balance"), None).await;
    let mut resources = owner.stream(&format!("{EVENTS}?types=resource"), None).await;
    assert!(balances.next_within(Duration::from_millis(200)).await.is_none());
    assert!(resources.next_within(Duration::from_millis(200)).await.is_none());

    // That something changed can still be seen, and not what: of credits first, then of keys.
    for (table, change) in [
        ("ledger.hold", None),
        (
            "generation.attempt",
            Some(format!(
                "SELECT pool.set_status_as_owner('{}', '{}', 'paused')",
                resource.id, owner.id
            )),
        ),
    ] {
        stack.sql(&format!("REVOKE SELECT ON {table} FROM aether_api")).await;
        match &change {
            None => admin.grant(&consumer, "100").await,
            Some(change) => stack.sql(change).await,
        }
        let failures = || stack.log("api-1").matches(FAILED).count();
        let before = failures();
        deadline::until_true("looks fail", Duration::from_secs(20), async || {
            failures() >= before + 2
        })
        .await;
        stack.sql(&format!("GRANT SELECT ON {table} TO aether_api")).await;
        if change.is_none() {
            assert_eq!(balances.next_of("balance").await.data["total"], "1100");
        } else {
            assert_eq!(resources.next_of("resource").await.data["status"], "paused");
        }
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ended_before_the_last_event_and_became_visible_after_it_is_repeated() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let Scene { consumer, .. } = stack.scene().await;
    let mut stream = consumer.stream(EVENTS, None).await;
    let nothing = stream.next_within(Duration::from_millis(500)).await;
    assert!(nothing.is_none() && !stream.last_id.is_empty());
    let last_id = stream.last_id.clone();
    drop(stream);
    let task = consumer.submit(&core("a heron")).await;

    cancel_late(&stack, &task, "30 seconds").await;

    let mut stream = consumer.stream(EVENTS, Some(&last_id)).await;
    ends(&mut stream, &BTreeSet::from([task.id])).await;
    stack.finish().await;
}
