//! `/api/admin`: for admins only, with a reason, in the audit log; and the operator's command line.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use devkit::{deadline, environment};
use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tests::client::{User, connect_body, credits};
use tests::stack::{Stack, core};

/// Every path of the area with a body that would do.
fn paths(user: &User) -> Vec<(Method, String, Value)> {
    let get = |path: &str| (Method::GET, format!("/api/admin/{path}"), Value::Null);
    let reason = json!({"reason": "for a test"});
    let with = |fields: Value| {
        let mut body = reason.clone();
        let object = body.as_object_mut().expect("an object");
        object.extend(fields.as_object().expect("fields").clone());
        body
    };
    let id = &user.id;
    vec![
        get("users"),
        get(&format!("users/{id}")),
        get("transactions"),
        get("statistics"),
        get("resources"),
        get("sanctions"),
        get("provider-policies"),
        get("provider-policies/stability"),
        get("models"),
        get("models/stability/core"),
        get("audit-log"),
        get("jobs"),
        get(&format!("jobs/{id}")),
        get("jobs.csv"),
        get("tasks"),
        get("workers"),
        get("pulse"),
        get("audit"),
        get("settings"),
        get("lookup?q=x"),
        (Method::PUT, format!("/api/admin/users/{id}/roles"), with(json!({"roles": ["consumer"]}))),
        (Method::PUT, format!("/api/admin/users/{id}/status"), with(json!({"status": "active"}))),
        (
            Method::PUT,
            format!("/api/admin/resources/{id}/status"),
            with(json!({"status": "active"})),
        ),
        (Method::DELETE, format!("/api/admin/sanctions/{id}?reason=x"), Value::Null),
        (Method::POST, "/api/admin/audit".to_owned(), Value::Null),
        (Method::POST, "/api/admin/jobs/sync-quotas".to_owned(), Value::Null),
        (Method::POST, format!("/api/admin/jobs/{id}/retry"), reason.clone()),
        (Method::POST, format!("/api/admin/jobs/{id}/cancel"), reason.clone()),
        (
            Method::POST,
            "/api/admin/jobs/bulk".to_owned(),
            json!({"action": "cancel", "filter": {}, "preview": true}),
        ),
        (Method::POST, format!("/api/admin/workers/{id}/drain"), with(json!({"drain": true}))),
        (Method::DELETE, "/api/admin/models/stability/core?reason=x".to_owned(), Value::Null),
    ]
}

