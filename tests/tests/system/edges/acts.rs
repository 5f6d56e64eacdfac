//! Edges that need a history: what happens at once, twice, or after something else.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::Duration;

use devkit::deadline;
use futures::FutureExt as _;
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::client::{Answer, Caller, User, connect_body};

use super::slow;
use super::world::World;

type Act<'a> = (&'static str, Pin<Box<dyn Future<Output = ()> + 'a>>);

/// What did not hold.
pub async fn faults(world: &World) -> Vec<String> {
    let acts: Vec<Act<'_>> = vec![
        (
            "a password opens however its accents are typed, wherever it is read",
            Box::pin(accents(world)),
        ),
        ("no login in flight survives a change of the password", Box::pin(logins_in_flight(world))),
        ("of two changes at once one wins", Box::pin(two_changes(world))),
        ("strangers who fail everywhere do not lock the owner out", Box::pin(hammered(world))),
        (
            "a network over its limit raises no counter of an account",
            Box::pin(over_its_limit(world)),
        ),
        ("a reinstated user works at once", Box::pin(reinstated(world))),
        ("of two siblings of a token the older ends", Box::pin(siblings(world))),
        (
            "what a trusted proxy says of a client is believed from the right",
            Box::pin(proxied(world)),
        ),
        ("who tries keys is stopped after some", Box::pin(tried_keys(world))),
        ("a key that was refused once heals", Box::pin(healed(world))),
    ];
    let (slow, others) = tokio::join!(slow::faults(&world.stack.api_url), one_after_another(acts));
    slow.into_iter().chain(others).collect()
}

async fn one_after_another(acts: Vec<Act<'_>>) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, act) in acts {
        if let Err(panic) = AssertUnwindSafe(act).catch_unwind().await {
            let why = panic.downcast_ref::<String>().map(String::as_str);
            let why =
                why.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked");
            faults.push(format!("- {name}: {why}"));
        }
    }
    faults
}

/// As if from this address: the proxy says so.
async fn login_from(world: &World, from: &str, email: &str, password: &str) -> Answer {
    world
        .stack
        .anonymous()
        .request(Method::POST, "/api/auth/login")
        .header("x-forwarded-for", from)
        .json(&json!({"email": email, "password": password}))
        .send()
        .await
}

fn email() -> String {
    format!("act-{}@example.com", uuid::Uuid::now_v7().simple())
}

async fn accents(world: &World) {
    let forms = [
        ("p\u{e4}ssword-l\u{e4}nge", "pa\u{308}ssword-la\u{308}nge"),
        ("pa\u{308}ssword-la\u{308}nge", "p\u{e4}ssword-l\u{e4}nge"),
        (
            "\u{d55c}\u{ad6d}\u{c5b4} of twelve",
            "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}\u{110b}\u{1165} of twelve",
        ),
    ];
    for (chosen, typed) in forms {
        let (anonymous, email) = (world.stack.anonymous(), email());
        let user = User::register(&anonymous, &email, chosen).await;
        login_from(world, "192.0.2.1", &email, typed).await.expect(200);
        user.post("/api/auth/totp", &json!({"password": typed})).await.expect(201);
        let change = json!({"current": typed, "new": "pe\u{301}rhaps-another"});
        assert_eq!(user.put("/api/auth/password", &change).await.status, 204);
        login_from(world, "192.0.2.1", &email, "p\u{e9}rhaps-another").await.expect(200);
        let twin = json!({"email": email, "password": chosen});
        anonymous.post("/api/auth/register", &twin).await.expect_problem(409, "auth.email_taken");
    }
}

async fn logins_in_flight(world: &World) {
    let (anonymous, email) = (world.stack.anonymous(), email());
    let user = User::register(&anonymous, &email, "the password of before").await;
    let change = json!({"current": "the password of before", "new": "the password of after"});
    let networks: Vec<String> = (0..24).map(|it| format!("198.51.100.{it}")).collect();
    let logins = join_all(
        networks.iter().map(|from| login_from(world, from, &email, "the password of before")),
    );

    let (changed, logins) = tokio::join!(user.put("/api/auth/password", &change), logins);

    assert_eq!(changed.status, 204, "{}", changed.code());
    for login in logins.iter().filter(|it| it.status == 200) {
        let body = json!({"refresh_token": login.json()["refresh_token"]});
        let refreshed = anonymous.post("/api/auth/refresh", &body).await;
        refreshed.expect_problem(401, "auth.invalid_token");
    }
    for login in logins.iter().filter(|it| it.status != 200) {
        // On a busy machine some find too many passwords waiting to be judged.
        assert!(matches!(login.status, 401 | 503), "{}", login.code());
    }
}

