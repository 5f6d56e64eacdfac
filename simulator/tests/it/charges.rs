//! Prices, and records that are exact however many clients call at once.

use std::collections::HashSet;

use futures::future::join_all;
use serde_json::{Value, json};

use crate::published::{self, strings};
use crate::stage::{Stage, judged};

#[tokio::test]
async fn each_model_takes_its_published_price() {
    let stage = Stage::new().await;
    let published = published::stability();
    for (model, credits) in published["credits"].as_object().unwrap() {
        stage.put(model, json!({"balance": 100})).await;
        let call = match model.as_str() {
            "ultra" | "core" | "sd3" => stage.call(model, model),
            _ => stage.call(model, "sd3").text("model", model),
        };

        let answer = call.header("x-request-id", "attempt").send().await;

        assert_eq!(answer.status(), 200, "{model}");
        let view = stage.key(model).await;
        let credits = credits.as_f64().unwrap();
        assert_eq!(view["credits"], json!(credits), "{model}");
        assert_eq!(view["balance"], json!(100.0 - credits), "{model}");
        let made = &view["made"][0];
        assert_eq!((&made["request_id"], &made["credits"]), (&json!("attempt"), &json!(credits)));
        assert!(made["at_ms"].as_u64().unwrap() > 1_600_000_000_000);
    }
}

#[tokio::test]
async fn a_balance_that_does_not_suffice_is_refused_in_the_observed_words() {
    let stage = Stage::with_key(json!({"balance": "5.9"})).await;

    let first = stage.core().await;
    let (status, body) = judged(stage.core().await).await;

    assert_eq!(first.status(), 200);
    assert_eq!((status, &body["name"]), (402, &json!("payment_required")));
    let message = body["errors"][0].as_str().unwrap();
    assert!(message.starts_with("You lack sufficient credits to make this request."));
    let view = stage.key("sk-a").await;
    assert_eq!((&view["balance"], &view["images"]), (&json!(2.9), &json!(1)));
}

async fn parallel_clients(settings: Value) -> (Vec<(String, u16)>, Value) {
    let stage = Stage::with_key(settings).await;
    let clients = (0..32).map(|client| {
        let stage = &stage;
        async move {
            let mut outcomes = Vec::new();
            for call in 0..10 {
                let id = format!("{client}-{call}");
                let answer = stage.call("sk-a", "sd3").header("x-request-id", &id).send().await;
                outcomes.push((id, answer.status().as_u16()));
            }
            outcomes
        }
    });
    let outcomes = join_all(clients).await.concat();
    (outcomes, stage.key("sk-a").await)
}

fn check_books(outcomes: &[(String, u16)], view: &Value, images: usize) {
    let delivered: HashSet<_> =
        outcomes.iter().filter(|(_, status)| *status == 200).map(|(id, _)| id.as_str()).collect();
    let attempts: HashSet<_> = strings(&view["attempts"]).into_iter().collect();
    let refused = outcomes.iter().filter(|(_, status)| *status == 402).count();
    assert_eq!(delivered.len(), images);
    assert_eq!(refused, outcomes.len() - images);
    assert_eq!(attempts, delivered);
    assert_eq!(view["images"], images);
    assert_eq!(view["made"].as_array().unwrap().len(), images);
    assert_eq!(view["calls"], outcomes.len());
    assert_eq!(view["in_flight"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_two_clients_never_spend_a_credit_twice() {
    // 1000 pays for 153 images of 6.5 and leaves 5.5.
    let (outcomes, view) = parallel_clients(json!({"balance": 1000, "lockout": false})).await;

    check_books(&outcomes, &view, 153);
    assert_eq!((&view["balance"], &view["credits"]), (&json!(5.5), &json!(994.5)));
}

#[tokio::test(flavor = "multi_thread")]
async fn credits_of_images_being_made_are_not_spent_again() {
    let settings = json!({
        "balance": 1000, "lockout": false, "latency_ms": 20, "latency_jitter_ms": 20,
    });

    let (outcomes, view) = parallel_clients(settings).await;

    check_books(&outcomes, &view, 153);
    assert_eq!((&view["balance"], &view["credits"]), (&json!(5.5), &json!(994.5)));
    assert!((2..=32).contains(&view["in_flight_max"].as_u64().unwrap()), "{view}");
}

#[tokio::test]
async fn images_are_listed_in_the_order_they_were_made() {
    let stage = Stage::with_key(json!({"lockout": false})).await;
    let ids: Vec<String> = (0..20).map(|n| format!("attempt-{n}")).collect();

    for id in &ids {
        stage.call("sk-a", "core").header("x-request-id", id).send().await;
    }

    assert_eq!(stage.key("sk-a").await["attempts"], json!(ids));
}

#[tokio::test]
async fn a_call_without_request_id_is_booked_under_the_providers_own() {
    let stage = Stage::with_key(json!({})).await;

    let answer = stage.core().await;

    let own = answer.headers()["x-request-id"].to_str().unwrap();
    assert_eq!(stage.key("sk-a").await["attempts"], json!([own]));
}
