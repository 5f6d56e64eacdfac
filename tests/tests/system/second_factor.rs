//! Signing in with an authenticator app, from the first secret to the loss of the phone.

use std::process::Command;
use std::time::{Duration, SystemTime};

use devkit::{deadline, environment};
use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tests::client::{Answer, Caller, User};
use tests::stack::{Builder, Stack};
use totp_rs::{Secret, Totp};

fn lean() -> Builder {
    Stack::builder().workers(0).schedulers(0)
}

/// The phone: each code is used once, so it hands out the next one each time.
struct Phone {
    app: Totp,
    steps: i64,
}

impl Phone {
    fn with(secret: &Value) -> Self {
        let secret = Secret::try_from_base32(secret.as_str().unwrap()).unwrap();
        Self { app: totp_rs::Builder::new().with_secret(secret).build().unwrap(), steps: -2 }
    }

    /// Three at most: the one before, the present one, the next.
    fn code(&mut self) -> String {
        self.steps += 1;
        assert!(self.steps <= 1, "no code of now is left");
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        self.app.generate(now.saturating_add_signed(30 * self.steps)).to_string()
    }
}

/// Waits until a step has just begun, so that none ends while the test runs.
async fn beginning_of_a_step() {
    deadline::until_true("a step begins", Duration::from_secs(40), async || {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        now % 30 < 5
    })
    .await;
}

async fn login(caller: &Caller, user: &User, code: Option<&str>) -> Answer {
    let mut body = json!({"email": user.email, "password": user.password});
    if let Some(code) = code {
        body["code"] = json!(code);
    }
    caller.post("/api/auth/login", &body).await
}

/// Enrols, and answers the phone, the recovery codes, and the caller with a token of now.
async fn enrolled(anonymous: &Caller, user: &User) -> (Phone, Vec<String>, Caller) {
    let signed_in = login(anonymous, user, None).await.expect(200);
    let caller = anonymous.with_token(signed_in["access_token"].as_str().unwrap());
    let body = json!({"password": user.password});
    let enrolment = caller.post("/api/auth/totp", &body).await.expect(201);
    let uri = enrolment["uri"].as_str().unwrap();
    assert!(uri.starts_with("otpauth://totp/Aetherflow:"), "{uri}");
    beginning_of_a_step().await;
    let mut phone = Phone::with(&enrolment["secret"]);
    let body = json!({"code": phone.code()});
    let codes = caller.post("/api/auth/totp/confirm", &body).await.expect(200);
    let codes: Vec<String> = serde_json::from_value(codes["recovery_codes"].clone()).unwrap();
    assert_eq!(codes.len(), 10);
    let body = json!({"refresh_token": signed_in["refresh_token"]});
    let refreshed = anonymous.post("/api/auth/refresh", &body).await.expect(200);
    (phone, codes, anonymous.with_token(refreshed["access_token"].as_str().unwrap()))
}

