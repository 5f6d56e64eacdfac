//! One settlement among many that the database refuses, whatever the reason may be.

use std::time::Duration;

use devkit::deadline;
use serde_json::{Value, json};
use tests::client::{Task, User};
use tests::stack::Stack;
use uuid::Uuid;

use crate::evidence;
use crate::load;

const TASKS: u8 = 32;
/// The first leave at once; others gather while they stand, and the one kept in the middle is among those.
const GATHERED: u8 = 8;

async fn task_of(stack: &Stack, attempt: Uuid) -> Uuid {
    sqlx::query_scalar("SELECT task_id FROM generation.attempt WHERE id = $1")
        .bind(attempt)
        .fetch_one(&stack.pool)
        .await
        .unwrap()
}

/// Refuses to write the settlement of every task named in a table. The trigger comes before the first
/// settlement, whose lock on the journal it would have to wait for.
const POISON: &str = "
    CREATE TABLE public.poisoned (task uuid NOT NULL);
    CREATE FUNCTION public.poison() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        IF EXISTS (SELECT FROM public.poisoned p WHERE p.task = new.ref) THEN
            RAISE EXCEPTION 'poisoned' USING ERRCODE = 'P0001';
        END IF;
        RETURN new;
    END $$;
    CREATE TRIGGER poison BEFORE INSERT ON ledger.journal FOR EACH ROW
        WHEN (new.kind = 'settle') EXECUTE FUNCTION public.poison();";

/// The task's entry among the parked jobs, as an admin sees them.
async fn parked(admin: &User, task: Uuid) -> Option<Value> {
    let jobs = admin.get("/api/admin/jobs?state=parked").await.expect(200);
    let items = jobs["items"].as_array().cloned().unwrap_or_default();
    items.into_iter().find(|it| it["id"] == task.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_poisoned_settlement_among_thirty_two_is_parked_and_the_others_settle() {
    let stack = Stack::builder().lease("2s").alone().start().await;
    let limits = json!({"concurrency_limit": 32});
    let scene = stack.scene_with(json!({"latency_ms": 2_000}), &limits).await;

    stack.sql(POISON).await;

    // Settlements wait behind a lock until all images are kept, so that they gather in one batch.
    let tasks = load::submit(&scene.consumer, TASKS, "one is poisoned").await;
    scene.key.until_in_flight(u32::from(TASKS)).await;
    let mut lock = stack.pool.begin().await.unwrap();
    sqlx::query("SELECT FROM pool.resource_state FOR UPDATE").execute(&mut *lock).await.unwrap();
    let kept = deadline::until("all images are kept", Duration::from_secs(20), async || {
        Some(evidence::kept_attempts(&stack)).filter(|it| it.len() == usize::from(TASKS))
    })
    .await;
    let poisoned = task_of(&stack, kept[usize::from(TASKS) / 2]).await;
    sqlx::query("INSERT INTO public.poisoned VALUES ($1)")
        .bind(poisoned)
        .execute(&mut *lock)
        .await
        .unwrap();
    lock.commit().await.unwrap();

    // The others are settled, one by one; the poisoned one waits with its image for an admin.
    let (bad, good): (Vec<Task>, Vec<Task>) =
        tasks.into_iter().partition(|it| it.id == poisoned.to_string());
    load::untouched(&scene.consumer, &good).await;
    let entry = deadline::until("it is parked", Duration::from_secs(20), async || {
        parked(&scene.admin, poisoned).await
    })
    .await;
    assert!(entry["error"].as_str().is_some_and(|it| it.contains("poisoned")), "{entry}");
    let refused = evidence::log_lines(&stack, "worker-1", 0);
    let batch = refused
        .iter()
        .filter(|it| it["message"].as_str().is_some_and(|it| it.contains("one by one")));
    let batch = batch.filter_map(|it| it["batch"].as_u64()).max().unwrap_or(0);
    assert!(batch >= u64::from(GATHERED), "it was refused among {batch}");
    let task = scene.consumer.task(&bad[0]).await;
    assert_eq!((task.status.as_str(), task.credits_cost), ("processing", None), "{task:#?}");

    // Tried again while the poison is there it is parked again, and never bought again.
    let retry = async || {
        let path = format!("/api/admin/jobs/{poisoned}/retry");
        scene.admin.post(&path, &json!({"reason": "the poison is gone"})).await.expect(202);
    };
    retry().await;
    deadline::until("it was tried and is parked anew", Duration::from_secs(20), async || {
        parked(&scene.admin, poisoned).await.filter(|it| it["retry_requested_at"].is_null())
    })
    .await;
    assert_eq!(scene.consumer.task(&bad[0]).await.status, "processing");

    stack.sql("DELETE FROM public.poisoned").await;
    retry().await;
    load::untouched(&scene.consumer, &bad).await;
    assert!(parked(&scene.admin, poisoned).await.is_none());
    let books = scene.key.books().await;
    assert_eq!((books.calls, books.images), (u64::from(TASKS), u64::from(TASKS)));
    eprintln!(
        "poisoned in a batch of {batch}: {} settled, one parked and settled later",
        good.len()
    );
    stack.finish().await;
}