async fn two_changes(world: &World) {
    let user = User::register(&world.stack.anonymous(), &email(), "the password of before").await;
    let change = |new: &str| {
        let body = json!({"current": "the password of before", "new": new});
        let user = user.clone();
        async move { user.put("/api/auth/password", &body).await.status }
    };

    let (one, two) = tokio::join!(change("the first of two new"), change("the second of two new"));

    let mut outcomes = [one, two];
    outcomes.sort_unstable();
    assert_eq!(outcomes, [204, 401]);
}

async fn hammered(world: &World) {
    let (anonymous, email) = (world.stack.anonymous(), email());
    let own = "2001:db8:77::1";
    let body = json!({"email": email, "password": "the password of before"});
    let registering = anonymous.request(Method::POST, "/api/auth/register");
    let session = registering.header("x-forwarded-for", own).json(&body).send().await.expect(201);
    let caller = anonymous.with_token(session["access_token"].as_str().expect("a session has one"));
    let strangers: Vec<String> = (0..10)
        .flat_map(|net| {
            (0..12).map(move |it| format!("2001:db8:{:x}:{net:x}::{it:x}", 0x100 + net))
        })
        .collect();
    for some in strangers.chunks(8) {
        join_all(some.iter().map(|from| login_from(world, from, &email, "a guess of a stranger")))
            .await;
    }

    let refused = login_from(world, "2001:db8:999::1", &email, "the password of before").await;
    refused.expect_problem(429, "rate.limited");
    login_from(world, own, &email, "the password of before").await.expect(200);
    let change = json!({"current": "the password of before", "new": "the password of after"});
    assert_eq!(caller.put("/api/auth/password", &change).await.status, 204);
    login_from(world, own, &email, "the password of after").await.expect(200);
}

async fn over_its_limit(world: &World) {
    let (from, victim) = ("203.0.113.77", email());
    User::register(&world.stack.anonymous(), &victim, "the password of a victim").await;
    for number in 0..10 {
        let others = (0..10).map(|it| email() + &format!("{number}{it}"));
        join_all(others.map(|it| async move { login_from(world, from, &it, "a guess").await }))
            .await;
    }
    for _ in 0..15 {
        let refused = login_from(world, from, &victim, "a guess").await;
        refused.expect_problem(429, "rate.limited");
    }

    let counted: i64 =
        sqlx::query_scalar("SELECT count(*) FROM identity.throttle WHERE subject = sha256($1)")
            .bind(format!("account\0{victim}").into_bytes())
            .fetch_one(&world.stack.pool)
            .await
            .expect("a superuser reads everything");
    assert_eq!(counted, 0, "the account has a counter");
    login_from(world, "203.0.113.78", &victim, "the password of a victim").await.expect(200);
}

async fn reinstated(world: &World) {
    let user = world.somebody().await;
    let path = format!("/api/admin/users/{}/status", user.id);
    let admin = &world.scene.admin;
    admin.put(&path, &json!({"status": "suspended", "reason": "an edge"})).await.expect(200);
    deadline::until_true("the suspension is seen", Duration::from_secs(10), async || {
        user.get("/api/auth/profile").await.status == 403
    })
    .await;
    let refused = login_from(world, "192.0.2.9", &user.email, &user.password).await;
    refused.expect_problem(403, "auth.suspended");

    admin.put(&path, &json!({"status": "active", "reason": "an edge"})).await.expect(200);

    let session = login_from(world, "192.0.2.9", &user.email, &user.password).await.expect(200);
    let caller = world
        .stack
        .anonymous()
        .with_token(session["access_token"].as_str().expect("a session has one"));
    caller.get("/api/auth/profile").await.expect(200);
    caller.get("/api/wallet/balance").await.expect(200);
}

async fn siblings(world: &World) {
    let anonymous = world.stack.anonymous();
    let body = json!({"email": email(), "password": "the password of a sibling"});
    let session = anonymous.post("/api/auth/register", &body).await.expect(201);
    let refresh = |session: &Value| {
        let (anonymous, body) =
            (anonymous.clone(), json!({"refresh_token": session["refresh_token"]}));
        async move { anonymous.post("/api/auth/refresh", &body).await }
    };
    let (older, younger) =
        (refresh(&session).await.expect(200), refresh(&session).await.expect(200));

    let next = refresh(&younger).await.expect(200);

    refresh(&older).await.expect_problem(401, "auth.invalid_token");
    refresh(&next).await.expect(200);
}

