//! Tabs of one browser, each of which finds the same token about to expire.

use futures::future::join_all;
use serde_json::{Value, json};
use tests::client::{Answer, Caller};
use tests::stack::Stack;

async fn refresh(caller: &Caller, session: &Value) -> Answer {
    let body = json!({"refresh_token": session["refresh_token"]});
    caller.post("/api/auth/refresh", &body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_tabs_at_two_apis_that_refresh_at_once_are_all_answered_and_their_session_lives_on()
{
    let stack = Stack::builder().apis(2).workers(0).schedulers(0).start().await;
    let user = stack.user("ada").await;
    let apis = ["api-1", "api-2"].map(|it| Caller::anonymous(stack.api_url_of(it)));
    let body = json!({"email": user.email, "password": user.password});
    let session = apis[0].post("/api/auth/login", &body).await.expect(200);

    let answers = join_all((0..16).map(|tab| refresh(&apis[tab % 2], &session))).await;
    let mut tabs: Vec<Value> = answers.into_iter().map(|it| it.expect(200)).collect();
    let mut tokens: Vec<&str> =
        tabs.iter().map(|it| it["refresh_token"].as_str().unwrap()).collect();
    tokens.sort_unstable();
    tokens.dedup();
    assert_eq!(tokens.len(), 16, "a token each");
    let accesses: Vec<String> =
        tabs.iter().map(|it| it["access_token"].as_str().unwrap().to_owned()).collect();

    for _ in 0..2 {
        // Each with its own token, and again all at once: the younger retire the older, the youngest nobody.
        let answers =
            join_all(tabs.iter().enumerate().map(|(tab, it)| refresh(&apis[(tab + 1) % 2], it)));
        let (renewed, retired): (Vec<_>, Vec<_>) =
            answers.await.into_iter().partition(|it| it.status == 200);
        assert!(!renewed.is_empty(), "somebody lives on");
        for tab in retired {
            tab.expect_problem(401, "auth.invalid_token");
        }
        tabs = renewed.into_iter().map(|it| it.expect(200)).collect();
    }

    for (tab, token) in accesses.iter().enumerate() {
        apis[tab % 2].with_token(token).get("/api/auth/profile").await.expect(200);
    }
    stack.finish().await;
}
