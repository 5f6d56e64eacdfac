//! Tabs of one browser, each of which finds the same token about to expire.

use futures::future::join_all;
use serde_json::{Value, json};
use tests::client::Caller;
use tests::stack::Stack;

async fn refresh(caller: &Caller, session: &Value) -> Value {
    let body = json!({"refresh_token": session["refresh_token"]});
    caller.post("/api/auth/refresh", &body).await.expect(200)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_tabs_at_two_apis_that_refresh_at_once_all_stay_signed_in() {
    let stack = Stack::builder().apis(2).workers(0).schedulers(0).start().await;
    let user = stack.user("ada").await;
    let apis = ["api-1", "api-2"].map(|it| Caller::anonymous(stack.api_url_of(it)));
    let body = json!({"email": user.email, "password": user.password});
    let session = apis[0].post("/api/auth/login", &body).await.expect(200);

    let mut tabs: Vec<Value> = join_all((0..16).map(|tab| refresh(&apis[tab % 2], &session))).await;
    for _ in 0..2 {
        // Each with its own token from now on, and again all at once.
        tabs = join_all(tabs.iter().enumerate().map(|(tab, it)| refresh(&apis[(tab + 1) % 2], it)))
            .await;
    }

    for (tab, session) in tabs.iter().enumerate() {
        let caller = apis[tab % 2].with_token(session["access_token"].as_str().unwrap());
        caller.get("/api/auth/profile").await.expect(200);
    }
    let mut tokens: Vec<&str> =
        tabs.iter().map(|it| it["refresh_token"].as_str().unwrap()).collect();
    tokens.sort_unstable();
    tokens.dedup();
    assert_eq!(tokens.len(), 16, "a token each");
    stack.finish().await;
}
