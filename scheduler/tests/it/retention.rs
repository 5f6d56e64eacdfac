use std::sync::Arc;

use scheduler::duty::image_retention;
use shared::images::{Rendition, RenditionFormat};

use crate::exchange::{Exchange, NOTHING, did, u};

/// One task with a charged and a surplus image, one that waits.
async fn with_images() -> Exchange {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT submit('11'), claim('11', '21', 'e1'), lose('21')").await;
    exchange.sql("SELECT claim('11', '22', 'e2'), settle('22'), settle('21')").await;
    exchange.sql("SELECT submit('12')").await;
    exchange.keep_image("11", "21").await;
    exchange.keep_image("11", "22").await;
    exchange
}

#[tokio::test]
async fn images_kept_long_enough_are_deleted_also_those_nobody_was_charged_for() {
    let mut exchange = with_images().await;
    let deps = exchange.scheduler().await;
    assert_eq!(did(image_retention::run(Arc::clone(&deps)).await), NOTHING);

    exchange.advance("31 days").await;

    assert_eq!(did(image_retention::run(Arc::clone(&deps)).await), [("tasks", 1)]);
    assert!(!exchange.has_image("11", "21").await && !exchange.has_image("11", "22").await);
    let marked = "SELECT string_agg((image_deleted_at IS NOT NULL)::text, ',' ORDER BY id) FROM generation.task";
    assert_eq!(exchange.text(marked).await, "true,false");
    assert_eq!(did(image_retention::run(deps).await), NOTHING);
    exchange.close().await;
}

#[tokio::test]
async fn what_was_made_of_an_image_is_deleted_with_it() {
    let mut exchange = with_images().await;
    let (deps, images) = (exchange.scheduler().await, exchange.images().await);
    let small = Rendition::new(Some(64), RenditionFormat::Jpeg).unwrap();
    images.keep_rendition(u("11"), u("22"), small, "small".into()).await.unwrap();
    assert!(images.find_rendition(u("11"), u("22"), small).await.unwrap().is_some());

    exchange.advance("31 days").await;

    assert_eq!(did(image_retention::run(deps).await), [("tasks", 1)]);
    assert!(images.find_rendition(u("11"), u("22"), small).await.unwrap().is_none());
    exchange.close().await;
}

#[tokio::test]
async fn two_leaders_delete_the_same_images_without_harm() {
    let mut exchange = with_images().await;
    exchange.advance("31 days").await;
    let (one, other) = (exchange.scheduler().await, exchange.scheduler().await);

    let (first, second) = tokio::join!(
        tokio::spawn(image_retention::run(Arc::clone(&one))),
        tokio::spawn(image_retention::run(Arc::clone(&other)))
    );

    did(first.unwrap());
    did(second.unwrap());
    assert!(!exchange.has_image("11", "21").await && !exchange.has_image("11", "22").await);
    assert_eq!(did(image_retention::run(one).await), NOTHING);
    exchange.close().await;
}

#[tokio::test]
async fn a_walk_of_many_tasks_goes_on_where_it_was_and_then_begins_anew() {
    let mut exchange = with_images().await;
    exchange
        .sql(
            "INSERT INTO generation.task
             SELECT (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid()))).*
               FROM generation.task t, generate_series(1, 700) WHERE t.id = u('11');
             UPDATE generation.task SET id = ('00000000' || right(id::text, 28))::uuid;
             INSERT INTO generation.attempt
             SELECT (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(), 'task_id', t.id, 'no', 7))).*
               FROM generation.task t, generation.attempt a WHERE t.id <> u('11') AND a.id = u('22') AND t.status = 'completed'",
        )
        .await;
    exchange.advance("31 days").await;
    let deps = exchange.scheduler().await;

    let first = image_retention::run(Arc::clone(&deps)).await.unwrap();
    assert!(first.more);
    assert_eq!(first.count("tasks"), 500);
    let second = image_retention::run(Arc::clone(&deps)).await.unwrap();
    assert!(!second.more);
    assert_eq!(second.count("tasks"), 201);
    exchange.sql("UPDATE generation.task SET image_deleted_at = NULL WHERE id = u('11')").await;
    assert_eq!(did(image_retention::run(deps).await), [("tasks", 1)]);
    exchange.database.drop().await;
}

#[tokio::test]
async fn what_the_store_did_not_delete_is_not_noted_as_deleted() {
    let mut exchange = with_images().await;
    exchange.advance("31 days").await;
    let deps = exchange.scheduler().await;
    let folder = exchange.folder.path().to_owned();
    let elsewhere = folder.with_extension("unmounted");
    std::fs::rename(&folder, &elsewhere).unwrap();
    std::fs::create_dir(&folder).unwrap();

    let report = image_retention::run(Arc::clone(&deps)).await.unwrap();

    assert!(report.trouble.is_some() && !report.did_something());
    std::fs::remove_dir(&folder).unwrap();
    std::fs::rename(&elsewhere, &folder).unwrap();
    assert_eq!(did(image_retention::run(deps).await), [("tasks", 1)]);
    exchange.close().await;
}
