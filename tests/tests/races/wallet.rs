//! One wallet, many clients.

use futures::future::join_all;
use serde_json::json;
use tests::client::{Task, credits};
use tests::stack::{Stack, core};

const CLIENTS: usize = 32;
/// Full holds there are credits for: the estimate of 1.5 and a tenth.
const FULL_HOLDS: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_two_clients_never_overdraw_one_wallet_and_use_what_others_gave_back() {
    let stack = Stack::builder().apis(2).workers(2).start().await;
    let scene =
        stack.scene_with(json!({"latency_ms": 100}), &json!({"concurrency_limit": 16})).await;
    let poor = stack.user("poor").await;
    scene.admin.grant(&poor, "8.25").await;
    let apis = ["api-1", "api-2"].map(|it| poor.through(stack.api_url_of(it)));

    // Every client submits until it is refused, so that headroom given back meanwhile is fought for too.
    let rounds = join_all((0..CLIENTS).map(|client| {
        let api = apis[client % 2].clone();
        async move {
            let mut admitted: Vec<Task> = Vec::new();
            loop {
                let answer = api.post("/api/generate/text-to-image", &core("a lighthouse")).await;
                if answer.status != 202 {
                    answer.expect_problem(402, "credits.insufficient");
                    return admitted;
                }
                admitted.push(answer.expect_as(202));
            }
        }
    }))
    .await;

    let admitted: Vec<Task> = rounds.into_iter().flatten().collect();
    assert!(admitted.len() >= FULL_HOLDS, "{}", admitted.len());
    for task in &admitted {
        assert!((credits("1.5")..=credits("1.65")).contains(&task.credits_held), "{task:#?}");
        assert_eq!(poor.wait(task).await.status, "completed");
    }
    let spent = credits("1.5") * rust_decimal::Decimal::from(admitted.len());
    let balance = poor.balance().await;
    assert_eq!((balance.available, balance.held), (credits("8.25") - spent, credits("0")));
    let lines = poor.transactions().await;
    assert!(lines.iter().all(|it| it.balance_after >= credits("0")), "{lines:#?}");
    stack.finish().await;
}
