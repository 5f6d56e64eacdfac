use std::sync::Arc;
use std::time::Duration;

use scheduler::Deps;
use scheduler::duty::rescue;
use shared::jobs::{Channels, Listener};

use crate::exchange::{Counts, Exchange, NOTHING, did, u};

async fn rescue(deps: &Arc<Deps>) -> Counts {
    did(rescue::run(Arc::clone(deps)).await)
}

/// An exchange whose worker died a minute ago with these tasks and attempts out.
async fn after_a_crash(attempts: &[(&str, &str)]) -> Exchange {
    let mut exchange = Exchange::open().await;
    exchange.sql("UPDATE pool.model SET run_seconds_max = 120").await;
    for (task, attempt) in attempts {
        exchange.sql(&format!("SELECT submit('{task}'), claim('{task}', '{attempt}', 'e1')")).await;
    }
    exchange.advance("1 minute").await;
    exchange
}

#[tokio::test]
async fn an_attempt_whose_image_was_kept_is_settled() {
    let mut exchange = after_a_crash(&[("11", "21")]).await;
    exchange.keep_image("11", "21").await;
    let deps = exchange.scheduler().await;

    assert_eq!(rescue(&deps).await, [("silent_boots", 1), ("settled", 1)]);

    assert_eq!(exchange.task("11").await, "completed");
    assert_eq!(exchange.attempt("21").await, "delivered");
    let image = "SELECT (image_content_type, image_width, image_height, image_bytes, image_seed, length(image_sha256))
                   FROM generation.task";
    assert_eq!(exchange.text(image).await, "(image/png,64,32,31,7,32)");
    assert_eq!(rescue(&deps).await, NOTHING);
    exchange.close().await;
}

#[tokio::test]
async fn an_attempt_without_an_image_is_unknown_and_its_task_goes_to_another_key() {
    let mut exchange = after_a_crash(&[("11", "21")]).await;
    let deps = exchange.scheduler().await;

    assert_eq!(rescue(&deps).await, [("silent_boots", 1), ("unknown", 1)]);

    assert_eq!(exchange.task("11").await, "pending");
    let attempt = "SELECT (state, error_class, billed, occupies) FROM generation.attempt";
    assert_eq!(exchange.text(attempt).await, "(unknown,crashed,f,t)");
    let excluded =
        "SELECT excluded = ARRAY[u('e1')] AND next_at <= aether.now() FROM generation.task";
    assert_eq!(exchange.text(excluded).await, "true");
    let health = "SELECT (health, day_units) FROM pool.resource_state WHERE resource_id = u('e1')";
    assert_eq!(exchange.text(health).await, "(ok,3.000000)");
    assert_eq!(rescue(&deps).await, NOTHING);
    exchange.close().await;
}

#[tokio::test]
async fn a_task_lost_inside_a_living_worker_is_rescued_a_lease_after_its_hard_deadline() {
    let mut exchange = after_a_crash(&[("11", "21")]).await;
    let deps = exchange.scheduler().await;
    exchange.sql("SELECT generation.beat(u('b1'), 1)").await;

    assert_eq!(rescue(&deps).await, NOTHING);

    exchange.advance("81 seconds").await;
    exchange.sql("SELECT generation.beat(u('b1'), 1)").await;
    assert_eq!(rescue(&deps).await, [("unknown", 1)]);
    assert_eq!(exchange.task("11").await, "pending");
    exchange.close().await;
}

#[tokio::test]
async fn nobody_is_declared_dead_before_the_database_answered_for_a_lease() {
    let mut exchange = after_a_crash(&[("11", "21")]).await;
    let deps = exchange.fresh_scheduler().await;

    assert_eq!(rescue(&deps).await, NOTHING);

    assert_eq!(exchange.attempt("21").await, "calling");
    assert_eq!(
        exchange.text("SELECT count(*) FROM generation.boot WHERE ended_at IS NULL").await,
        "1"
    );
    exchange.close().await;
}

