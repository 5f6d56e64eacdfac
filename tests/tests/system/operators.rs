//! What admins do about work: see why it waits, cancel it one by one or all at once, have a worker pause, find what
//! an id names, and take lists with them.

use std::time::Duration;

use devkit::deadline;
use serde_json::{Value, json};
use tests::client::{Task, User, credits};
use tests::stack::{Stack, core};

const BULK: &str = "/api/admin/jobs/bulk";
const REASON: &str = "for a test";

async fn log_of(admin: &User, action: &str) -> Vec<Value> {
    let list = admin.get(&format!("/api/admin/audit-log?action={action}")).await.expect(200);
    list["items"].as_array().expect("a list").clone()
}

async fn job(admin: &User, id: &str) -> Value {
    let answer = admin.get(&format!("/api/admin/jobs/{id}")).await;
    let text = String::from_utf8_lossy(&answer.bytes).into_owned();
    assert!(!text.contains("heron"), "no prompt: {text}");
    answer.expect(200)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_says_why_it_waits_which_keys_it_used_and_where_its_credits_went() {
    let stack = Stack::builder().schedulers(0).start().await;
    let scene = stack.scene().await;
    let (admin, consumer) = (&scene.admin, &scene.consumer);
    let done = consumer.generate(&core("a heron")).await;

    let story = job(admin, &done.id).await;
    assert_eq!((&story["status"], &story["user_id"]), (&json!("completed"), &json!(consumer.id)));
    assert!(story["job"].is_null() && story["waiting"].is_null());
    let attempt = &story["attempts"][0];
    assert_eq!(attempt["resource_id"], scene.resource.id.as_str());
    assert_eq!((&attempt["cost"], &attempt["choice"]["fit"]), (&json!("1.5"), &json!(1)));
    assert_eq!(attempt["choice"]["best"], json!([scene.resource.id]));
    let worker = attempt["worker_id"].as_str().unwrap();
    let found = admin.get(&format!("/api/admin/workers?id={worker}")).await.expect(200);
    assert_eq!(found["items"][0]["state"], "alive");
    let movement = &story["movements"][0];
    assert_eq!((&movement["kind"], &movement["gross"]), (&json!("settle"), &json!("1.5")));

    let paused = format!("/api/resource/{}/status", scene.resource.id);
    scene.owner.put(&paused, &json!({"status": "paused"})).await.expect(200);
    let mut body = core("a heron waits");
    body["max_credits"] = json!("1.5");
    let busy = stack
        .host(&scene.owner, json!({"latency_ms": 20_000}), "0.5", &json!({"concurrency_limit": 1}))
        .await;
    stack.await_resources(consumer, 1).await;
    let running = consumer.submit(&body).await;
    consumer.until(&running, "it runs", |it| it.status == "processing").await;
    let waits = consumer.submit(&body).await;
    let why = deadline::until("it is known why it waits", Duration::from_secs(20), async || {
        let story = job(admin, &waits.id).await;
        let class = &story["waiting"]["reasons"][0]["class"];
        (class == "busy" || class == "limits").then_some(story)
    })
    .await;
    assert!(why["waiting"]["message"].as_str().unwrap().contains("1 key is busy"), "{why}");
    assert_eq!(why["job"]["state"], "waiting");
    let list = admin
        .get(&format!("/api/admin/jobs?user_id={}&state=waiting", consumer.id))
        .await
        .expect(200);
    assert_eq!(list["items"][0]["id"], waits.id.as_str());
    assert_eq!(list["items"][0]["waiting"]["reasons"][0]["class"], "busy");
    let list = admin.get("/api/admin/jobs?state=running&model=stability/core").await.expect(200);
    assert_eq!(
        (&list["items"][0]["id"], &list["items"][0]["worker_id"]),
        (&json!(running.id), &json!(worker))
    );
    for nothing in ["model=stability/ultra", "older_than=3600", "kind=sync-quotas"] {
        let list = admin.get(&format!("/api/admin/jobs?{nothing}")).await.expect(200);
        assert_eq!(list["items"], json!([]), "{nothing}");
    }
    busy.key.set(json!({"latency_ms": 10})).await;
    for task in [&running, &waits] {
        consumer.cancel(task).await;
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_cancels_a_job_and_what_was_held_is_back() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let scene = stack.scene().await;
    let (admin, consumer) = (&scene.admin, &scene.consumer);
    let task = consumer.submit(&core("a heron")).await;
    let path = format!("/api/admin/jobs/{}/cancel", task.id);

    admin.post(&path, &json!({})).await.expect_problem(400, "request.invalid");
    let story = admin.post(&path, &json!({"reason": REASON})).await.expect(200);

    assert_eq!(story["status"], "canceled");
    assert_eq!(consumer.balance().await.available, credits("1000"));
    let again = admin.post(&path, &json!({"reason": REASON})).await;
    again.expect_problem(409, "generation.already_final");
    let unknown = format!("/api/admin/jobs/{}/cancel", consumer.id);
    admin.post(&unknown, &json!({"reason": REASON})).await.expect_problem(404, "not_found");
    let [entry] = &log_of(admin, "task.canceled").await[..] else { panic!("one entry") };
    assert_eq!(
        (&entry["reason"], &entry["subject"]),
        (&json!(REASON), &json!(format!("task:{}", task.id)))
    );
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_wait_are_explained_however_many_admins_ask_at_once() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let scene = stack.scene().await;
    let task = scene.consumer.submit(&core("a heron")).await;

    // More than there are connections for admins: whoever has one needs no second.
    let asked = (0..40).map(|_| job(&scene.admin, &task.id));
    let stories = futures::future::join_all(asked).await;

    assert!(stories.iter().all(|it| it["waiting"]["message"].is_string()), "{}", stories[0]);
    scene.consumer.cancel(&task).await.expect(200);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_to_many_jobs_is_what_was_shown_and_nothing_else() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let scene = stack.scene().await;
    let (admin, consumer) = (&scene.admin, &scene.consumer);
    let other = stack.user("other").await;
    admin.grant(&other, "100").await;
    let mut shown: Vec<Task> = Vec::new();
    for _ in 0..4 {
        shown.push(consumer.submit(&core("a heron")).await);
    }
    let theirs = other.submit(&core("a heron")).await;
    let filter = json!({"state": "waiting", "user_id": consumer.id});
    let act = |more: Value| {
        let mut body = json!({"action": "cancel", "filter": filter});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };

    let preview = admin.post(BULK, &act(json!({"preview": true}))).await.expect(200);
    assert_eq!((&preview["matching"], &preview["shown"]), (&json!(4), &json!(4)));
    assert_eq!(consumer.balance().await.held, credits("6.6"), "nothing was done");
    // One ends by itself, and one comes that was not shown.
    consumer.cancel(&shown[0]).await.expect(200);
    let late = consumer.submit(&core("a heron")).await;
    let token = preview["token"].as_str().unwrap();
    for missing in
        [json!({"preview": false, "token": token}), json!({"preview": false, "reason": REASON})]
    {
        admin.post(BULK, &act(missing)).await.expect_problem(400, "request.invalid");
    }
    let body = act(json!({"preview": false, "token": token, "reason": REASON}));
    let done = admin.post(BULK, &body).await.expect(200);
    assert_eq!(
        (&done["done"], &done["skipped"], &done["requested"]),
        (&json!(3), &json!(1), &json!(0))
    );
    assert_eq!(done["matching"], 1, "what came later is left");

    let statuses = |user: User, task: Task| async move { user.task(&task).await.status };
    for task in &shown {
        assert_eq!(statuses(consumer.clone(), task.clone()).await, "canceled");
    }
    assert_eq!(statuses(consumer.clone(), late.clone()).await, "pending");
    assert_eq!(statuses(other.clone(), theirs.clone()).await, "pending");
    assert_eq!(log_of(admin, "task.canceled").await.len(), 3, "each is recorded");
    let again = admin.post(BULK, &body).await.expect(200);
    assert_eq!(
        (&again["done"], &again["skipped"]),
        (&json!(0), &json!(4)),
        "once more does nothing"
    );

    let retry = json!({"action": "retry", "filter": {"state": "waiting"}, "preview": true});
    let refused = admin.post(BULK, &retry).await.expect_problem(400, "request.invalid");
    assert_eq!(refused["errors"][0]["field"], "filter.state");
    let all = json!({"action": "cancel", "filter": {}, "preview": true});
    assert_eq!(admin.post(BULK, &all).await.expect(200)["matching"], 2);
    consumer.post(BULK, &all).await.expect_problem(403, "forbidden");
    consumer.cancel(&late).await.expect(200);
    other.cancel(&theirs).await.expect(200);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_are_being_processed_are_asked_once_to_end_and_match_no_more() {
    let stack = Stack::builder().schedulers(0).start().await;
    let scene = stack.scene_with(json!({"latency_ms": 15_000}), &json!({})).await;
    let (admin, consumer) = (&scene.admin, &scene.consumer);
    let task = consumer.submit(&core("a heron")).await;
    consumer.until(&task, "it runs", |it| it.status == "processing").await;
    let filter = json!({"user_id": consumer.id});
    let preview = json!({"action": "cancel", "filter": filter, "preview": true});

    let shown = admin.post(BULK, &preview).await.expect(200);
    assert_eq!((&shown["matching"], &shown["shown"]), (&json!(1), &json!(1)));
    let act = json!({"action": "cancel", "filter": filter, "preview": false,
        "token": shown["token"], "reason": REASON});
    let done = admin.post(BULK, &act).await.expect(200);

    assert_eq!((&done["requested"], &done["matching"]), (&json!(1), &json!(0)));
    let again = admin.post(BULK, &act).await.expect(200);
    assert_eq!((&again["requested"], &again["skipped"]), (&json!(0), &json!(1)));
    assert_eq!(admin.post(BULK, &preview).await.expect(200)["matching"], 0);
    assert_eq!(log_of(admin, "task.canceled").await.len(), 1, "recorded once");
    consumer.until(&task, "it ends", |it| it.status == "completed").await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drained_worker_starts_no_call_until_it_may_again() {
    let stack = Stack::builder().schedulers(0).lease("2s").start().await;
    let scene = stack.scene().await;
    let (admin, consumer) = (&scene.admin, &scene.consumer);
    consumer.generate(&core("a heron")).await;
    let workers = admin.get("/api/admin/workers?state=alive").await.expect(200);
    let path = format!("/api/admin/workers/{}/drain", workers["items"][0]["id"].as_str().unwrap());
    let decide = |drain: bool| json!({"drain": drain, "reason": REASON});

    let drained = admin.post(&path, &decide(true)).await.expect(200);
    assert!(drained["drained_at"].is_string());
    deadline::until("the worker knows", Duration::from_secs(20), async || {
        stack.log("worker-1").contains("\"drained\":true").then_some(())
    })
    .await;
    let task = consumer.submit(&core("a heron waits")).await;
    let waited = consumer.get(&format!("/api/generate/task/{}?wait=3", task.id)).await.expect(200);
    assert_eq!(waited["status"], "pending");

    let resumed = admin.post(&path, &decide(false)).await.expect(200);
    assert!(resumed["drained_at"].is_null());
    assert_eq!(consumer.wait(&task).await.status, "completed");
    for (action, count) in [("worker.drained", 1), ("worker.resumed", 1)] {
        assert_eq!(log_of(admin, action).await.len(), count, "{action}");
    }
    let unknown = format!("/api/admin/workers/{}/drain", consumer.id);
    admin.post(&unknown, &decide(true)).await.expect_problem(404, "not_found");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_sees_the_pulse_the_last_audit_the_settings_and_what_an_id_names() {
    let stack = Stack::builder().schedulers(0).start().await;
    let scene = stack.scene().await;
    let (admin, consumer) = (&scene.admin, &scene.consumer);
    let task = consumer.generate(&core("a heron")).await;

    let pulse = deadline::until("the minute is counted", Duration::from_secs(20), async || {
        let pulse = admin.get("/api/admin/pulse?window=15m").await.expect(200);
        let completed = |it: &Value| it["completed"].as_i64().unwrap();
        let sum: i64 = pulse["series"].as_array().unwrap().iter().map(completed).sum();
        (sum == 1).then_some(pulse)
    })
    .await;
    assert_eq!(pulse["series"].as_array().unwrap().len(), 15);
    assert_eq!((&pulse["now"]["workers"], &pulse["now"]["waiting"]), (&json!(1), &json!(0)));
    admin.get("/api/admin/pulse?window=2h").await.expect_problem(400, "request.invalid");

    admin.get("/api/admin/audit").await.expect_problem(404, "not_found");
    let report = admin.ring("/api/admin/audit").await.expect(200);
    let last = admin.get("/api/admin/audit").await.expect(200);
    assert_eq!((&last["ok"], &report["ok"]), (&json!(true), &json!(true)));

    let settings = admin.get("/api/admin/settings?limit=100").await;
    let text = String::from_utf8_lossy(&settings.bytes).into_owned();
    let settings = settings.expect(200);
    let of = |name: &str| {
        let items = settings["items"].as_array().unwrap();
        items.iter().find(|it| it["name"] == name).unwrap().clone()
    };
    assert_eq!(of("AETHERFLOW_JWT_SECRET")["value"], "set");
    assert_eq!(of("AETHERFLOW_COMMISSION_RATE")["default"], "0.10");
    assert!(of("AETHERFLOW_LEASE")["value"].is_null(), "workers know theirs");
    assert!(!text.contains("aether_api:"), "no URL with a password");

    for (q, kind) in [
        (&task.id, "task"),
        (&consumer.id, "user"),
        (&scene.resource.id, "resource"),
        (&consumer.email, "user"),
    ] {
        let hits = admin.get(&format!("/api/admin/lookup?q={q}")).await.expect(200);
        assert_eq!(hits["items"][0]["kind"], kind, "{q}");
        admin.get(hits["items"][0]["path"].as_str().unwrap()).await.expect(200);
    }
    let nothing = admin.get("/api/admin/lookup?q=nobody").await.expect(200);
    assert_eq!(nothing["items"], json!([]));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_list_can_be_taken_as_csv_with_its_filter_and_no_cell_is_a_formula() {
    let stack = Stack::builder().schedulers(0).start().await;
    let scene = stack.scene().await;
    let (admin, consumer) = (&scene.admin, &scene.consumer);
    let task = consumer.generate(&core("a heron")).await;
    let profile = json!({"display_name": "=HYPERLINK(\"http://evil.example\")"});
    consumer.put("/api/auth/profile", &profile).await.expect(200);

    for list in ["users", "transactions", "tasks", "jobs", "workers", "resources", "audit-log"] {
        let answer = admin.get(&format!("/api/admin/{list}.csv")).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, "text/csv; charset=utf-8"),
            "{list}"
        );
        assert_eq!(answer.header("aetherflow-rows-max"), "100000");
        assert!(answer.header("content-disposition").contains(&format!("{list}.csv")));
        let text = String::from_utf8(answer.bytes).unwrap();
        let shown = admin.get(&format!("/api/admin/{list}")).await.expect(200);
        let items = shown["items"].as_array().unwrap().len();
        assert_eq!(text.lines().count(), 1 + items, "{list}: {text}");
        assert!(text.starts_with("id,"), "{list}: {text}");
        assert!(!text.contains("heron"), "{list} shows no prompt");
        consumer.get(&format!("/api/admin/{list}.csv")).await.expect_problem(403, "forbidden");
    }
    let users = admin.get(&format!("/api/admin/users.csv?email={}", consumer.email)).await;
    let text = String::from_utf8(users.bytes).unwrap();
    assert!(text.contains("\"'=HYPERLINK(\"\"http://evil.example\"\")\""), "{text}");
    assert_eq!(text.lines().count(), 2);
    let tasks = admin.get("/api/admin/tasks.csv?status=failed").await;
    assert_eq!(String::from_utf8(tasks.bytes).unwrap().lines().count(), 1);
    let listed = admin.get(&format!("/api/admin/tasks?user_id={}", consumer.id)).await.expect(200);
    assert_eq!(listed["items"][0]["id"], task.id.as_str());
    admin.get("/api/admin/tasks.csv?limit=5").await.expect_problem(400, "request.invalid");
    stack.finish().await;
}