async fn log_of(admin: &User, action: &str) -> Vec<Value> {
    let list = admin.get(&format!("/api/admin/audit-log?action={action}")).await.expect(200);
    list["items"].as_array().expect("a list").clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_but_an_admin_is_let_in() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let scene = stack.scene().await;

    for (method, path, body) in paths(&scene.consumer) {
        let ask = |caller: &tests::client::Caller| {
            let request = caller.request(method.clone(), &path);
            if body.is_null() { request } else { request.json(&body) }
        };
        ask(&stack.anonymous()).send().await.expect_problem(401, "auth.required");
        for user in [&scene.consumer, &scene.owner] {
            ask(user).send().await.expect_problem(403, "forbidden");
        }
    }
    let core = scene.admin.get("/api/admin/models/stability/core").await.expect(200);
    assert_eq!(core["enabled"], true, "nothing of it was done");
    assert!(scene.admin.get("/api/admin/audit-log").await.expect(200)["items"].is_array());
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_are_found_given_roles_and_watched() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let (admin, user) = (stack.admin().await, stack.user("ada").await);

    let list = admin.get("/api/admin/users?email=ADA-").await.expect(200);
    assert_eq!(list["items"][0]["id"], user.id.as_str());
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    let shown = admin.get(&format!("/api/admin/users/{}", user.id)).await.expect(200);
    assert_eq!((&shown["email"], &shown["balance"]["total"]), (&json!(user.email), &json!("0")));
    assert!(!shown.to_string().contains("password"));

    let roles = format!("/api/admin/users/{}/roles", user.id);
    let make = json!({"roles": ["consumer", "admin"], "reason": "for a test"});
    assert_eq!(admin.put(&roles, &make).await.expect(200)["roles"], json!(["consumer", "admin"]));
    let promoted = user.signed_in_again().await;
    promoted.get("/api/admin/users").await.expect(200);
    let unmake = json!({"roles": ["consumer"], "reason": "for a test"});
    admin.put(&roles, &unmake).await.expect(200);
    deadline::until("the token out loses its power", Duration::from_secs(5), async || {
        let status = promoted.get("/api/admin/users").await.status;
        matches!(status, 401 | 403).then_some(())
    })
    .await;

    let [second, first] = &log_of(&admin, "user.roles_set").await[..] else {
        panic!("two entries")
    };
    for entry in [second, first] {
        assert_eq!(entry["actor_id"], admin.id.as_str());
        assert_eq!(entry["reason"], "for a test");
        assert!(entry["subject"].as_str().unwrap().contains(&user.id));
    }
    let own = format!("/api/admin/users/{}/roles", admin.id);
    admin.put(&own, &unmake).await.expect_problem(409, "user.own_access");
    let own = format!("/api/admin/users/{}/status", admin.id);
    let suspend = json!({"status": "suspended", "reason": "for a test"});
    admin.put(&own, &suspend).await.expect_problem(409, "user.own_access");
    for (path, body, field) in [
        (&roles, json!({"roles": ["owner"], "reason": "x"}), "roles[0]"),
        (&roles, json!({"roles": ["consumer"]}), "reason"),
        (&roles, json!({"roles": ["consumer"], "reason": ""}), "reason"),
    ] {
        admin.put(path, &body).await.expect_invalid(field);
    }
    for id in ["nonsense", "01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3e"] {
        admin.get(&format!("/api/admin/users/{id}")).await.expect_problem(404, "not_found");
        let path = format!("/api/admin/users/{id}/status");
        admin.put(&path, &suspend).await.expect_problem(404, "not_found");
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disabled_key_serves_nobody_until_an_admin_lifts_it() {
    let stack = Stack::builder().schedulers(0).start().await;
    let scene = stack.scene().await;
    let path = format!("/api/admin/resources/{}/status", scene.resource.id);

    let list = scene.admin.get("/api/admin/resources").await.expect(200);
    assert_eq!(list["items"][0]["id"], scene.resource.id.as_str());
    assert!(!list.to_string().contains(&scene.key.secret));
    let disable = json!({"status": "disabled", "reason": "for a test"});
    scene.admin.put(&path, &disable).await.expect(200);

    let shown = scene.owner.resource(&scene.resource).await;
    assert_eq!(shown.status, "disabled");
    assert!(shown.status_reason.unwrap().contains("for a test"));
    let own = format!("/api/resource/{}/status", scene.resource.id);
    scene.owner.put(&own, &json!({"status": "active"})).await.expect_problem(403, "forbidden");
    deadline::until("nothing serves any more", Duration::from_secs(10), async || {
        (scene.consumer.post("/api/generate/estimate", &core("a heron")).await.status == 503)
            .then_some(())
    })
    .await;
    scene.admin.put(&path, &json!({"status": "active", "reason": "for a test"})).await.expect(200);
    assert_eq!(scene.consumer.generate(&core("a heron")).await.status, "completed");
    assert_eq!(log_of(&scene.admin, "resource.disabled").await.len(), 1);
    scene
        .admin
        .put(&path, &json!({"status": "paused", "reason": "x"}))
        .await
        .expect_invalid("status");
    let unknown = "/api/admin/resources/01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3e/status";
    scene.admin.put(unknown, &disable).await.expect_problem(404, "not_found");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sanctioned_key_cannot_be_connected_again_by_anybody_until_an_admin_lifts_it() {
    let stack = Stack::builder().schedulers(0).start().await;
    let scene = stack.scene().await;
    let other = stack.user("other").await;
    let id = scene.resource.id.as_str();
    let disable = json!({"status": "disabled", "reason": "it was stolen"});
    scene.admin.put(&format!("/api/admin/resources/{id}/status"), &disable).await.expect(200);
    scene.owner.delete(&format!("/api/resource/{id}")).await.expect(204);

    let body = connect_body(&scene.key, "0.4", &json!({}));
    for user in [&scene.owner, &other] {
        let refused = user.post("/api/resource/connect", &body).await;
        let problem = refused.expect_problem(409, "resource.sanctioned");
        assert!(problem["detail"].as_str().unwrap().contains("it was stolen"), "{problem}");
    }
    let sanctions = scene.admin.get("/api/admin/sanctions").await.expect(200);
    assert_eq!(sanctions["items"][0]["id"], id);
    assert_eq!(sanctions["items"][0]["hosted"], false);
    assert!(!sanctions.to_string().contains(&scene.key.secret));
    scene.owner.get("/api/admin/sanctions").await.expect_problem(403, "forbidden");

    let lift = format!("/api/admin/sanctions/{id}?reason=returned%20to%20its%20owner");
    scene.admin.delete(&lift).await.expect(204);
    scene.admin.delete(&lift).await.expect_problem(404, "not_found");
    assert_eq!(log_of(&scene.admin, "sanction.lifted").await.len(), 1);
    let again = scene.owner.connect(&scene.key, "0.4", &json!({})).await;
    assert_eq!(again.id, id);
    assert_eq!(scene.consumer.generate(&core("a heron")).await.status, "completed");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_owners_keys_are_not_called_until_they_are_reinstated() {
    let stack = Stack::builder().schedulers(0).start().await;
    let scene = stack.scene().await;
    let path = format!("/api/admin/users/{}/status", scene.owner.id);
    let set = |status| json!({"status": status, "reason": "for a test"});

    scene.admin.put(&path, &set("suspended")).await.expect(200);
    deadline::until("nothing serves any more", Duration::from_secs(5), async || {
        (scene.consumer.post("/api/generate/estimate", &core("a heron")).await.status == 503)
            .then_some(())
    })
    .await;

    scene.admin.put(&path, &set("active")).await.expect(200);
    stack.await_resources(&scene.consumer, 1).await;
    assert_eq!(scene.consumer.generate(&core("a heron")).await.status, "completed");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policies_and_models_are_data_an_admin_keeps() {
    let stack = Stack::builder().schedulers(0).start().await;
    let scene = stack.scene().await;
    let admin = &scene.admin;

    let policy = admin.get("/api/admin/provider-policies/stability").await.expect(200);
    assert_eq!(
        (&policy["policy"], &policy["evidence"]),
        (&json!("third_party_allowed"), &json!("a simulated provider"))
    );
    let path = "/api/admin/provider-policies/stability";
    let valid = json!({"policy": "denied", "evidence": "x", "reviewed_at": "2026-01-01T00:00:00Z"});
    for (field, value) in
        [("policy", json!("maybe")), ("evidence", json!("")), ("reviewed_at", json!("today"))]
    {
        let mut body = valid.clone();
        body[field] = value;
        admin.put(path, &body).await.expect_invalid(field);
    }
    admin.put("/api/admin/provider-policies/nobody", &valid).await.expect_problem(404, "not_found");

    let model = json!({
        "provider": "stability", "wire_name": "sd3.5-flash", "display_name": "Flash",
        "units_per_image": "2.5", "aspect_ratios": ["1:1"], "output_formats": ["png"],
        "prompt_max_chars": 1_000, "prompt_languages": ["en"], "reason": "it is offered now",
    });
    assert_eq!(
        admin.post("/api/admin/models", &model).await.expect(201)["id"],
        "stability/sd3.5-flash"
    );
    let path = "/api/admin/models/stability/sd3.5-flash";
    let answer = admin.post("/api/admin/models", &model).await;
    assert_eq!(answer.status, 409, "{}", answer.code());
    deadline::until("consumers can pick it", Duration::from_secs(10), async || {
        let list = scene.consumer.get("/api/generate/models").await.json();
        list["items"].as_array()?.iter().any(|it| it["id"] == "stability/sd3.5-flash").then_some(())
    })
    .await;
    let body = json!({"prompt": "x".repeat(1_001), "model": "stability/sd3.5-flash"});
    scene
        .consumer
        .post("/api/generate/estimate", &body)
        .await
        .expect_problem(422, "generation.model_cannot");
    admin.put(path, &json!({"units_per_image": "2", "reason": "cheaper"})).await.expect(200);
    assert_eq!(admin.get(path).await.expect(200)["units_per_image"], "2");
    admin
        .put(path, &json!({"units_per_image": "0", "reason": "x"}))
        .await
        .expect_invalid("units_per_image");
    admin.delete(path).await.expect_invalid("reason");
    admin.delete(&format!("{path}?reason=gone")).await.expect(204);
    admin.get(path).await.expect_problem(404, "not_found");
    deadline::until("consumers cannot pick it any more", Duration::from_secs(10), async || {
        let body = json!({"prompt": "a heron", "model": "stability/sd3.5-flash"});
        (scene.consumer.post("/api/generate/estimate", &body).await.status == 400).then_some(())
    })
    .await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_sees_money_work_and_workers_and_rings_bells() {
    let stack = Stack::start().await;
    let scene = stack.scene().await;
    let task = scene.consumer.generate(&core("a heron")).await;
    let admin = &scene.admin;

    let rows =
        admin.get(&format!("/api/admin/transactions?reference={}", task.id)).await.expect(200);
    let row = &rows["items"][0];
    assert_eq!(
        (&row["kind"], &row["gross"], &row["fee"]),
        (&json!("settle"), &json!("1.5"), &json!("0.15"))
    );
    assert_eq!(row["from"]["user_id"], scene.consumer.id.as_str());
    assert_eq!(row["to"]["user_id"], scene.owner.id.as_str());
    let numbers = admin.get("/api/admin/statistics").await.expect(200);
    assert_eq!(
        (&numbers["tasks"]["completed"], &numbers["credits"]["spent"]),
        (&json!(1), &json!("1.5"))
    );
    let workers = admin.get("/api/admin/workers?state=alive").await.expect(200);
    assert_eq!(workers["items"].as_array().unwrap().len(), 1);
    assert_eq!(workers["items"][0]["permits"], 32);
    let jobs = admin.get("/api/admin/jobs").await.expect(200);
    assert_eq!(jobs["items"], json!([]));

    for kind in ["generate-image", "sync-quotas", "expire-credits"] {
        let rung = admin.ring(&format!("/api/admin/jobs/{kind}")).await.expect(202);
        assert_eq!(rung["kind"], kind);
    }
    let unknown = admin.ring("/api/admin/jobs/make-coffee").await;
    assert!(matches!(unknown.status, 400 | 404), "{}", unknown.status);
    let retry = format!("/api/admin/jobs/{}/retry", task.id);
    let reason = json!({"reason": "for a test"});
    admin.post(&retry, &reason).await.expect_problem(409, "job.not_parked");
    let unknown = "/api/admin/jobs/01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3e/retry";
    admin.post(unknown, &reason).await.expect_problem(404, "not_found");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_names_what_somebody_changed_behind_its_back() {
    let stack = Stack::builder().schedulers(0).start().await;
    let scene = stack.scene().await;
    scene.consumer.generate(&core("a heron")).await;
    let clean = scene.admin.ring("/api/admin/audit").await.expect(200);
    assert_eq!(clean["ok"], true, "{clean}");
    assert!(clean["checks"].as_array().unwrap().iter().all(|it| it["elapsed_ms"].is_number()));

    let tamper = |amount: &str| {
        format!(
            "UPDATE ledger.wallet SET available = available + {amount} WHERE user_id = '{}'",
            scene.consumer.id
        )
    };
    stack.sql(&tamper("0.000001")).await;
    let report = scene.admin.ring("/api/admin/audit").await.expect(200);
    let named: Vec<&str> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["violations"] != 0)
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(report["ok"], false);
    assert!(named.contains(&"wallet_entries") && named.contains(&"wallet_grants"), "{named:?}");
    let ctl = ctl(&stack, &["audit", "--json"], "");
    assert_eq!(ctl.status.code(), Some(1));
    let printed: Value = serde_json::from_slice(&ctl.stdout).unwrap();
    assert_eq!(printed["ok"], false);

    stack.sql(&tamper("-0.000001")).await;
    assert!(self::ctl(&stack, &["audit"], "").status.success());
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_makes_an_admin_who_can_sign_in() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;

    let email = "root@example.com";
    let made =
        ctl(&stack, &["create-admin", "--email", email, "--password-stdin"], "a long password\n");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));

    let body = json!({"email": email, "password": "a long password"});
    let session = stack.anonymous().post("/api/auth/login", &body).await.expect(200);
    let token = session["access_token"].as_str().unwrap();
    let admin = stack.anonymous().with_token(token);
    admin.get("/api/admin/statistics").await.expect(200);
    let again = ctl(&stack, &["migrate"], "");
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_registered_the_operators_address_first_is_no_admin_for_it() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let squatter = stack.user("root").await;
    let args = ["create-admin", "--email", &squatter.email, "--password-stdin"];

    let refused = ctl(&stack, &args, "a long password\n");
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--promote"));
    squatter.get("/api/auth/profile").await.expect(200);

    let promoted = ctl(&stack, &[&args[..], &["--promote"]].concat(), "a long password\n");
    assert!(promoted.status.success(), "{}", String::from_utf8_lossy(&promoted.stderr));
    deadline::until("the old token ends", Duration::from_secs(5), async || {
        let answer = squatter.get("/api/admin/statistics").await;
        assert!(matches!(answer.status, 401 | 403), "{}", answer.status);
        (answer.status == 401).then_some(())
    })
    .await;
    let body = json!({"email": squatter.email, "password": "a long password"});
    let session = stack.anonymous().post("/api/auth/login", &body).await.expect(200);
    let admin = stack.anonymous().with_token(session["access_token"].as_str().unwrap());
    admin.get("/api/admin/statistics").await.expect(200);
    stack.finish().await;
}

/// Runs the operator's command line as superuser.
fn ctl(stack: &Stack, args: &[&str], input: &str) -> std::process::Output {
    use std::io::Write as _;
    use std::process::Stdio;
    let env = BTreeMap::from([
        ("DATABASE_URL", stack.database.url().expose_secret().to_owned()),
        ("REDIS_URL", devkit::server::redis::url_as(stack.redis_url.as_str(), "aether_ctl")),
        ("AETHERFLOW_REDIS_NAMESPACE", stack.redis_namespace.clone()),
    ]);
    let mut child = Command::new(environment::program("ctl"))
        .args(args)
        .env_clear()
        .envs(env)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ctl starts");
    child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("ctl reads");
    child.wait_with_output().expect("ctl ends")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_new_user_starts_with_is_a_grant_like_any_other() {
    let stack = Stack::builder()
        .workers(0)
        .schedulers(0)
        .setting("api", "AETHERFLOW_SIGN_UP_GRANT", "12.5")
        .start()
        .await;

    let user = stack.user("ada").await;

    let balance = user.balance().await;
    assert_eq!(balance.total, credits("12.5"));
    assert_eq!(balance.grants[0].source, "sign_up");
    assert_eq!(user.transactions().await[0].balance_after, credits("12.5"));
    stack.finish().await;
}
