//! What happens by itself: quotas are read, credits expire, parked settlements wait for an admin,
//! another scheduler takes over.

use std::time::Duration;

use devkit::deadline;
use futures::future::join_all;
use serde_json::{Value, json};
use tests::client::{Task, credits};
use tests::stack::{Stack, core};

const SOON: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn balances_at_the_provider_are_read_when_asked_rung_or_due() {
    let stack = Stack::start().await;
    let scene = stack.scene_with(json!({"balance": 100}), &json!({})).await;
    assert_eq!(scene.resource.available_units, Some(credits("100")));
    let until_units = async |units: &str| {
        let what = format!("{units} units are seen");
        deadline::until(&what, SOON, async || {
            let resource = scene.owner.resource(&scene.resource).await;
            (resource.available_units == Some(credits(units))).then_some(())
        })
        .await;
    };

    scene.key.set(json!({"balance": 70})).await;
    scene.owner.ring(&format!("/api/resource/{}/sync", scene.resource.id)).await.expect(202);
    until_units("70").await;

    // What is used since is taken off at once.
    scene.consumer.generate(&core("a heron")).await;
    until_units("67").await;

    // By itself, a quarter of an hour later.
    scene.key.set(json!({"balance": 40})).await;
    stack.move_clock(Duration::from_mins(16)).await;
    until_units("40").await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expired_credits_cannot_be_spent_even_before_anybody_sweeps() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let scene = stack.scene().await;
    let user = stack.user("hoarder").await;
    let body =
        json!({"user_id": user.id, "amount": "5", "reason": "for a day", "expires_in_days": 1});
    scene.admin.post("/api/credits/add/manual", &body).await.expect(201);
    assert_eq!(user.get("/api/wallet/balance").await.json()["expiring"][0]["amount"], "5");

    stack.move_clock(Duration::from_hours(25)).await;

    user.post("/api/generate/text-to-image", &core("too late"))
        .await
        .expect_problem(402, "credits.insufficient");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credits_expire_by_themselves_and_those_that_end_first_are_spent_first() {
    let stack = Stack::start().await;
    let scene = stack.scene().await;
    let user = stack.user("hoarder").await;
    for (amount, days) in [("10", Value::Null), ("4", json!(1))] {
        let mut body = json!({"user_id": user.id, "amount": amount, "reason": "for a test"});
        if !days.is_null() {
            body["expires_in_days"] = days;
        }
        scene.admin.post("/api/credits/add/manual", &body).await.expect(201);
    }
    user.generate(&core("a heron")).await;
    let remaining: Vec<_> = user.balance().await.grants.iter().map(|it| it.remaining).collect();
    assert!(remaining.contains(&credits("2.5")) && remaining.contains(&credits("10")));

    stack.move_clock(Duration::from_hours(25)).await;

    deadline::until("the rest of the grant expires", SOON, async || {
        (user.balance().await.total == credits("10")).then_some(())
    })
    .await;
    let user = user.signed_in_again().await;
    let newest = &user.transactions().await[0];
    assert_eq!((newest.r#type.as_str(), newest.amount), ("expire", credits("-2.5")));
    assert_eq!(newest.balance_after, credits("10"));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_poisoned_settlement_is_parked_with_its_image_and_settled_when_an_admin_says() {
    // A scheduler touches nothing before it has been answered for one lease.
    let stack = Stack::builder().lease("4s").start().await;
    let scene =
        stack.scene_with(json!({"latency_ms": 2_500}), &json!({"concurrency_limit": 16})).await;
    let tasks = join_all((0..12).map(|number| {
        let (consumer, body) = (scene.consumer.clone(), core(&format!("picture {number}")));
        async move { consumer.submit(&body).await }
    }))
    .await;
    let poisoned = &tasks[5];
    stack
        .sql(&format!(
            "CREATE FUNCTION ledger.poison() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE EXCEPTION 'poisoned by a test'; END $$;
             CREATE TRIGGER poison BEFORE INSERT ON ledger.journal FOR EACH ROW
                 WHEN (new.ref = '{}' AND new.kind = 'settle') EXECUTE FUNCTION ledger.poison()",
            poisoned.id
        ))
        .await;

    for task in tasks.iter().filter(|it| it.id != poisoned.id) {
        assert_eq!(scene.consumer.wait(task).await.status, "completed");
    }
    let parked = deadline::until("the poisoned one is parked", SOON, async || {
        let jobs = scene.admin.get("/api/admin/jobs?state=parked").await.expect(200);
        jobs["items"].as_array().unwrap().first().cloned()
    })
    .await;
    assert_eq!(parked["id"], poisoned.id.as_str());
    assert_eq!(parked["kind"], "generate-image");
    assert_eq!(scene.consumer.task(poisoned).await.status, "processing");
    assert_eq!(scene.consumer.balance().await.held, credits("1.65"));

    // Still poisoned, it stays parked; healed, it is settled, and nothing was bought again.
    let retry = format!("/api/admin/jobs/{}/retry", poisoned.id);
    let reason = json!({"reason": "for a test"});
    scene.admin.post(&retry, &reason).await.expect(202);
    deadline::until("the retry was tried", SOON, async || {
        let jobs = scene.admin.get("/api/admin/jobs?state=parked").await.expect(200);
        jobs["items"][0]["retry_requested_at"].is_null().then_some(())
    })
    .await;
    stack.sql("DROP TRIGGER poison ON ledger.journal; DROP FUNCTION ledger.poison()").await;
    scene.admin.post(&retry, &reason).await.expect(202);
    let task: Task = scene.consumer.wait(poisoned).await;

    assert_eq!(task.status, "completed", "{task:#?}");
    assert_eq!(task.attempt_states(), ["delivered"]);
    assert_eq!(scene.key.books().await.calls, 12);
    scene.admin.post(&retry, &reason).await.expect_problem(409, "job.not_parked");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_leader_dies_another_scheduler_does_its_duties() {
    let stack = Stack::builder().workers(0).schedulers(2).start().await;
    let scene = stack.scene().await;
    let leader = async || {
        for name in stack.names_of("scheduler") {
            if stack.exited(&name).is_none()
                && stack.metrics(&name).await.contains("aetherflow_leader 1")
            {
                return Some(name);
            }
        }
        None
    };
    let first = deadline::until("one leads", SOON, leader).await;

    stack.kill(&first);
    let mut body = core("nobody makes it");
    body["deadline_seconds"] = json!(10);
    let task = scene.consumer.submit(&body).await;

    let second = deadline::until("the other leads", SOON, leader).await;
    assert_ne!(first, second);
    let task = scene.consumer.wait(&task).await;
    assert_eq!(task.error_code(), "deadline_exceeded");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ledger_is_audited_and_rolled_up_by_itself() {
    let stack =
        Stack::builder().setting("scheduler", "AETHERFLOW_AUDIT_INTERVAL", "1s").start().await;
    let scene = stack.scene().await;
    let task = scene.consumer.generate(&core("a heron")).await;

    deadline::until("the journal is rolled up", SOON, async || {
        let rolled: Option<String> = sqlx::query_scalar(
            "SELECT b.balance::text FROM ledger.balance b JOIN ledger.account a ON a.id = b.account
              WHERE a.user_id = $1::uuid AND a.kind = 'owner'",
        )
        .bind(&scene.owner.id)
        .fetch_optional(&stack.pool)
        .await
        .unwrap();
        (rolled.as_deref() == Some("1.350000")).then_some(())
    })
    .await;
    // The same to its owner, rolled up or not.
    assert_eq!(scene.owner.earnings().await.pending, credits("1.35"));
    assert_eq!(scene.owner.earnings_of(&task).await.len(), 1);

    let report = scene.admin.ring("/api/admin/audit").await.expect(200);
    assert_eq!(report["ok"], true, "{report}");
    deadline::until("the scheduler's own audit is in its metrics", SOON, async || {
        let metrics = stack.metrics("scheduler-1").await;
        metrics.contains("aetherflow_audit_violations").then_some(())
    })
    .await;
    stack.finish().await;
}
