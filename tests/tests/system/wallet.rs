//! `/api/wallet` and `/api/credits`: every path in scope, and every error that is its own.

use std::time::Duration;

use serde_json::{Value, json};
use tests::client::{Balance, Earning, Transaction, User, credits};
use tests::stack::{Stack, core};

async fn add(admin: &User, user: &User, fields: Value) -> tests::client::Answer {
    let mut body = json!({"user_id": user.id, "amount": "5", "reason": "for a test"});
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    admin.post("/api/credits/add/manual", &body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_balance_tells_what_there_is_what_is_held_and_what_ends() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let scene = stack.scene().await;
    let user = stack.user("ada").await;

    let empty: Balance = user.balance().await;
    assert_eq!(
        (empty.available, empty.held, empty.total),
        (credits("0"), credits("0"), credits("0"))
    );
    let grant =
        add(&scene.admin, &user, json!({"amount": "2.5", "expires_in_days": 10})).await.expect(201);
    assert_eq!((&grant["amount"], &grant["source"]), (&json!("2.5"), &json!("admin")));
    add(&scene.admin, &user, json!({"amount": "0.000001"})).await.expect(201);
    let task = user.submit(&core("a heron")).await;

    let shown = user.get("/api/wallet/balance").await.expect(200);
    let balance: Balance = serde_json::from_value(shown.clone()).unwrap();
    assert_eq!((balance.available, balance.held), (credits("0.850001"), credits("1.65")));
    assert_eq!(balance.total, credits("2.500001"));
    assert_eq!(balance.grants.len(), 2);
    assert_eq!(shown["expiring"].as_array().unwrap().len(), 1);
    assert_eq!(user.get("/api/credits/balance").await.expect(200), shown);
    let admin_view =
        scene.admin.get(&format!("/api/credits/balance/{}", user.id)).await.expect(200);
    assert_eq!(admin_view, shown);
    user.cancel(&task).await.expect(200);

    let of = format!("/api/credits/balance/{}", user.id);
    user.get(&of).await.expect_problem(403, "forbidden");
    for id in ["nonsense", "01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3e"] {
        let path = format!("/api/credits/balance/{id}");
        scene.admin.get(&path).await.expect_problem(404, "not_found");
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_add_up_line_by_line_to_the_total() {
    let stack = Stack::builder().schedulers(0).start().await;
    let scene = stack.scene().await;
    for number in 0..4 {
        scene.consumer.generate(&core(&format!("picture {number}"))).await;
    }
    let grant = add(&scene.admin, &scene.consumer, json!({"amount": "7"})).await.expect(201);
    let revoke = format!("/api/credits/grants/{}/revoke", grant["id"].as_str().unwrap());
    scene.admin.post(&revoke, &json!({"reason": "a mistake"})).await.expect(200);

    let lines: Vec<Transaction> = scene.consumer.all("/api/wallet/transactions?limit=2").await;
    let types: Vec<&str> = lines.iter().map(|it| it.r#type.as_str()).collect();
    assert_eq!(types, ["revoke", "grant", "consume", "consume", "consume", "consume", "grant"]);
    assert_eq!(lines[0].balance_after, scene.consumer.balance().await.total);
    for pair in lines.windows(2) {
        assert_eq!(pair[0].balance_after, pair[1].balance_after + pair[0].amount);
    }
    assert_eq!(lines.last().unwrap().balance_after, lines.last().unwrap().amount);

    let consumed: Vec<Transaction> =
        scene.consumer.all("/api/credits/transactions?type=consume&limit=3").await;
    assert_eq!(consumed.len(), 4);
    assert!(consumed.iter().all(|it| it.related_task_id.is_some()));
    let from: Vec<Transaction> =
        scene.consumer.all(&format!("/api/wallet/transactions?from={}", lines[1].created_at)).await;
    assert_eq!(from.len(), 2);
    let of = format!("/api/credits/transactions/{}", scene.consumer.id);
    assert_eq!(scene.admin.all::<Transaction>(&of).await.len(), lines.len());
    scene.consumer.get(&of).await.expect_problem(403, "forbidden");
    for (field, value) in
        [("type", "spend"), ("from", "yesterday"), ("cursor", "%00"), ("user", "x")]
    {
        let path = format!("/api/wallet/transactions?{field}={value}");
        scene.consumer.get(&path).await.expect_invalid(field);
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_an_admin_adds_credits_and_the_same_request_adds_them_once() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let (admin, user) = (stack.admin().await, stack.user("ada").await);
    let path = "/api/credits/add/manual";
    let body = json!({"user_id": user.id, "amount": "5", "reason": "for a test"});

    user.post(path, &body).await.expect_problem(403, "forbidden");
    stack.anonymous().post(path, &body).await.expect_problem(401, "auth.required");
    for (field, value) in [
        ("amount", json!("0")),
        ("amount", json!("-5")),
        ("amount", json!("0.0000001")),
        ("amount", json!("1000000000000")),
        ("amount", json!(5)),
        ("reason", json!("")),
        ("expires_in_days", json!(0)),
        ("expires_in_days", json!(5_000)),
        ("user_id", json!("nonsense")),
        ("source", json!("purchase")),
    ] {
        add(&admin, &user, json!({field: value})).await.expect_invalid(field);
    }
    let nobody = json!({"user_id": "01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3e"});
    add(&admin, &user, nobody).await.expect_problem(404, "not_found");
    assert_eq!(user.balance().await.total, credits("0"));

    let answers =
        futures::future::join_all((0..8).map(|_| admin.post_once(path, "once", &body))).await;
    let replayed = answers.iter().filter(|it| it.header("idempotency-replayed") == "true").count();
    let bodies: Vec<Value> = answers.into_iter().map(|it| it.expect(201)).collect();
    assert_eq!(replayed, 7);
    assert!(bodies.iter().all(|it| *it == bodies[0]), "{bodies:#?}");
    assert_eq!(user.balance().await.total, credits("5"));
    let other = json!({"user_id": user.id, "amount": "6", "reason": "for a test"});
    admin.post_once(path, "once", &other).await.expect_problem(409, "idempotency.key_reused");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_is_revoked_once_and_what_is_held_of_it_does_not_come_back() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let scene = stack.scene().await;
    let user = stack.user("ada").await;
    let grant = add(&scene.admin, &user, json!({"amount": "5"})).await.expect(201);
    let task = user.submit(&core("a heron")).await;
    let path = format!("/api/credits/grants/{}/revoke", grant["id"].as_str().unwrap());
    let reason = json!({"reason": "a mistake"});

    user.post(&path, &reason).await.expect_problem(403, "forbidden");
    scene.admin.post(&path, &json!({})).await.expect_invalid("reason");
    let revoked = scene.admin.post(&path, &reason).await.expect(200);
    assert_eq!(revoked["revoked"], "3.35");
    let unknown = "/api/credits/grants/01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3e/revoke";
    scene.admin.post(unknown, &reason).await.expect_problem(404, "not_found");

    let balance = user.balance().await;
    assert_eq!((balance.available, balance.held), (credits("0"), credits("1.65")));
    user.cancel(&task).await.expect(200);
    assert_eq!(user.balance().await.total, credits("0"));
    let lines = user.transactions().await;
    assert!(lines.iter().all(|it| matches!(it.r#type.as_str(), "grant" | "revoke")), "{lines:#?}");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statistics_sum_what_was_spent_and_received_by_day_month_and_model() {
    let stack = Stack::builder().schedulers(0).start().await;
    let scene = stack.scene().await;
    scene.consumer.generate(&core("a heron")).await;
    let medium = json!({"prompt": "an egret", "model": "stability/sd3.5-medium"});
    scene.consumer.generate(&medium).await;

    for group in ["day", "month"] {
        let path = format!("/api/wallet/statistics?group_by={group}");
        let sums = scene.consumer.get(&path).await.expect(200);
        assert_eq!(
            sums["totals"],
            json!({"spent": "3.25", "received": "1000", "tasks": 2}),
            "{sums}"
        );
        let newest = sums["series"].as_array().unwrap().last().unwrap();
        assert_eq!(newest["spent"], "3.25");
        assert_eq!(newest["period"].as_str().unwrap().len(), if group == "day" { 10 } else { 7 });
        let models: Vec<_> =
            sums["by_model"].as_array().unwrap().iter().map(|it| &it["model"]).collect();
        assert_eq!(models, ["stability/sd3.5-medium", "stability/core"]);
    }
    for (field, value) in [("group_by", "year"), ("from", "soon")] {
        let path = format!("/api/wallet/statistics?{field}={value}");
        scene.consumer.get(&path).await.expect_invalid(field);
    }
    let backwards = "/api/wallet/statistics?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z";
    assert_eq!(scene.consumer.get(backwards).await.status, 400);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn earnings_wait_for_the_dispute_window_and_have_pages() {
    let stack = Stack::start().await;
    let scene = stack.scene().await;
    for number in 0..3 {
        scene.consumer.generate(&core(&format!("picture {number}"))).await;
    }

    let earned = scene.owner.earnings().await;
    assert_eq!((earned.pending, earned.payable), (credits("4.05"), credits("0")));
    assert_eq!((earned.frozen, earned.transferred), (credits("0"), credits("0")));
    assert_eq!(earned.lines.items.len(), 3);
    for line in &earned.lines.items {
        assert_eq!(line.net, line.gross - line.commission);
        assert_eq!((line.commission_rate, line.state.as_str()), (credits("0.1"), "pending"));
    }
    let mut lines: Vec<Earning> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = scene.owner.get(&format!("/api/wallet/earnings?limit=1{cursor}")).await;
        let page: tests::client::Earnings = page.expect_as(200);
        lines.extend(page.lines.items);
        let Some(next) = page.lines.next_cursor else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(lines.len(), 3);
    assert_eq!(scene.consumer.earnings().await.pending, credits("0"));

    stack.move_clock(Duration::from_hours(8 * 24)).await;
    let owner = scene.owner.signed_in_again().await;
    let earned = owner.earnings().await;
    assert_eq!((earned.pending, earned.payable), (credits("0"), credits("4.05")));
    assert!(earned.lines.items.iter().all(|it| it.state == "payable"));
    stack.finish().await;
}
