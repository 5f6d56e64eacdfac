//! The main job, end to end: submit, choose, call, keep, settle, download.

use serde_json::json;
use sha2::{Digest, Sha256};
use tests::client::credits;
use tests::stack::{Stack, core};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_is_made_charged_and_earned_to_the_last_place() {
    let stack = Stack::start().await;
    let scene = stack.scene_with(json!({}), &json!({"price_per_unit": "0.333333"})).await;

    let body = json!({
        "prompt": "a lighthouse at dawn",
        "model": "stability/sd3.5-medium",
        "aspect_ratio": "16:9",
        "output_format": "webp",
        "seed": 42,
    });
    let task = scene.consumer.generate(&body).await;

    // 3.5 units at 0.333333 are 1.1666655, half up to the sixth place.
    assert_eq!(task.status, "completed", "{task:#?}");
    assert_eq!(task.credits_cost, Some(credits("1.166666")));
    assert_eq!(task.model.as_deref(), Some("stability/sd3.5-medium"));
    assert_eq!(task.attempt_states(), ["delivered"]);
    let image = task.image.as_ref().unwrap();
    assert_eq!(image.content_type, "image/webp");
    assert!(image.width > image.height, "{image:?}");
    let bytes = scene.consumer.image(&task).await;
    assert_eq!(bytes.len() as u64, image.bytes);
    assert_eq!(&bytes[8..12], b"WEBP");

    // The consumer paid exactly that, the owner has it less a tenth, rounded in one place only.
    let balance = scene.consumer.balance().await;
    assert_eq!(balance.available, credits("998.833334"));
    assert_eq!(balance.held, credits("0"));
    let spent = &scene.consumer.transactions().await[0];
    assert_eq!((spent.r#type.as_str(), spent.amount), ("consume", credits("-1.166666")));
    assert_eq!(spent.balance_after, balance.total);
    assert_eq!(spent.related_task_id.as_ref(), Some(&task.id));
    let [earning] = &scene.owner.earnings_of(&task).await[..] else { panic!("one line a task") };
    assert_eq!(earning.gross, credits("1.166666"));
    assert_eq!(earning.commission, credits("0.116667"));
    assert_eq!(earning.net, credits("1.049999"));
    assert_eq!(earning.resource_id, scene.resource.id);
    assert_eq!(earning.state, "pending");

    // And the provider made exactly one image, for 3.5 of its credits.
    let books = scene.key.books().await;
    assert_eq!((books.calls, books.images, books.credits), (1, 1, credits("3.5")));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_model_and_format_makes_an_image_of_its_own() {
    let stack = Stack::start().await;
    let scene = stack.scene().await;
    let mut digests = Vec::new();
    let mut cost = credits("0");

    for (model, units) in [
        ("ultra", "8"),
        ("core", "3"),
        ("sd3.5-large", "6.5"),
        ("sd3.5-large-turbo", "4"),
        ("sd3.5-medium", "3.5"),
    ] {
        for format in ["png", "jpeg", "webp"] {
            let body = json!({
                "prompt": "a red fox in snow",
                "model": format!("stability/{model}"),
                "output_format": format,
                "seed": 7,
            });
            let task = scene.consumer.generate(&body).await;
            assert_eq!(task.status, "completed", "{model} {format}: {task:#?}");
            assert_eq!(task.image.as_ref().unwrap().content_type, format!("image/{format}"));
            digests.push(Sha256::digest(scene.consumer.image(&task).await));
            cost += credits(units) * credits("0.5");
        }
    }

    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), 15);
    assert_eq!(scene.consumer.balance().await.available, credits("1000") - cost);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tasks_at_once_go_through_two_workers_and_every_one_is_paid_once() {
    let stack = Stack::builder().workers(2).start().await;
    let scene = stack.scene_with(json!({}), &json!({"concurrency_limit": 16})).await;

    let tasks = futures::future::join_all((0..48).map(|number| {
        let body = core(&format!("picture number {number}"));
        let consumer = scene.consumer.clone();
        async move { consumer.generate(&body).await }
    }))
    .await;

    assert!(tasks.iter().all(|it| it.status == "completed"), "{tasks:#?}");
    assert_eq!(scene.consumer.balance().await.available, credits("1000") - credits("72"));
    let books = scene.key.books().await;
    assert_eq!((books.calls, books.images), (48, 48));
    assert!(books.in_flight_max <= 16, "{books:?}");
    stack.finish().await;
}