/// Where a new session of theirs is from, when a proxy sends these lines.
async fn seen_as(world: &World, lines: &[&str]) -> String {
    let anonymous = world.stack.anonymous();
    let mut request = anonymous.request(Method::POST, "/api/auth/register");
    for line in lines {
        request = request.header("x-forwarded-for", line);
    }
    let body = json!({"email": email(), "password": "the password behind a proxy"});
    let session = request.json(&body).send().await.expect(201);
    let caller: Caller =
        anonymous.with_token(session["access_token"].as_str().expect("a session has one"));
    let sessions = caller.get("/api/auth/sessions").await.expect(200);
    sessions["items"][0]["address"].as_str().unwrap_or_default().to_owned()
}

async fn proxied(world: &World) {
    for (lines, address) in [
        (&["198.51.100.107"][..], "198.51.100.107"),
        (&["junk, 198.51.100.107"], "198.51.100.107"),
        (&["198.51.100.107:4711"], "198.51.100.107"),
        (&["203.0.113.5, 198.51.100.107"], "198.51.100.107"),
        (&["203.0.113.5, 198.51.100.107, 127.0.0.1"], "198.51.100.107"),
        (&["203.0.113.5", "198.51.100.107"], "198.51.100.107"),
        (&["198.51.100.107, junk"], "127.0.0.1"),
        (&["  198.51.100.107  "], "198.51.100.107"),
        (&["2001:db8::7"], "2001:db8::7"),
        (&["[2001:db8::7]:4711"], "2001:db8::7"),
        (&["[2001:db8::7]"], "2001:db8::7"),
        (&["::ffff:198.51.100.107"], "198.51.100.107"),
        (&["junk"], "127.0.0.1"),
        (&["unknown"], "127.0.0.1"),
        (&[""], "127.0.0.1"),
    ] {
        assert_eq!(seen_as(world, lines).await, address, "{lines:?}");
    }
}

async fn tried_keys(world: &World) {
    let user = world.somebody().await;
    let mut answers: Vec<Answer> = Vec::new();
    for _ in 0..15 {
        let four = (0..4).map(|_| {
            let body = connect_body(&world.stack.unknown_key(), "0.5", &json!({}));
            let user = user.clone();
            async move { user.post("/api/resource/connect", &body).await }
        });
        answers.extend(join_all(four).await);
    }

    let of = |code: &str| answers.iter().filter(|it| it.code() == code).count();
    let verdicts = of("resource.key_rejected");
    // Half of ten in the first day of an account, and what ran at the same time.
    assert!((5..=6).contains(&verdicts), "{verdicts} verdicts");
    assert_eq!(of("rate.limited"), 60 - verdicts);
    let waits = answers.iter().filter_map(|it| it.header("retry-after").parse::<u64>().ok());
    assert!(waits.max().is_some_and(|it| it > 60), "nobody is told to wait");
    // A good key waits as long: the verdict would be one too.
    let good = connect_body(&world.stack.key(json!({})).await, "0.5", &json!({}));
    user.post("/api/resource/connect", &good).await.expect_problem(429, "rate.limited");
    // Who has not tried any is not hindered, nor is a check of what is hosted.
    let path = format!("/api/resource/{}/test", world.scene.resource.id);
    assert_eq!(world.scene.owner.ring(&path).await.expect(200)["ok"], true);
}

async fn healed(world: &World) {
    let (owner, key) = (&world.scene.owner, world.stack.key(json!({})).await);
    let resource = owner.connect(&key, "0.5", &json!({})).await;
    let path = format!("/api/resource/{}", resource.id);
    let shown = async || owner.get(&path).await.expect(200);
    key.revoke().await;
    owner.ring(&format!("{path}/sync")).await.expect(202);
    deadline::until_true("the refusal is noticed", Duration::from_secs(20), async || {
        let now = shown().await;
        now["status"] != "active" || now["health"] != "ok"
    })
    .await;

    key.set(json!({})).await;
    assert_eq!(owner.ring(&format!("{path}/test")).await.expect(200)["ok"], true);
    owner.ring(&format!("{path}/sync")).await.expect(202);

    deadline::until_true("it heals", Duration::from_secs(20), async || {
        let now = shown().await;
        now["status"] == "active" && (now["health"] == "ok" || now["health"] == "probing")
    })
    .await;
}
