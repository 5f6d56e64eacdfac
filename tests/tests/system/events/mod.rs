//! Streams of events: what happens is told as it happens, and nothing that ended is missed.

mod late;

use std::collections::BTreeSet;
use std::time::Duration;

use devkit::deadline;
use nix::sys::signal::Signal;
use serde_json::json;
use tests::client::{Event, EventStream, Task, User};
use tests::stack::{Scene, Stack, core};

const EVENTS: &str = "/api/events";

fn of_task(task: &Task) -> String {
    format!("/api/generate/task/{}/events", task.id)
}

/// The ends of these tasks, in whatever order they come.
async fn ends(stream: &mut EventStream, tasks: &BTreeSet<String>) -> Vec<Event> {
    let mut left = tasks.clone();
    let mut told = Vec::new();
    while !left.is_empty() {
        let event = stream.next().await;
        let ended = ["task.completed", "task.failed", "task.canceled"].contains(&&*event.name);
        if ended && left.remove(event.data["id"].as_str().expect("a task has an id")) {
            told.push(event);
        }
    }
    told
}

async fn submit(user: &User, count: usize) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for number in 0..count {
        ids.insert(user.submit(&core(&format!("a heron, {number}"))).await.id);
    }
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_of_a_task_tells_each_status_closes_with_the_end_and_stays_closed() {
    let stack = Stack::builder().schedulers(0).start().await;
    let scene = stack.scene_with(json!({"latency_ms": 3_000}), &json!({})).await;
    let consumer = &scene.consumer;
    // It is made when the stream is open, and not before.
    stack.signal("worker-1", Signal::SIGTERM);
    stack.ends_within("worker-1", Duration::from_secs(20)).await;
    let task = consumer.submit(&core("a heron")).await;
    let mut stream = consumer.stream(&of_task(&task), None).await;
    stack.restart("worker-1").await;

    let mut names = Vec::new();
    let last = loop {
        let event = stream.next().await;
        assert_eq!(event.data["id"], task.id.as_str());
        assert_eq!(event.name, format!("task.{}", event.data["status"].as_str().unwrap()));
        names.push(event.name.clone());
        if event.name == "task.completed" {
            break event;
        }
    };
    assert_eq!(names, ["task.pending", "task.processing", "task.completed"]);
    assert!(last.data["image_url"].is_string() && last.data["price"].is_object());
    assert!(stream.ends_within(Duration::from_secs(5)).await, "it closes after the end");

    let again = consumer.request(reqwest::Method::GET, &of_task(&task));
    again.header("last-event-id", &last.id).send().await.expect(204);
    let mut fresh = consumer.stream(&of_task(&task), None).await;
    assert_eq!(fresh.next().await, last, "who does not know the end is told it");
    assert!(fresh.ends_within(Duration::from_secs(5)).await);
    scene.owner.get(&of_task(&task)).await.expect_problem(404, "not_found");
    stack.anonymous().get(&of_task(&task)).await.expect_problem(401, "auth.required");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_of_everything_tells_tasks_credits_and_resources_to_those_they_are_of() {
    let stack = Stack::builder().schedulers(0).start().await;
    let Scene { consumer, owner, resource, .. } = stack.scene().await;
    let mut all = consumer.stream(EVENTS, None).await;
    let mut balances = consumer.stream(&format!("{EVENTS}?types=balance"), None).await;
    let mut owners = owner.stream(EVENTS, None).await;

    let ids = submit(&consumer, 3).await;
    let told = ends(&mut all, &ids).await;
    assert!(told.iter().all(|it| it.name == "task.completed"), "{told:?}");
    let total = deadline::until("the balance is told", Duration::from_secs(20), async || {
        let event = balances.next().await;
        assert_eq!(event.name, "balance", "only what was asked for");
        (event.data["total"] == "995.5" && event.data["held"] == "0").then_some(event.data)
    })
    .await;
    let balance = consumer.get("/api/wallet/balance").await.expect(200);
    assert_eq!(total["available"], balance["available"]);

    let paused = format!("/api/resource/{}/status", resource.id);
    owner.put(&paused, &json!({"status": "paused"})).await.expect(200);
    let event = owners.next_of("resource").await;
    assert_eq!((&event.data["id"], &event.data["status"]), (&json!(resource.id), &json!("paused")));
    let mut own = owner.get(&format!("/api/resource/{}", resource.id)).await.expect(200);
    let earned = own.as_object_mut().unwrap().remove("earned");
    assert!(earned.is_some() && event.data == own, "as it reads, but for what it earned: {own}");
    let of_others = owners.next_within(Duration::from_secs(2)).await;
    assert!(of_others.is_none(), "no task of anyone else: {of_others:?}");
    consumer.get(&format!("{EVENTS}?types=nothing")).await.expect_problem(400, "request.invalid");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_back_misses_no_task_that_ended_however_often_the_stream_breaks_off() {
    let stack = Stack::builder().apis(2).schedulers(0).start().await;
    let Scene { consumer, .. } = stack.scene().await;
    let urls = ["api-1", "api-2"].map(|it| stack.api_url_of(it));
    let mut last_id: Option<String> = None;
    let mut known = BTreeSet::new();
    let mut expected = BTreeSet::new();

    // Each time at the other api, away while some of the tasks end.
    for round in 0..4 {
        let there = consumer.at(urls[round % 2]);
        let mut stream = there.stream(EVENTS, last_id.as_deref()).await;
        if round == 0 {
            // The stream tells from where to go on before anything happened.
            deadline::until("an id to come back with", Duration::from_secs(20), async || {
                let nothing = stream.next_within(Duration::from_millis(100)).await;
                assert!(nothing.is_none(), "nothing has happened: {nothing:?}");
                (!stream.last_id.is_empty()).then_some(())
            })
            .await;
        }
        let missed: BTreeSet<String> = expected.difference(&known).cloned().collect();
        for event in ends(&mut stream, &missed).await {
            known.insert(event.data["id"].as_str().unwrap().to_owned());
        }
        last_id = Some(stream.last_id.clone());
        drop(stream);
        let away = submit(&consumer, 3).await;
        for id in &away {
            let path = format!("/api/generate/task/{id}?wait=30");
            assert_eq!(consumer.get(&path).await.expect(200)["status"], "completed");
        }
        expected.extend(away);
    }
    let mut stream = consumer.stream(EVENTS, last_id.as_deref()).await;
    let missed: BTreeSet<String> = expected.difference(&known).cloned().collect();
    assert_eq!(missed.len(), 3);
    ends(&mut stream, &missed).await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_away_for_too_long_is_told_to_read_everything_again() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let Scene { consumer, .. } = stack.scene().await;
    let nil = "00000000-0000-0000-0000-000000000000";
    for (id, reason) in [(format!("1-{nil}"), "too_old"), ("seven".to_owned(), "unknown_id")] {
        let mut stream = consumer.stream(EVENTS, Some(&id)).await;

        let event = stream.next().await;

        assert_eq!(
            (event.name.as_str(), &event.data),
            ("stream.reset", &json!({"reason": reason}))
        );
    }
    let first = consumer.stream(EVENTS, None).await;
    drop(first);
    let now =
        sqlx::query_scalar::<_, i64>("SELECT (extract(epoch FROM aether.now()) * 1000000)::bigint");
    let now = now.fetch_one(&stack.pool).await.unwrap();
    stack
        .sql(&format!(
            "INSERT INTO generation.task (id, user_id, wallet, request_hash, status, requested_model, prompt,
                    aspect_ratio, output_format, credits_held, lane, start_tag, tag, next_at, deadline, created_at,
                    completed_at)
             SELECT gen_random_uuid(), u.id, u.wallet, '', 'canceled', 'auto', 'x', '1:1', 'png', 0, 1, 0, 0, n.now,
                    n.now, n.now, n.now
               FROM identity.users u, aether.now() n (now), generate_series(1, 10001) WHERE u.id = '{}'",
            consumer.id
        ))
        .await;
    let mut stream = consumer.stream(EVENTS, Some(&format!("{now}-{nil}"))).await;
    assert_eq!(stream.next().await.data, json!({"reason": "too_many"}));
    stack.sql(&format!("DELETE FROM generation.task WHERE user_id = '{}'", consumer.id)).await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_within_seconds_of_its_credential() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let Scene { consumer, owner, admin, .. } = stack.scene().await;
    let mut suspended = consumer.stream(EVENTS, None).await;
    let second = owner.signed_in_again().await;
    let mut left = second.stream(EVENTS, None).await;
    let mut stays = owner.stream(EVENTS, None).await;

    let status = format!("/api/admin/users/{}/status", consumer.id);
    admin.put(&status, &json!({"status": "suspended", "reason": "x"})).await.expect(200);
    let sessions = second.get("/api/auth/sessions").await.expect(200);
    let current = sessions["items"].as_array().unwrap().iter().find(|it| it["current"] == true);
    let current = current.unwrap()["id"].as_str().unwrap();
    owner.delete(&format!("/api/auth/sessions/{current}")).await.expect(204);

    assert!(suspended.ends_within(Duration::from_secs(15)).await);
    assert!(left.ends_within(Duration::from_secs(15)).await);
    assert!(!stays.ends_within(Duration::from_secs(2)).await, "another session of the same user");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_opens_its_stream_as_often_as_needed_and_nothing_else() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let Scene { consumer, owner, .. } = stack.scene().await;
    let (task, other) = (consumer.submit(&core("one")).await, consumer.submit(&core("two")).await);
    let anyone = stack.anonymous();

    let all = consumer.post("/api/events/ticket", &json!({})).await.expect(201);
    let url = all["url"].as_str().unwrap();
    for _ in 0..2 {
        let mut stream = anyone.stream(url, None).await;
        consumer.submit(&core("three")).await;
        assert_eq!(stream.next_of("task.pending").await.data["prompt"], "three");
    }
    let body = json!({"task_id": task.id});
    owner.post("/api/events/ticket", &body).await.expect_problem(404, "not_found");
    let one = consumer.post("/api/events/ticket", &body).await.expect(201);
    let mut stream = anyone.stream(one["url"].as_str().unwrap(), None).await;
    assert_eq!(stream.next().await.data["id"], task.id.as_str());

    let (all, one) = (all["ticket"].as_str().unwrap(), one["ticket"].as_str().unwrap());
    for path in [
        format!("{EVENTS}?ticket={one}"),
        format!("{}?ticket={all}", of_task(&task)),
        format!("{}?ticket={one}", of_task(&other)),
        format!("{EVENTS}?ticket={}", &all[1..]),
    ] {
        anyone.get(&path).await.expect_problem(401, "auth.invalid_token");
    }
    let bearer = anyone.with_token(all);
    bearer.get("/api/wallet/balance").await.expect_problem(401, "auth.invalid_token");
    for path in ["/api/wallet/balance", "/api/generate/history"] {
        let refused = anyone.get(&format!("{path}?ticket={all}")).await;
        assert!(matches!(refused.status, 400 | 401), "{path}: {}", refused.status);
    }
    cancel_all(&consumer).await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_has_ten_streams_and_an_eleventh_is_refused_until_one_is_closed() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let consumer = stack.user("consumer").await;
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(consumer.stream(EVENTS, None).await);
    }

    let refused = consumer.get(EVENTS).await.expect_problem(429, "rate.limited");
    assert!(refused["detail"].as_str().unwrap().contains("10 of your streams"));
    open.pop();

    deadline::until("the place is free again", Duration::from_secs(10), async || {
        let answer = consumer.request(reqwest::Method::GET, EVENTS).open().await;
        (answer.status() == 200).then_some(())
    })
    .await;
    stack.finish().await;
}

async fn cancel_all(user: &User) {
    for task in user.all::<Task>("/api/generate/history").await {
        user.cancel(&task).await.expect(200);
    }
}
