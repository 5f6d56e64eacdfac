//! `/v1`: the account of a key.

use reqwest::Method;
use serde_json::json;

use crate::published::{self, names, strings};
use crate::stage::{Stage, judged};

#[tokio::test]
async fn the_balance_is_what_was_put_less_what_was_made() {
    let stage = Stage::with_key(json!({"balance": 10})).await;
    let balance = async || judged(stage.v1("sk-a", "user/balance").send().await.unwrap()).await;

    let before = balance().await;
    stage.call("sk-a", "sd3").send().await;
    let after = balance().await;

    assert_eq!(before, (200, json!({"credits": 10.0})));
    assert_eq!(after, (200, json!({"credits": 3.5})));
}

#[tokio::test]
async fn account_and_engines_have_the_published_fields() {
    let stage = Stage::with_key(json!({})).await;
    let published = published::stability();

    let (_, account) = judged(stage.v1("sk-a", "user/account").send().await.unwrap()).await;
    let (_, engines) = judged(stage.v1("sk-a", "engines/list").send().await.unwrap()).await;

    assert_eq!(names(&account), strings(&published["account_fields"]));
    let organization = names(&account["organizations"][0]);
    assert_eq!(organization, strings(&published["organization_fields"]));
    assert_eq!(names(&engines[0]), strings(&published["engine_fields"]));
}

#[tokio::test]
async fn an_unknown_or_deleted_key_is_unauthorized_in_the_shape_of_v1() {
    let stage = Stage::with_key(json!({})).await;
    let published = published::stability();
    stage.control(Method::DELETE, "stability/keys/sk-a").send().await.unwrap();

    for path in ["user/balance", "user/account", "engines/list"] {
        let (status, body) = judged(stage.v1("sk-a", path).send().await.unwrap()).await;

        assert_eq!((status, &body["name"]), (401, &json!("unauthorized")));
        assert_eq!(names(&body), strings(&published["v1_error_fields"]));
    }
}

#[tokio::test]
async fn asking_for_the_balance_is_no_call_and_meets_no_fault() {
    let stage = Stage::with_key(json!({"faults": {"key_invalid": 1}})).await;

    let (status, _) = judged(stage.v1("sk-a", "user/balance").send().await.unwrap()).await;

    assert_eq!(status, 200);
    assert_eq!(stage.key("sk-a").await["calls"], 0);
}