#[tokio::test]
async fn a_store_that_cannot_be_asked_is_not_a_store_without_the_image() {
    let mut exchange = after_a_crash(&[("11", "21")]).await;
    exchange.keep_image("11", "21").await;
    let deps = exchange.scheduler().await;
    let folder = exchange.folder.path().to_owned();
    let elsewhere = folder.with_extension("unmounted");
    std::fs::rename(&folder, &elsewhere).unwrap();
    std::fs::create_dir(&folder).unwrap();

    let report = rescue::run(Arc::clone(&deps)).await.unwrap();

    assert!(report.trouble.is_some());
    assert_eq!(report.counts(), [("silent_boots", 1)]);
    assert!(!deps.store_works());
    assert_eq!(exchange.attempt("21").await, "calling");
    assert_eq!(exchange.task("11").await, "processing");

    std::fs::remove_dir(&folder).unwrap();
    std::fs::rename(&elsewhere, &folder).unwrap();
    assert_eq!(rescue(&deps).await, [("settled", 1)]);
    assert!(deps.store_works());
    exchange.close().await;
}

#[tokio::test]
async fn a_damaged_image_waits_for_an_admin_and_is_not_bought_again() {
    let mut exchange = after_a_crash(&[("11", "21")]).await;
    exchange.keep_image("11", "21").await;
    spoil_images(exchange.folder.path());
    let deps = exchange.scheduler().await;

    assert_eq!(rescue(&deps).await, [("silent_boots", 1), ("parked", 1)]);

    assert_eq!(exchange.task("11").await, "processing");
    let error = exchange.text("SELECT settle_error FROM generation.task").await;
    assert!(error.contains("damaged"), "{error}");
    assert_eq!(rescue(&deps).await, NOTHING);
    exchange.close().await;
}

fn spoil_images(folder: &std::path::Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            spoil_images(&path);
        } else if path.file_name().unwrap().to_str().unwrap().starts_with("00000000") {
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[0] ^= 1;
            std::fs::write(&path, bytes).unwrap();
        }
    }
}

#[tokio::test]
async fn a_settlement_that_fails_is_parked_and_settles_when_an_admin_wants_it_again() {
    let mut exchange = after_a_crash(&[("11", "21"), ("12", "22")]).await;
    exchange.keep_image("11", "21").await;
    exchange.keep_image("12", "22").await;
    let deps = exchange.scheduler().await;
    exchange
        .sql(
            "CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
             CREATE TRIGGER fail BEFORE INSERT ON ledger.journal
                 FOR EACH ROW WHEN (new.ref = '00000000-0000-7000-8000-000000000011') EXECUTE FUNCTION fail()",
        )
        .await;

    assert_eq!(rescue(&deps).await.iter().map(|it| it.1).sum::<u64>(), 3);
    assert_eq!(exchange.task("11").await, "processing");
    assert_eq!(exchange.task("12").await, "completed");
    assert_eq!(rescue(&deps).await, NOTHING, "nobody asked for it again");

    exchange.sql("SELECT generation.retry_settlement(u('11'))").await;
    assert_eq!(rescue(&deps).await, [("parked", 1)], "it fails still");
    assert_eq!(rescue(&deps).await, NOTHING);

    exchange
        .sql("DROP TRIGGER fail ON ledger.journal; SELECT generation.retry_settlement(u('11'))")
        .await;
    assert_eq!(rescue(&deps).await, [("settled", 1)]);
    assert_eq!(exchange.task("11").await, "completed");
    exchange.close().await;
}

#[tokio::test]
async fn a_parked_settlement_whose_image_is_gone_stays_parked_and_says_why() {
    let mut exchange = after_a_crash(&[("11", "21")]).await;
    let deps = exchange.scheduler().await;
    exchange
        .sql(
            "SELECT generation.park_settlement(u('21'), 'm'), generation.retry_settlement(u('11'))",
        )
        .await;

    assert_eq!(rescue(&deps).await, [("silent_boots", 1), ("parked", 1)]);

    let error = "SELECT settle_error FROM generation.task";
    assert_eq!(exchange.text(error).await, "the store holds no image of it");
    assert_eq!(exchange.attempt("21").await, "unknown");
    assert_eq!(rescue(&deps).await, NOTHING);
    exchange.close().await;
}

