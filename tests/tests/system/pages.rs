//! What pages need beside the main job: marks, search, presets, small images, explanations, and an owner's view of a key.

use reqwest::Method;
use serde_json::{Value, json};
use tests::client::{Caller, Task, User, credits};
use tests::stack::{Stack, core};

const PRESETS: &str = "/api/generate/presets";

async fn prompts(user: &User, query: &str) -> Vec<String> {
    let tasks: Vec<Task> = user.all(&format!("/api/generate/history{query}")).await;
    tasks.into_iter().map(|it| it.prompt).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn favorites_hidden_tasks_and_words_of_prompts_are_found_by_their_consumer() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let scene = stack.scene().await;
    let user = &scene.consumer;
    let fox = user.submit(&core("a red fox in the snow")).await;
    let hen = user.submit(&core("a RED hen, 100% real")).await;
    let path = format!("/api/generate/task/{}", fox.id);

    let marked = user.put(&path, &json!({"favorite": true})).await.expect(200);
    assert_eq!((&marked["favorite"], &marked["hidden"]), (&json!(true), &json!(false)));
    assert_eq!(prompts(user, "?favorite=true").await, [fox.prompt.as_str()]);
    assert_eq!(prompts(user, "?favorite=false").await, [hen.prompt.as_str()]);
    assert_eq!(prompts(user, "?q=red").await.len(), 2);
    assert_eq!(prompts(user, "?q=snow%20RED").await, [fox.prompt.as_str()]);
    assert_eq!(prompts(user, "?q=100%25").await, [hen.prompt.as_str()]);

    let hidden = user.put(&path, &json!({"hidden": true})).await.expect(200);
    assert_eq!(hidden["favorite"], true, "what is not named stays");
    assert_eq!(prompts(user, "").await, [hen.prompt.as_str()]);
    assert_eq!(prompts(user, "?hidden=true&q=fox").await, [fox.prompt.as_str()]);
    assert_eq!(user.get(&path).await.expect(200)["hidden"], true);

    user.put(&path, &json!({"status": "completed"})).await.expect_invalid("status");
    user.put(&path, &json!({"hidden": "yes"})).await.expect_invalid("hidden");
    for stranger in [&scene.owner, &scene.admin] {
        stranger.put(&path, &json!({"hidden": false})).await.expect_problem(404, "not_found");
        assert!(prompts(stranger, "?q=fox").await.is_empty());
    }
    stack.anonymous().put(&path, &json!({})).await.expect_problem(401, "auth.required");
    let words = "?q=a%20b%20c%20d%20e%20f%20g%20h%20i";
    let long = format!("?q=fox%20{}", "a".repeat(33));
    let backwards = "?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z";
    for (field, query) in
        [("q", words), ("q", "?q="), ("q", &long), ("from", backwards), ("favorite", "?favorite=1")]
    {
        user.get(&format!("/api/generate/history{query}")).await.expect_invalid(field);
    }
    for task in [&fox, &hen] {
        user.cancel(task).await.expect(200);
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn presets_are_kept_in_order_changed_and_deleted_by_their_user() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let (user, stranger) = (stack.user("ada").await, stack.user("stranger").await);
    let params = json!({"aspect_ratio": "16:9", "negative_prompt": "people", "seed": 7});

    let made = user.post(PRESETS, &json!({"name": " wide ", "params": params})).await;
    let location = made.header("location").to_owned();
    let wide = made.expect(201);
    assert_eq!(
        (&wide["name"], &wide["params"], &wide["position"]),
        (&json!("wide"), &params, &json!(0))
    );
    assert_eq!(location, format!("{PRESETS}/{}", wide["id"].as_str().unwrap()));
    let first = json!({"name": "first", "params": {}, "position": 0});
    user.post(PRESETS, &first).await.expect(201);
    let listed = user.get(PRESETS).await.expect(200);
    let names: Vec<&Value> =
        listed["items"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(names, [&json!("first"), &json!("wide")]);

    let moved =
        user.put(&location, &json!({"position": 0, "params": {"seed": 8}})).await.expect(200);
    assert_eq!((&moved["position"], &moved["params"]), (&json!(0), &json!({"seed": 8})));
    for (field, body) in [
        ("name", json!({"name": "two\nlines", "params": {}})),
        ("params", json!({"name": "a"})),
        ("params.end_user", json!({"name": "a", "params": {"end_user": "x"}})),
        ("params.max_credits", json!({"name": "a", "params": {"max_credits": "-1"}})),
        ("params.deadline_seconds", json!({"name": "a", "params": {"deadline_seconds": 1}})),
        ("position", json!({"name": "a", "params": {}, "position": 100})),
    ] {
        user.post(PRESETS, &body).await.expect_invalid(field);
    }
    for seed in [-1, 4_294_967_295_i64] {
        let body = json!({"name": "a", "params": {"seed": seed}});
        let refused = user.post(PRESETS, &body).await.expect_invalid("params.seed");
        let detail = refused["errors"][0]["detail"].as_str().unwrap();
        assert_eq!(detail, "must be a whole number from 0 to 4294967294");
    }
    stranger.put(&location, &json!({"name": "mine"})).await.expect_problem(404, "not_found");
    stranger.delete(&location).await.expect_problem(404, "not_found");
    assert!(stranger.get(PRESETS).await.expect(200)["items"].as_array().unwrap().is_empty());

    for number in 2..100 {
        user.post(PRESETS, &json!({"name": number.to_string(), "params": {}})).await.expect(201);
    }
    user.post(PRESETS, &first).await.expect_problem(409, "generation.too_many_presets");
    assert_eq!(user.delete(&location).await.status, 204);
    user.delete(&location).await.expect_problem(404, "not_found");
    user.post(PRESETS, &first).await.expect(201);
    stack.finish().await;
}

/// As the frame header of a baseline JPEG says.
fn jpeg_width(file: &[u8]) -> u64 {
    let frame = file.windows(2).position(|it| it == [0xff, 0xc0]).expect("a frame header");
    u64::from(u16::from_be_bytes([file[frame + 7], file[frame + 8]]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_is_had_smaller_and_in_another_format_through_the_same_link() {
    let stack = Stack::builder().schedulers(0).start().await;
    let scene = stack.scene().await;
    let mut task = scene.consumer.generate(&core("a heron")).await;
    let path = format!("/api/generate/task/{}", task.id);
    let url = task.image_url.take().unwrap();
    let shown = scene.consumer.get(&path).await.expect(200);
    let (width, bytes) =
        (shown["image"]["width"].as_u64().unwrap(), shown["image"]["bytes"].as_u64().unwrap());
    assert!(width > 384, "the picture is worth making smaller");
    assert!(
        shown["image"]["kept_until"].as_str().unwrap() > shown["completed_at"].as_str().unwrap()
    );
    let anonymous = Caller::anonymous("");

    let thumbnail = anonymous.get(shown["thumbnail_url"].as_str().unwrap()).await;
    assert_eq!((thumbnail.status, thumbnail.header("content-type")), (200, "image/jpeg"));
    assert!(thumbnail.bytes.starts_with(&[0xff, 0xd8, 0xff]));
    assert_eq!(jpeg_width(&thumbnail.bytes), 384);
    let again = anonymous.get(&format!("{url}&w=384")).await;
    assert_eq!(again.bytes, thumbnail.bytes, "made once");
    assert_eq!(again.header("etag"), thumbnail.header("etag"));
    let unchanged = anonymous.request(Method::GET, &format!("{url}&w=384"));
    let unchanged = unchanged.header("if-none-match", again.header("etag")).send().await;
    assert_eq!((unchanged.status, unchanged.bytes.len()), (304, 0));

    let whole = scene.consumer.get(&format!("{path}/image?download=1")).await;
    assert_eq!((whole.status, whole.bytes.len() as u64), (200, bytes));
    assert!(whole.header("content-disposition").starts_with("attachment; filename="));
    assert_ne!(whole.header("etag"), thumbnail.header("etag"));
    let full = scene.consumer.get(&format!("{path}/image?format=jpeg")).await;
    assert_eq!((full.status, full.header("content-type")), (200, "image/jpeg"));
    assert_eq!(jpeg_width(&full.bytes), width);

    for (field, query) in
        [("w", "w=385"), ("w", "w=big"), ("format", "format=webp"), ("download", "download=no")]
    {
        scene.consumer.get(&format!("{path}/image?{query}")).await.expect_invalid(field);
    }
    scene.owner.get(&format!("{path}/image?w=64")).await.expect_problem(404, "not_found");
    stack.anonymous().get(&format!("{path}/image?w=64")).await.expect_problem(401, "auth.required");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_charge_is_explained_to_its_consumer_without_owner_or_resource() {
    let stack = Stack::builder().schedulers(0).start().await;
    let scene = stack.scene().await;
    let task = scene.consumer.generate(&core("a heron")).await;
    let line = scene.consumer.transactions().await.remove(0);
    let path = format!("/api/wallet/transactions/{}", line.id);

    let told = scene.consumer.get(&path).await.expect(200);

    assert_eq!(told["transaction"]["related_task_id"], task.id.as_str());
    assert_eq!(told["price"], json!({"per_unit": "0.5", "units": "3", "cost": "1.5"}));
    assert_eq!(told["split"], json!({"owner": "1.35", "platform": "0.15"}));
    assert_eq!((&told["held"], &told["returned"]), (&json!("1.65"), &json!("0.15")));
    assert_eq!(told["grants"][0]["amount"], "1.5");
    let text = told.to_string();
    assert!(!text.contains(&scene.resource.id) && !text.contains(&scene.owner.id), "{text}");

    scene.owner.get(&path).await.expect_problem(404, "not_found");
    stack.anonymous().get(&path).await.expect_problem(401, "auth.required");
    for id in ["nonsense", "01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3e.settle.0"] {
        let path = format!("/api/wallet/transactions/{id}");
        scene.consumer.get(&path).await.expect_problem(404, "not_found");
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_sees_earnings_by_day_each_call_and_what_a_key_was_like() {
    let stack = Stack::builder().schedulers(0).start().await;
    let scene = stack.scene().await;
    let task = scene.consumer.generate(&core("a secret heron")).await;
    scene.consumer.generate(&core("[blocked]")).await;
    let (owner, resource) = (&scene.owner, format!("/api/resource/{}", scene.resource.id));

    let earned = owner.get("/api/wallet/earnings/statistics").await.expect(200);
    assert_eq!(
        earned["totals"],
        json!({"gross": "1.5", "commission": "0.15", "net": "1.35", "images": 1})
    );
    let last = earned["series"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["net"], &last["by_resource"][0]["resource_id"]),
        (&json!("1.35"), &json!(scene.resource.id))
    );
    assert_eq!(earned["by_resource"][0]["net"], "1.35");
    let none =
        scene.consumer.get("/api/wallet/earnings/statistics?group_by=month").await.expect(200);
    assert_eq!(none["totals"]["images"], 0);

    let calls = owner.get(&format!("{resource}/attempts?limit=1")).await.expect(200);
    assert_eq!(calls["items"][0]["error_class"], "content_blocked");
    let next = calls["next_cursor"].as_str().unwrap();
    let calls = owner.get(&format!("{resource}/attempts?cursor={next}")).await.expect(200);
    assert_eq!(
        (&calls["items"][0]["state"], &calls["items"][0]["earned"]),
        (&json!("delivered"), &json!("1.35"))
    );
    let text = calls.to_string();
    for secret in ["heron", &scene.consumer.id, &task.id] {
        assert!(!text.contains(secret), "{text}");
    }

    let status = format!("{resource}/status");
    owner.put(&status, &json!({"status": "paused"})).await.expect(200);
    let health = owner.get(&format!("{resource}/health")).await.expect(200);
    let spells: Vec<&Value> =
        health["items"].as_array().unwrap().iter().map(|it| &it["state"]).collect();
    assert_eq!(spells, [&json!("paused"), &json!("ok")], "{health}");
    assert!(
        health["items"][0]["to"].is_null()
            && health["items"][1]["to"] == health["items"][0]["from"]
    );
    for of in ["attempts", "health"] {
        let path = format!("{resource}/{of}");
        scene.consumer.get(&path).await.expect_problem(404, "not_found");
        stack.anonymous().get(&path).await.expect_problem(401, "auth.required");
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_checked_before_it_is_connected_and_nothing_is_stored() {
    let stack = Stack::builder().setting("api", "AETHERFLOW_KEY_CHECK_LIMIT", "10/hour");
    let stack = stack.workers(0).schedulers(0).start().await;
    let scene = stack.scene().await;
    let user = stack.user("newcomer").await;
    let path = "/api/resource/check";
    let question = |key: &str| json!({"provider": "stability", "api_key": key});

    let key = stack.key(json!({"balance": 55})).await;
    let answer = user.post(path, &question(&key.secret)).await.expect(200);
    assert_eq!(answer, json!({"ok": true, "units": "55", "in_use": false}));
    let hosted = user.post(path, &question(&scene.key.secret)).await.expect(200);
    assert_eq!(hosted["in_use"], true);
    let unknown = stack.unknown_key();
    let refused = user.post(path, &question(&unknown.secret)).await.expect(200);
    assert_eq!((&refused["ok"], &refused["class"]), (&json!(false), &json!("key_invalid")));
    assert!(refused["message"].is_string() && refused.get("in_use").is_none());
    assert!(
        user.get("/api/resource/list").await.expect(200)["items"].as_array().unwrap().is_empty()
    );

    user.post(path, &json!({"provider": "nobody", "api_key": "x"}))
        .await
        .expect_invalid("provider");
    user.post(path, &json!({"provider": "stability"})).await.expect_invalid("api_key");
    stack.anonymous().post(path, &question("x")).await.expect_problem(401, "auth.required");
    // Nobody tries keys for ever.
    let mut last = user.post(path, &question(&unknown.secret)).await;
    for _ in 0..30 {
        if last.status != 200 {
            break;
        }
        last = user.post(path, &question(&unknown.secret)).await;
    }
    last.expect_problem(429, "rate.limited");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_low_balance_is_marked_by_its_user_and_zero_takes_the_mark_away() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let user = stack.user("ada").await;
    let path = "/api/auth/profile";
    assert!(user.get(path).await.expect(200).get("credits_low_at").is_none());

    let set = user.put(path, &json!({"credits_low_at": "2.5"})).await.expect(200);
    assert_eq!(set["credits_low_at"], "2.5");
    let kept = user.put(path, &json!({"display_name": "Ada L."})).await.expect(200);
    assert_eq!(kept["credits_low_at"], "2.5", "what is not named stays");
    let gone = user.put(path, &json!({"credits_low_at": "0"})).await.expect(200);
    assert!(gone.get("credits_low_at").is_none());

    for wrong in [json!("-1"), json!("0.0000001"), json!(5), json!(null)] {
        user.put(path, &json!({"credits_low_at": wrong})).await.expect_invalid("credits_low_at");
    }
    assert_eq!(user.balance().await.total, credits("0"));
    stack.finish().await;
}
