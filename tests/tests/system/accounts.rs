//! What a stranger, an old session or a race must not get out of an account.

use std::time::Duration;

use devkit::deadline;
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::client::{Answer, Caller, User};
use tests::stack::{Builder, Stack};

fn lean() -> Builder {
    Stack::builder().workers(0).schedulers(0)
}

fn credentials(email: &str, password: &str) -> Value {
    json!({"email": email, "password": password})
}

async fn login(caller: &Caller, email: &str, password: &str) -> Answer {
    caller.post("/api/auth/login", &credentials(email, password)).await
}

fn token(session: &Value) -> &str {
    session["access_token"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_login_in_flight_survives_a_new_password_and_of_two_changes_one_wins() {
    let stack = lean().start().await;
    let user = stack.user("ada").await;
    let anonymous = stack.anonymous();
    let change = |new: &str| {
        let body = json!({"current": user.password, "new": new});
        let user = &user;
        async move { user.put("/api/auth/password", &body).await }
    };

    let logins = join_all((0..24).map(|_| login(&anonymous, &user.email, &user.password)));
    let (one, two, logins) =
        tokio::join!(change("the first new password"), change("the second new password"), logins,);

    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 401]);
    for answer in logins.iter().filter(|it| it.status == 200) {
        let session = answer.json();
        let body = json!({"refresh_token": session["refresh_token"]});
        let refreshed = anonymous.post("/api/auth/refresh", &body).await;
        refreshed.expect_problem(401, "auth.invalid_token");
        deadline::until("its access ends", Duration::from_secs(5), async || {
            let caller = anonymous.with_token(token(&session));
            (caller.get("/api/auth/profile").await.status == 401).then_some(())
        })
        .await;
    }
    let spoofed =
        || anonymous.request(Method::GET, "/health/live").header("x-forwarded-for", "192.0.2.1");
    for _ in 0..3 {
        assert_eq!(spoofed().send().await.status, 200);
    }
    let log = stack.log("api-1");
    assert_eq!(log.matches("X-Forwarded-For of a peer that is no trusted proxy").count(), 1);
    let new = if one.status == 204 { "the first new password" } else { "the second new password" };
    login(&anonymous, &user.email, new).await.expect(200);
    assert!(stack.log("api-1").contains("password changed"));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_one_however_it_is_typed_and_a_weak_one_is_refused_with_the_rule() {
    let stack = lean().start().await;
    let anonymous = stack.anonymous();
    let (composed, decomposed) = ("p\u{e4}ssword-l\u{e4}nge", "pa\u{308}ssword-la\u{308}nge");
    let body = credentials("ada@example.com", composed);
    anonymous.post("/api/auth/register", &body).await.expect(201);
    let again = login(&anonymous, "ada@example.com", decomposed).await.expect(200);
    let caller = anonymous.with_token(token(&again));
    let change = json!({"current": decomposed, "new": format!("{decomposed}, two")});
    caller.put("/api/auth/password", &change).await.expect(204);
    login(&anonymous, "ada@example.com", &format!("{composed}, two")).await.expect(200);

    for weak in [
        "password",
        "12345678",
        "123456789012",
        "Password1234",
        "        ",
        "            ",
        &"\u{200b}".repeat(8),
        &"\u{200b}".repeat(12),
        "weak.lovelace@example.com",
    ] {
        let body = credentials("weak.lovelace@example.com", weak);
        anonymous.post("/api/auth/register", &body).await.expect_invalid("password");
    }
    let body = json!({"current": format!("{composed}, two"), "new": "ada@example.com"});
    let fresh = login(&anonymous, "ada@example.com", &format!("{composed}, two")).await.expect(200);
    let caller = anonymous.with_token(token(&fresh));
    caller.put("/api/auth/password", &body).await.expect_invalid("new");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_who_fail_shut_out_nobody_but_themselves() {
    let stack = lean()
        .setting("api", "AETHERFLOW_LOGIN_LIMIT", "10/15min")
        .setting("api", "AETHERFLOW_TRUSTED_PROXIES", "127.0.0.0/8")
        .start()
        .await;
    let anonymous = stack.anonymous();
    let from = |address: &str, path: &str, body: Value| {
        let request = anonymous.request(Method::POST, path).header("x-forwarded-for", address);
        async move { request.json(&body).send().await }
    };
    let (email, password) = ("ada@example.com", "a password of her own");
    let home = "2001:db8:1:1::7";
    let session = from(home, "/api/auth/register", credentials(email, password)).await.expect(201);
    for network in 0..10 {
        let address = format!("junk, 2001:db8:{}:5::1", network + 10);
        for _ in 0..10 {
            let tried = from(&address, "/api/auth/login", credentials(email, "a guess")).await;
            tried.expect_problem(401, "auth.invalid_credentials");
        }
    }

    let elsewhere = from("198.51.100.1", "/api/auth/login", credentials(email, "a guess")).await;
    elsewhere.expect_problem(429, "rate.limited");
    from(home, "/api/auth/login", credentials(email, password)).await.expect(200);
    let change = json!({"current": password, "new": "another one of her own"});
    anonymous.with_token(token(&session)).put("/api/auth/password", &change).await.expect(204);
    // The log names neither her nor what was tried, but all lines about her the same way.
    let log = stack.log("api-1");
    assert!(!log.contains(email));
    let refused = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut names: Vec<String> = refused
        .filter(|line| line.to_string().contains("\"refused\""))
        .map(|line| line["email"].as_str().or(line["fields"]["email"].as_str()).unwrap().to_owned())
        .collect();
    assert_eq!(names.len(), 101);
    names.dedup();
    assert_eq!(names.len(), 1);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reinstated_user_works_at_once_at_every_api() {
    let stack = lean().apis(2).start().await;
    let (admin, user) = (stack.admin().await, stack.user("ada").await);
    let path = format!("/api/admin/users/{}/status", user.id);
    let set = async |status: &str| {
        admin.put(&path, &json!({"status": status, "reason": "a test"})).await.expect(200);
    };

    for _ in 0..3 {
        set("suspended").await;
        for api in ["api-1", "api-2"] {
            let there = user.through(stack.api_url_of(api));
            deadline::until("the suspension is known", Duration::from_secs(5), async || {
                (there.get("/api/auth/profile").await.status != 200).then_some(())
            })
            .await;
        }
        set("active").await;
        let again: User = user.signed_in_again().await;
        for api in ["api-1", "api-2"] {
            again.through(stack.api_url_of(api)).get("/api/auth/profile").await.expect(200);
        }
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_are_listed_and_ended_one_by_one_and_all_at_once() {
    let stack = lean().start().await;
    let user = stack.user("ada").await;
    let other = stack.user("bob").await;
    let anonymous = stack.anonymous();
    let phone = anonymous.request(Method::POST, "/api/auth/login").header("user-agent", "a phone");
    let phone = phone.json(&credentials(&user.email, &user.password)).send().await.expect(200);

    let list = user.get("/api/auth/sessions").await.expect(200);
    let [newest, oldest] = list["items"].as_array().unwrap().as_slice() else {
        panic!("two sessions: {list}");
    };
    assert_eq!((&newest["current"], &oldest["current"]), (&json!(false), &json!(true)));
    assert_eq!(newest["agent"], "a phone");
    assert_eq!(newest["address"], "127.0.0.1");

    let path = format!("/api/auth/sessions/{}", newest["id"].as_str().unwrap());
    other.delete(&path).await.expect_problem(404, "not_found");
    user.delete(&path).await.expect(204);
    user.delete(&path).await.expect_problem(404, "not_found");
    let refresh = |session: &Value| {
        let body = json!({"refresh_token": session["refresh_token"]});
        let anonymous = &anonymous;
        async move { anonymous.post("/api/auth/refresh", &body).await }
    };
    refresh(&phone).await.expect_problem(401, "auth.invalid_token");

    let one = login(&anonymous, &user.email, &user.password).await.expect(200);
    user.ring("/api/auth/logout-everywhere").await.expect(204);
    refresh(&one).await.expect_problem(401, "auth.invalid_token");
    deadline::until("access ends here too", Duration::from_secs(5), async || {
        (user.get("/api/auth/profile").await.status == 401).then_some(())
    })
    .await;
    other.get("/api/auth/profile").await.expect(200);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_sees_where_a_user_is_signed_in_and_ends_it_with_a_reason() {
    let stack = lean().start().await;
    let (root, user, other) =
        (stack.admin().await, stack.user("ada").await, stack.user("bob").await);
    let path = format!("/api/admin/users/{}/sessions", user.id);
    let end = async |caller: &Caller, body: &Value| {
        caller.request(Method::DELETE, &path).json(body).send().await
    };

    let list = root.get(&path).await.expect(200);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
    assert_eq!(list["items"][0]["address"], "127.0.0.1");
    other.get(&path).await.expect_problem(403, "forbidden");
    end(&root, &json!({})).await.expect_problem(400, "request.invalid");
    end(&other, &json!({"reason": "mischief"})).await.expect_problem(403, "forbidden");

    assert_eq!(end(&root, &json!({"reason": "a stolen laptop"})).await.status, 204);
    let list = root.get(&path).await.expect(200);
    assert_eq!(list["items"], json!([]));
    deadline::until("access ends", Duration::from_secs(5), async || {
        (user.get("/api/auth/profile").await.status == 401).then_some(())
    })
    .await;
    other.get("/api/auth/profile").await.expect(200);
    login(&stack.anonymous(), &user.email, &user.password).await.expect(200);
    let audit = root.get("/api/admin/audit-log?action=user.signed_out").await.expect(200);
    assert_eq!(audit["items"][0]["reason"], "a stolen laptop");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_keeps_its_refresh_token_in_a_cookie_that_only_it_can_use() {
    let stack = lean().start().await;
    let user = stack.user("ada").await;
    let (anonymous, origin) = (stack.anonymous(), stack.api_url_of("api-1").to_owned());
    let post = |path: &str, headers: &[(&str, &str)], body: Option<Value>| {
        let request = anonymous.request(Method::POST, path).header("x-aether-session", "cookie");
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        let request = body.iter().fold(request, tests::client::Request::json);
        async move { request.send().await }
    };
    let pair = |answer: &Answer| answer.header("set-cookie").split(';').next().unwrap().to_owned();

    let body = credentials(&user.email, &user.password);
    let signed_in = post("/api/auth/login", &[], Some(body)).await;
    let cookie = pair(&signed_in);
    assert!(cookie.starts_with("aether_refresh_"), "{cookie}");
    assert!(signed_in.header("set-cookie").contains("HttpOnly; SameSite=Strict"));
    assert!(signed_in.expect(200)["refresh_token"].is_null());

    // Another page's request carries the cookie, but not our origin, or not the header.
    let foreign = [("cookie", cookie.as_str()), ("origin", "https://evil.example")];
    post("/api/auth/refresh", &foreign, None).await.expect_problem(403, "forbidden");
    post("/api/auth/logout", &foreign, None).await.expect_problem(403, "forbidden");
    let form = anonymous.request(Method::POST, "/api/auth/refresh").header("cookie", &cookie);
    form.header("origin", &origin).send().await.expect_invalid("refresh_token");

    let own = [("cookie", cookie.as_str()), ("origin", origin.as_str())];
    let refreshed = post("/api/auth/refresh", &own, None).await;
    let next = pair(&refreshed);
    assert_ne!(next, cookie);
    let access = refreshed.expect(200)["access_token"].as_str().unwrap().to_owned();
    anonymous.with_token(&access).get("/api/auth/profile").await.expect(200);

    let own = [("cookie", next.as_str()), ("origin", origin.as_str())];
    let signed_out = post("/api/auth/logout", &own, None).await;
    assert!(signed_out.header("set-cookie").contains("Max-Age=0"), "it is taken back");
    signed_out.expect(204);
    let refused = post("/api/auth/refresh", &own, None).await;
    assert_eq!(refused.header("set-cookie"), "", "a refusal leaves the cookie alone");
    refused.expect_problem(401, "auth.invalid_token");
    stack.finish().await;
}