async fn with_body(caller: &Caller, method: Method, path: &str, body: &Value) -> Answer {
    caller.request(method, path).json(body).send().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_enrols_signs_in_with_codes_and_lets_it_be_again() {
    let stack = lean().start().await;
    let (anonymous, ada) = (stack.anonymous(), stack.user("ada").await);
    let status = ada.get("/api/auth/totp").await.expect(200);
    assert_eq!((&status["enabled"], &status["required"]), (&json!(false), &json!(false)));
    let wrong = json!({"password": "not my password"});
    let refused = ada.post("/api/auth/totp", &wrong).await;
    refused.expect_problem(401, "auth.invalid_credentials");
    let early = ada.post("/api/auth/totp/confirm", &json!({"code": "123456"})).await;
    early.expect_problem(409, "auth.totp_not_enrolled");

    let (mut phone, recovery, caller) = enrolled(&anonymous, &ada).await;

    let status = caller.get("/api/auth/totp").await.expect(200);
    assert_eq!((&status["enabled"], &status["recovery_codes_left"]), (&json!(true), &json!(10)));
    let again = caller.post("/api/auth/totp", &json!({"password": ada.password})).await;
    again.expect_problem(409, "auth.totp_enrolled");
    login(&anonymous, &ada, None).await.expect_problem(401, "auth.totp_required");
    let mut stranger = ada.clone();
    stranger.password = "somebody else's".to_owned();
    login(&anonymous, &stranger, None).await.expect_problem(401, "auth.invalid_credentials");

    let code = phone.code();
    let (first, second) =
        tokio::join!(login(&anonymous, &ada, Some(&code)), login(&anonymous, &ada, Some(&code)));
    let mut outcomes = [(first.status, first.code()), (second.status, second.code())];
    outcomes.sort();
    assert_eq!(outcomes, [(200, String::new()), (401, "auth.totp_invalid".to_owned())]);
    for wrong in ["000000", "abc", "", &"9".repeat(64)] {
        let answer = login(&anonymous, &ada, Some(wrong)).await;
        let code =
            if wrong.is_empty() { (400, "request.invalid") } else { (401, "auth.totp_invalid") };
        answer.expect_problem(code.0, code.1);
    }
    login(&anonymous, &ada, Some(&recovery[0])).await.expect(200);
    login(&anonymous, &ada, Some(&recovery[0])).await.expect_problem(401, "auth.totp_invalid");
    let body = json!({"code": recovery[1]});
    let new = caller.post("/api/auth/totp/recovery-codes", &body).await.expect(200);
    login(&anonymous, &ada, Some(&recovery[2])).await.expect_problem(401, "auth.totp_invalid");

    let removal = json!({"password": ada.password, "code": new["recovery_codes"][0]});
    let without = json!({"password": ada.password, "code": "000000"});
    let refused = with_body(&caller, Method::DELETE, "/api/auth/totp", &without).await;
    refused.expect_problem(401, "auth.totp_invalid");
    assert_eq!(with_body(&caller, Method::DELETE, "/api/auth/totp", &removal).await.status, 204);
    login(&anonymous, &ada, None).await.expect(200);

    let log = stack.log("api-1");
    for line in ["second factor changed", "a recovery code was used", "password and code"] {
        assert!(log.contains(line), "{line}");
    }
    for code in &recovery {
        assert!(!log.contains(code), "a recovery code is in the log");
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_admins_need_a_second_factor_one_without_can_only_enrol() {
    let stack = lean().setting("api", "AETHERFLOW_ADMIN_TOTP", "required").start().await;
    let (anonymous, root) = (stack.anonymous(), stack.user("root").await);
    stack.sql(&format!(
        "UPDATE identity.users SET roles = '{{consumer,admin}}', access_changed_at = aether.now() WHERE id = '{}'",
        root.id
    ))
    .await;
    let bob = stack.user("bob").await;
    let root_now = root.signed_in_again().await;

    for path in ["/api/admin/users", "/api/wallet/balance", "/api/generate/history"] {
        root_now.get(path).await.expect_problem(403, "auth.totp_enrolment_required");
        bob.get("/api/wallet/balance").await.expect(200);
    }
    assert_eq!(root_now.get("/api/auth/totp").await.expect(200)["required"], true);
    root_now.get("/api/auth/profile").await.expect(200);

    let (mut phone, recovery, caller) = enrolled(&anonymous, &root).await;
    caller.get("/api/admin/users").await.expect(200);
    let session = login(&anonymous, &root, Some(&phone.code())).await.expect(200);
    let caller = anonymous.with_token(session["access_token"].as_str().unwrap());
    caller.get("/api/wallet/balance").await.expect(200);

    // They reset others', not their own; without it they are where they began.
    let reason = json!({"reason": "lost the phone"});
    let path = format!("/api/admin/users/{}/totp", root.id);
    let own = with_body(&caller, Method::DELETE, &path, &reason).await;
    own.expect_problem(409, "user.own_access");
    let (_, _, bob_now) = enrolled(&anonymous, &bob).await;
    let path = format!("/api/admin/users/{}/totp", bob.id);
    assert_eq!(with_body(&caller, Method::DELETE, &path, &reason).await.status, 204);
    let twice = with_body(&caller, Method::DELETE, &path, &reason).await;
    twice.expect_problem(409, "auth.totp_not_enrolled");
    login(&anonymous, &bob, None).await.expect(200);
    deadline::until_true("bob's session has ended", Duration::from_secs(10), async || {
        bob_now.get("/api/auth/profile").await.status == 401
    })
    .await;
    let audit = caller.get("/api/admin/audit-log?action=user.totp_reset").await.expect(200);
    assert_eq!(audit["items"][0]["reason"], "lost the phone");

    let removal = json!({"password": root.password, "code": recovery[3]});
    assert_eq!(with_body(&caller, Method::DELETE, "/api/auth/totp", &removal).await.status, 204);
    let body = json!({"refresh_token": session["refresh_token"]});
    let refreshed = anonymous.post("/api/auth/refresh", &body).await.expect(200);
    let caller = anonymous.with_token(refreshed["access_token"].as_str().unwrap());
    caller.get("/api/admin/users").await.expect_problem(403, "auth.totp_enrolment_required");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_helps_who_lost_the_phone() {
    let stack = lean().start().await;
    let (anonymous, ada) = (stack.anonymous(), stack.user("ada").await);
    let (_, _, caller) = enrolled(&anonymous, &ada).await;
    let reset = |email: &str| {
        let output = Command::new(environment::program("ctl"))
            .args(["reset-totp", "--email", email])
            .env_clear()
            .env("DATABASE_URL", stack.database.url().expose_secret())
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };

    assert_eq!(reset(&ada.email).0, Some(0));

    login(&anonymous, &ada, None).await.expect(200);
    deadline::until_true("the session has ended", Duration::from_secs(10), async || {
        caller.get("/api/auth/profile").await.status == 401
    })
    .await;
    let (code, words) = reset(&ada.email);
    assert_eq!(code, Some(2), "{words}");
    assert!(words.contains("has no second factor"), "{words}");
    let (_, words) = reset("nobody@example.com");
    assert!(words.contains("there is no user"), "{words}");
    stack.finish().await;
}
