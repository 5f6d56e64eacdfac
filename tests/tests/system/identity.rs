//! `/api/auth`: every path, and every error that is its own.

use std::time::Duration;

use devkit::deadline;
use serde_json::{Value, json};
use tests::client::{Caller, User};
use tests::stack::{Builder, Stack};

/// Only an api: nothing is submitted here.
fn lean() -> Builder {
    Stack::builder().workers(0).schedulers(0)
}

async fn login(caller: &Caller, email: &str, password: &str) -> tests::client::Answer {
    caller.post("/api/auth/login", &json!({"email": email, "password": password})).await
}

async fn refresh(caller: &Caller, session: &Value) -> tests::client::Answer {
    let body = json!({"refresh_token": session["refresh_token"]});
    caller.post("/api/auth/refresh", &body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_user_is_signed_in_and_a_consumer() {
    let stack = lean().start().await;
    let anonymous = stack.anonymous();

    let body = json!({
        "email": "Ada.Lovelace@Example.com",
        "password": "analytical engine",
        "display_name": "Ada",
        "locale": "zh-CN",
    });
    let session = anonymous.post("/api/auth/register", &body).await.expect(201);

    assert_eq!(session["token_type"], "Bearer");
    assert_eq!(session["expires_in"], 900);
    let user = &session["user"];
    assert_eq!(user["email"], "ada.lovelace@example.com");
    assert_eq!(user["display_name"], "Ada");
    assert_eq!(user["roles"], json!(["consumer"]));
    assert_eq!(user["status"], "active");
    assert_eq!(user["locale"], "zh-CN");
    let profile = anonymous.with_token(session["access_token"].as_str().unwrap());
    assert_eq!(profile.get("/api/auth/profile").await.expect(200), *user);

    // The address is one, however it is written.
    let twin = json!({"email": "ada.lovelace@EXAMPLE.com", "password": "another password"});
    anonymous.post("/api/auth/register", &twin).await.expect_problem(409, "auth.email_taken");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_that_is_not_valid_names_its_fields() {
    let stack = lean().start().await;
    let anonymous = stack.anonymous();
    let valid = json!({"email": "a@example.com", "password": "long enough by now"});

    for (field, value) in [
        ("email", json!("no address")),
        ("email", json!(7)),
        ("email", json!(null)),
        ("password", json!("short")),
        ("password", json!("x".repeat(129))),
        ("display_name", json!("")),
        ("display_name", json!("x".repeat(101))),
        ("display_name", json!("a\u{0}b")),
        ("locale", json!("de")),
        ("admin", json!(true)),
    ] {
        let mut body = valid.clone();
        body[field] = value;
        anonymous.post("/api/auth/register", &body).await.expect_invalid(field);
    }
    for field in ["email", "password"] {
        let mut body = valid.clone();
        body.as_object_mut().unwrap().remove(field);
        anonymous.post("/api/auth/register", &body).await.expect_invalid(field);
    }
    anonymous.post("/api/auth/register", &valid).await.expect(201);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_in_tells_nobody_which_part_was_wrong() {
    let stack = lean().start().await;
    let user = stack.user("ada").await;
    let anonymous = stack.anonymous();

    let session = login(&anonymous, &user.email.to_uppercase(), &user.password).await.expect(200);
    assert_eq!(session["user"]["id"], user.id.as_str());

    let wrong = login(&anonymous, &user.email, "not the password").await;
    let wrong = wrong.expect_problem(401, "auth.invalid_credentials");
    let unknown = login(&anonymous, "nobody@example.com", "not the password").await;
    let unknown = unknown.expect_problem(401, "auth.invalid_credentials");
    assert_eq!(wrong["detail"], unknown["detail"]);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passwords_cannot_be_tried_for_ever_nor_users_made() {
    let stack = lean()
        .setting("api", "AETHERFLOW_LOGIN_LIMIT", "3/15min")
        .setting("api", "AETHERFLOW_REGISTER_LIMIT", "2/hour")
        .start()
        .await;
    let (user, other) = (stack.user("ada").await, stack.user("bob").await);
    let anonymous = stack.anonymous();

    for _ in 0..3 {
        let tried = login(&anonymous, &user.email, "a guess").await;
        tried.expect_problem(401, "auth.invalid_credentials");
    }
    login(&anonymous, &user.email, "a guess").await.expect_problem(429, "rate.limited");
    // The right password is refused too, else the limit would reveal it; other accounts are not.
    login(&anonymous, &user.email, &user.password).await.expect_problem(429, "rate.limited");
    login(&anonymous, &other.email, &other.password).await.expect(200);

    stack.move_clock(Duration::from_mins(16)).await;
    login(&anonymous, &user.email, &user.password).await.expect(200);

    let third = json!({"email": "third@example.com", "password": "long enough by now"});
    anonymous.post("/api/auth/register", &third).await.expect_problem(429, "rate.limited");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_may_be_asked_for_again_and_its_token_ends_when_the_other_is_used() {
    let stack = lean().start().await;
    let user = stack.user("ada").await;
    let anonymous = stack.anonymous();
    let session = login(&anonymous, &user.email, &user.password).await.expect(200);

    let lost = refresh(&anonymous, &session).await.expect(200);
    let kept = refresh(&anonymous, &session).await.expect(200);
    assert_ne!(lost["refresh_token"], kept["refresh_token"]);

    let next = refresh(&anonymous, &kept).await.expect(200);
    refresh(&anonymous, &lost).await.expect_problem(401, "auth.invalid_token");
    let token = next["access_token"].as_str().unwrap();
    anonymous.with_token(token).get("/api/auth/profile").await.expect(200);
    refresh(&anonymous, &next).await.expect(200);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stolen_refresh_token_ends_the_whole_family() {
    let stack = lean().start().await;
    let user = stack.user("ada").await;
    let anonymous = stack.anonymous();
    let first = login(&anonymous, &user.email, &user.password).await.expect(200);
    let other = login(&anonymous, &user.email, &user.password).await.expect(200);
    let second = refresh(&anonymous, &first).await.expect(200);
    let third = refresh(&anonymous, &second).await.expect(200);

    stack.move_clock(Duration::from_secs(11)).await;
    refresh(&anonymous, &first).await.expect_problem(401, "auth.invalid_token");

    // The newest of the family is refused too, another sign-in is not.
    refresh(&anonymous, &third).await.expect_problem(401, "auth.invalid_token");
    refresh(&anonymous, &other).await.expect(200);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_out_ends_the_session_and_is_never_refused() {
    let stack = lean().start().await;
    let user = stack.user("ada").await;
    let anonymous = stack.anonymous();
    let session = login(&anonymous, &user.email, &user.password).await.expect(200);

    let body = json!({"refresh_token": session["refresh_token"]});
    for _ in 0..2 {
        anonymous.post("/api/auth/logout", &body).await.expect(204);
    }

    refresh(&anonymous, &session).await.expect_problem(401, "auth.invalid_token");
    let nonsense = json!({"refresh_token": "nonsense"});
    anonymous.post("/api/auth/logout", &nonsense).await.expect(204);
    anonymous.post("/api/auth/refresh", &nonsense).await.expect_problem(401, "auth.invalid_token");
    anonymous.post("/api/auth/refresh", &json!({})).await.expect_invalid("refresh_token");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_is_changed_by_its_owner_field_by_field() {
    let stack = lean().start().await;
    let user = stack.user("ada").await;

    let changed =
        user.put("/api/auth/profile", &json!({"display_name": " Ada L. "})).await.expect(200);
    assert_eq!(changed["display_name"], "Ada L.");
    assert_eq!(changed["locale"], "en");
    let changed = user.put("/api/auth/profile", &json!({"locale": "zh-CN"})).await.expect(200);
    assert_eq!(changed["display_name"], "Ada L.");
    assert_eq!(user.get("/api/auth/profile").await.expect(200), changed);

    for (field, value) in [
        ("display_name", json!("")),
        ("display_name", json!("\u{7}bell")),
        ("locale", json!("fr")),
        ("roles", json!(["admin"])),
        ("email", json!("other@example.com")),
    ] {
        user.put("/api/auth/profile", &json!({field: value})).await.expect_invalid(field);
    }
    assert_eq!(user.get("/api/auth/profile").await.expect(200), changed);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_ends_every_other_session() {
    let stack = lean().start().await;
    let user = stack.user("ada").await;
    let anonymous = stack.anonymous();
    let here = login(&anonymous, &user.email, &user.password).await.expect(200);
    let elsewhere = login(&anonymous, &user.email, &user.password).await.expect(200);
    let caller = anonymous.with_token(here["access_token"].as_str().unwrap());

    let wrong = json!({"current": "not the password", "new": "a new password"});
    let wrong = caller.put("/api/auth/password", &wrong).await;
    wrong.expect_problem(401, "auth.invalid_credentials");
    let short = json!({"current": user.password, "new": "short"});
    caller.put("/api/auth/password", &short).await.expect_invalid("new");
    let body = json!({"current": user.password, "new": "a new password"});
    caller.put("/api/auth/password", &body).await.expect(204);

    login(&anonymous, &user.email, &user.password)
        .await
        .expect_problem(401, "auth.invalid_credentials");
    login(&anonymous, &user.email, "a new password").await.expect(200);
    refresh(&anonymous, &here).await.expect(200);
    refresh(&anonymous, &elsewhere).await.expect_problem(401, "auth.invalid_token");
    let other = anonymous.with_token(elsewhere["access_token"].as_str().unwrap());
    deadline::until("the other session's access ends", Duration::from_secs(6), async || {
        (other.get("/api/auth/profile").await.status == 401).then_some(())
    })
    .await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_nobody_issued_opens_nothing() {
    let stack = lean().start().await;
    let user = stack.user("ada").await;
    let anonymous = stack.anonymous();
    let session = login(&anonymous, &user.email, &user.password).await.expect(200);
    let token = session["access_token"].as_str().unwrap();
    let parts: Vec<&str> = token.split('.').collect();

    anonymous.get("/api/auth/profile").await.expect_problem(401, "auth.required");
    for forged in [
        "nonsense".to_owned(),
        format!("{}.{}.", parts[0], parts[1]),
        // {"alg":"none","typ":"JWT"}
        format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", parts[1]),
        format!("{}.{}.{}", parts[0], parts[1], "A".repeat(parts[2].len())),
        format!("{}A.{}.{}", parts[0], parts[1], parts[2]),
        session["refresh_token"].as_str().unwrap().to_owned(),
    ] {
        let answer = anonymous.with_token(&forged).get("/api/auth/profile").await;
        answer.expect_problem(401, "auth.invalid_token");
    }
    for scheme in ["Basic", "bearer"] {
        let request = anonymous.request(reqwest::Method::GET, "/api/auth/profile");
        let answer = request.header("authorization", &format!("{scheme} {token}")).send().await;
        let expected = if scheme == "Basic" { 401 } else { 200 };
        assert_eq!(answer.status, expected, "{scheme}: {}", answer.code());
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_api_accepts_what_another_issued() {
    let stack = lean().apis(2).start().await;
    let user: User = stack.user("ada").await;

    let there = user.through(stack.api_url_of("api-2"));

    assert_eq!(there.get("/api/auth/profile").await.expect(200)["id"], user.id.as_str());
    stack.finish().await;
}