#[tokio::test]
async fn a_kept_image_whose_task_was_completed_meanwhile_is_surplus() {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT submit('11'), claim('11', '21', 'e1'), lose('21')").await;
    exchange.sql("SELECT claim('11', '22', 'e2'), settle('21')").await;
    exchange.keep_image("11", "22").await;
    exchange.advance("1 minute").await;
    let deps = exchange.scheduler().await;

    assert_eq!(rescue(&deps).await, [("silent_boots", 1), ("surplus", 1)]);

    assert_eq!(exchange.attempt("21").await, "delivered");
    assert_eq!(exchange.attempt("22").await, "surplus");
    exchange.close().await;
}

#[tokio::test]
async fn a_task_that_was_to_be_canceled_ends_with_its_lost_attempt() {
    let mut exchange = after_a_crash(&[("11", "21")]).await;
    exchange.sql("SELECT generation.cancel_task(u('11'), NULL)").await;
    let deps = exchange.scheduler().await;

    assert_eq!(rescue(&deps).await, [("silent_boots", 1), ("unknown", 1)]);

    assert_eq!(exchange.task("11").await, "canceled");
    assert_eq!(
        exchange.text("SELECT available FROM ledger.wallet WHERE user_id = u('c1')").await,
        "100.000000"
    );
    exchange.close().await;
}

#[tokio::test]
async fn two_leaders_at_once_rescue_each_attempt_once() {
    let attempts =
        [("11", "21"), ("12", "22"), ("13", "23"), ("14", "24"), ("15", "25"), ("16", "26")];
    let mut exchange = after_a_crash(&attempts).await;
    for (task, attempt) in &attempts[..3] {
        exchange.keep_image(task, attempt).await;
    }
    let (one, other) = (exchange.scheduler().await, exchange.scheduler().await);

    let (first, second) = tokio::join!(
        tokio::spawn(rescue::run(Arc::clone(&one))),
        tokio::spawn(rescue::run(Arc::clone(&other)))
    );

    let (first, second) = (first.unwrap().unwrap(), second.unwrap().unwrap());
    assert!(first.trouble.is_none() && second.trouble.is_none());
    for (what, count) in [("silent_boots", 1), ("settled", 3), ("unknown", 3)] {
        assert_eq!(first.count(what) + second.count(what), count, "{what}");
    }
    let charged = "SELECT sum(gross) FROM ledger.journal WHERE kind = 'settle'";
    assert_eq!(exchange.text(charged).await, "13.500000");
    exchange.close().await;
}

#[tokio::test]
async fn whoever_waits_for_a_rescued_task_is_told() {
    let mut exchange = after_a_crash(&[("11", "21"), ("12", "22")]).await;
    exchange.keep_image("11", "21").await;
    exchange.sql("SELECT generation.cancel_task(u('12'), NULL)").await;
    let client = redis::Client::open(devkit::environment::redis_url()).unwrap();
    let namespace = uuid::Uuid::now_v7().to_string();
    let deps = exchange.scheduler_with(client.clone(), &namespace).await;
    let mut ended = Listener::listen_ended(client.clone(), &Channels::new(&namespace));
    subscribed(&client, &Channels::new(&namespace)).await;
    let now = std::time::Instant::now();
    for seconds in (0..=21).rev() {
        let at = now.checked_sub(Duration::from_secs(seconds)).unwrap();
        deps.watch.answered(at, at);
    }

    rescue(&deps).await;

    let mut told = Vec::new();
    while told.len() < 2 {
        let message = tokio::time::timeout(Duration::from_secs(10), ended.recv()).await;
        told.extend(message.expect("in time").expect("the listener lives"));
    }
    told.sort();
    assert_eq!(told, [u("11"), u("12")]);
    exchange.close().await;
}

/// Messages are not kept for those who subscribe later.
async fn subscribed(client: &redis::Client, channels: &Channels) {
    let mut conn = client.get_multiplexed_async_connection().await.unwrap();
    crate::exchange::wait_until("the listener subscribes", async || {
        let answer: (String, u64) = redis::cmd("PUBSUB")
            .arg("NUMSUB")
            .arg(channels.ended())
            .query_async(&mut conn)
            .await
            .unwrap();
        answer.1 == 1
    })
    .await;
}
