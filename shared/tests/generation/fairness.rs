//! Whose turn it is: places in the queue as submits give them, claims use them, and ends give them back.

use std::collections::BTreeMap;

use shared::generation::claim::{Look, Room};
use shared::generation::submit::{NewTask, SubmitOutcome};
use shared::generation::{ImageSpec, Route};
use shared::ledger::Credits;
use uuid::Uuid;

use super::exchange::{Consumer, Exchange};
use super::queue::{Queue, any_room};

/// A task with this weight.
pub fn task(of: &Consumer, lane: i32, weight: &str) -> NewTask {
    NewTask {
        id: Uuid::now_v7(),
        user_id: of.user_id,
        wallet: of.wallet,
        idempotency_key: None,
        request_hash: "00".to_owned(),
        spec: ImageSpec::of_prompt("a fox"),
        end_user: None,
        route: Route::Any,
        reference_cost: weight.parse().unwrap(),
        amount: "1".parse().unwrap(),
        amount_min: "1".parse().unwrap(),
        amount_spare: Credits::ZERO,
        lane,
        deadline_seconds: 300,
        queue_max: None,
    }
}

async fn submit(exchange: &Exchange, of: &Consumer, lane: i32, weights: &[&str]) -> Vec<Uuid> {
    let tasks: Vec<_> = weights.iter().map(|it| task(of, lane, it)).collect();
    let outcomes = exchange.submit(&tasks).await;
    assert!(outcomes.iter().all(|it| matches!(it, SubmitOutcome::Accepted(_))), "{outcomes:?}");
    tasks.iter().map(|it| it.id).collect()
}

/// A lane that is served by a busy key only: what waits there could be served, and nothing is free.
fn busy(cost: &str) -> Room {
    Room { calls: 0, cost_free: None, ..any_room(0, cost) }
}

#[tokio::test]
async fn virtual_time_follows_the_lowest_that_waits_and_not_a_rich_task_that_an_idle_dear_key_serves()
 {
    let queue = Queue::open().await;
    let (poor, rich) = (queue.market_lane("core").await, queue.market_lane("ultra").await);
    queue.wait_with_tags(poor, &[6.0, 8.0], "1.65").await;
    queue.wait_with_tags(rich, &[101.0], "300").await;
    let rooms = BTreeMap::from([(poor, busy("1.5")), (rich, any_room(2, "7.5"))]);

    let claim = queue.claim(4, &rooms).await;
    assert_eq!(claim.tags(&queue).await, [101.0]);
    claim.commit().await;

    assert_eq!(queue.vtime("stability").await, 5.0);
    queue.close().await;
}

#[tokio::test]
async fn virtual_time_follows_neither_what_was_passed_over_nor_what_nothing_serves() {
    let queue = Queue::open().await;
    let [core, ultra, gone] = [
        queue.market_lane("core").await,
        queue.market_lane("ultra").await,
        queue.market_lane("gone").await,
    ];
    queue.wait_with_tags(core, &[3.0, 8.0], "2").await;
    queue.wait_with_tags(ultra, &[20.0], "2").await;
    queue.wait_with_tags(gone, &[1.0], "2").await;
    let passed_over: Vec<Uuid> = {
        let claim = queue.claim(1, &BTreeMap::from([(core, any_room(1, "1"))])).await;
        let ids = claim.due.iter().map(|it| it.id).collect();
        claim.drop().await;
        ids
    };
    let rooms = BTreeMap::from([
        (core, any_room(1, "1")),
        (ultra, any_room(1, "1")),
        (gone, Room { key_group: Some(1), ..Room::default() }),
    ]);

    let look = Look {
        limit: 2,
        own_limit: 1,
        rooms: &rooms,
        skip: &passed_over,
        own_skip: &[],
        market_from: 0,
        owner_from: i32::MIN,
        lowest: None,
    };
    let claim = queue.look(&look).await;
    assert_eq!(claim.tags(&queue).await, [8.0, 20.0]);
    claim.commit().await;

    assert_eq!(queue.vtime("stability").await, 7.0);
    queue.close().await;
}

#[tokio::test]
async fn virtual_time_stands_while_a_lane_that_waits_is_not_known() {
    let queue = Queue::open().await;
    let (core, unknown) = (queue.market_lane("core").await, queue.market_lane("ultra").await);
    queue.wait_with_tags(core, &[50.0], "2").await;
    queue.wait_with_tags(unknown, &[5.0], "2").await;

    let claim = queue.claim(2, &BTreeMap::from([(core, any_room(1, "1"))])).await;
    assert_eq!(claim.due.len(), 1);
    claim.commit().await;

    assert_eq!(queue.vtime("stability").await, 0.0);
    queue.close().await;
}

#[tokio::test]
async fn virtual_time_minds_the_owners_lanes_that_a_look_did_not_see() {
    let queue = Queue::open().await;
    let core = queue.market_lane("core").await;
    queue.wait_with_tags(core, &[50.0, 51.0, 52.0, 53.0], "2").await;
    let mut rooms = BTreeMap::from([(core, any_room(1, "1"))]);
    for _ in 0..100 {
        let lane = queue.owner_lane("core", "any").await;
        queue.wait_with_tags(lane, &[61.0], "2").await;
        rooms.insert(lane, any_room(1, "1"));
    }
    // Its turn was long ago, and it is the last to be looked at.
    queue.database.run("UPDATE generation.task SET start_tag = 20, tag = 21 WHERE lane = -1").await;
    let look = |lowest| Look {
        limit: 1,
        own_limit: 1,
        rooms: &rooms,
        skip: &[],
        own_skip: &[],
        market_from: 0,
        owner_from: i32::MIN,
        lowest,
    };

    queue.look(&look(None)).await.commit().await;
    assert_eq!(queue.vtime("stability").await, 0.0, "not all of them were seen");
    let lowest = BTreeMap::from([(1, 20.0)]);
    queue.look(&look(Some(&lowest))).await.commit().await;
    assert_eq!(queue.vtime("stability").await, 20.0, "earlier looks saw them");
    queue.close().await;
}

#[tokio::test]
async fn keys_that_do_not_compete_have_virtual_times_of_their_own_and_fair_is_by_distance() {
    let queue = Queue::open().await;
    let core = queue.market_lane("core").await;
    let other = queue.lane("dall-e", "market", None, "openai").await;
    queue.database.run("UPDATE generation.key_group SET vtime = 1000 WHERE name = 'openai'").await;
    queue.wait_with_tags(core, &[10.0, 11.0], "2").await;
    queue.wait_with_tags(other, &[1002.0, 1012.0], "2").await;
    let rooms = BTreeMap::from([
        (core, any_room(5, "1")),
        (other, Room { key_group: Some(2), ..any_room(5, "1") }),
    ]);

    let claim = queue.claim(3, &rooms).await;
    assert_eq!(claim.tags(&queue).await, [1002.0, 10.0, 11.0]);
    claim.commit().await;

    assert_eq!((queue.vtime("stability").await, queue.vtime("openai").await), (9.0, 1001.0));
    queue.close().await;
}

#[tokio::test]
async fn a_place_in_one_queue_is_no_debt_in_another() {
    let exchange = Exchange::open().await;
    let consumer = exchange.consumer(&["100"]).await;
    let other = exchange.lane("dall-e", "market", None, "openai").await;

    submit(&exchange, &consumer, consumer.lane, &["20", "20"]).await;
    let there = submit(&exchange, &consumer, other, &["1", "1"]).await;

    assert_eq!(exchange.places(&there).await, [(0.0, 1.0), (1.0, 2.0)]);
    exchange.close().await;
}

#[tokio::test]
async fn what_own_keys_serve_takes_no_place_in_the_markets_queue() {
    let exchange = Exchange::open().await;
    let owner = exchange.consumer(&["100"]).await;
    let own = exchange.lane("core", "own", Some(owner.user_id), "stability").await;

    let first = submit(&exchange, &owner, own, &["20", "20"]).await;
    let second = submit(&exchange, &owner, own, &["20"]).await;
    let market = submit(&exchange, &owner, owner.lane, &["1"]).await;

    let places = exchange.places(&[first, second].concat()).await;
    assert!(places.iter().all(|(_, tag)| *tag < 0.0), "before every tag of the market: {places:?}");
    assert!(places.is_sorted(), "in the order they came: {places:?}");
    assert_eq!(exchange.places(&market).await, [(0.0, 1.0)]);
    exchange.close().await;
}

#[tokio::test]
async fn a_task_weighs_its_reference_cost_whatever_its_ceiling() {
    let exchange = Exchange::open().await;
    let consumer = exchange.consumer(&["5000"]).await;
    let dear = NewTask {
        amount: "1000".parse().unwrap(),
        amount_min: "1000".parse().unwrap(),
        ..task(&consumer, consumer.lane, "1.5")
    };

    exchange.submit(std::slice::from_ref(&dear)).await;
    let next = submit(&exchange, &consumer, consumer.lane, &["1.5"]).await;

    assert_eq!(exchange.places(&next).await, [(1.5, 3.0)]);
    exchange.close().await;
}

#[tokio::test]
async fn whoever_cancels_what_had_no_turn_stands_where_the_rest_of_their_tasks_end() {
    let exchange = Exchange::open().await;
    let consumer = exchange.consumer(&["100"]).await;
    let tasks = submit(&exchange, &consumer, consumer.lane, &["10", "10", "10"]).await;

    exchange.cancel(tasks[2]).await;
    let after_the_last = submit(&exchange, &consumer, consumer.lane, &["1"]).await;
    assert_eq!(exchange.places(&after_the_last).await, [(20.0, 21.0)]);

    exchange.cancel(tasks[0]).await;
    let after_the_first = submit(&exchange, &consumer, consumer.lane, &["1"]).await;
    assert_eq!(exchange.places(&after_the_first).await, [(21.0, 22.0)]);

    let all = format!("SELECT generation.cancel_user_tasks('{}')", consumer.user_id);
    exchange.database.run(&all).await;
    let newcomer = submit(&exchange, &consumer, consumer.lane, &["1"]).await;
    assert_eq!(exchange.places(&newcomer).await, [(0.0, 1.0)], "as any newcomer");
    exchange.close().await;
}

#[tokio::test]
async fn a_place_given_back_is_never_before_virtual_time() {
    let exchange = Exchange::open().await;
    let consumer = exchange.consumer(&["100"]).await;
    let tasks = submit(&exchange, &consumer, consumer.lane, &["50"]).await;
    exchange.database.run("UPDATE generation.key_group SET vtime = 7").await;

    exchange.cancel(tasks[0]).await;
    exchange.database.run("UPDATE generation.key_group SET vtime = 0").await;
    let next = submit(&exchange, &consumer, consumer.lane, &["1"]).await;

    assert_eq!(exchange.places(&next).await, [(7.0, 8.0)]);
    exchange.close().await;
}

#[tokio::test]
async fn tasks_that_missed_their_deadline_without_a_call_give_their_place_back() {
    let exchange = Exchange::open().await;
    let consumer = exchange.consumer(&["100"]).await;
    submit(&exchange, &consumer, consumer.lane, &["10", "10"]).await;
    exchange.database.run("UPDATE generation.task SET deadline = created_at").await;

    exchange.database.run("SELECT generation.fail_overdue(100)").await;
    let next = submit(&exchange, &consumer, consumer.lane, &["1"]).await;

    assert_eq!(exchange.places(&next).await, [(0.0, 1.0)]);
    exchange.close().await;
}

#[tokio::test]
async fn a_task_for_which_a_call_was_sent_has_had_its_turn() {
    for (class, place) in [("not_sent", (0.0, 1.0)), ("provider_transient", (10.0, 11.0))] {
        let exchange = Exchange::open().await;
        let consumer = exchange.consumer(&["100"]).await;
        exchange.open_key().await;
        let tasks = submit(&exchange, &consumer, consumer.lane, &["10"]).await;
        let attempt = exchange.start(tasks[0]).await.unwrap();
        let end = format!(
            "SELECT generation.end_attempt('{attempt}', '{{\"state\": \"failed\", \"class\": \"{class}\",
                \"message\": \"m\", \"billed\": false, \"action\": \"fail\", \"error_code\": \"providers_failed\",
                \"error_message\": \"m\", \"delay_seconds\": 0, \"exclude\": false, \"effect\": \"none\"}}', 4)"
        );

        exchange.database.run(&end).await;
        let next = submit(&exchange, &consumer, consumer.lane, &["1"]).await;

        assert_eq!(exchange.places(&next).await, [place], "{class}");
        exchange.close().await;
    }
}

#[tokio::test]
async fn the_route_of_a_task_is_judged_where_its_attempt_starts() {
    let exchange = Exchange::open().await;
    let consumer = exchange.consumer(&["100"]).await;
    let key_owner = exchange.open_key().await;
    let owner = exchange.consumer_with_id(key_owner, &["100"]).await;
    for (of, route, starts) in [
        (&consumer, Route::Any, true),
        (&consumer, Route::Market, true),
        (&consumer, Route::Own, false),
        (&owner, Route::Any, true),
        (&owner, Route::Own, true),
        (&owner, Route::Market, false),
    ] {
        let task = NewTask {
            route,
            amount: "10".parse().unwrap(),
            amount_min: "10".parse().unwrap(),
            ..task(of, of.lane, "1")
        };
        exchange.submit(std::slice::from_ref(&task)).await;

        let started = exchange.start(task.id).await.is_some();

        assert_eq!(started, starts, "{route:?}, own key: {}", of.user_id == key_owner);
    }
    exchange.close().await;
}

#[tokio::test]
async fn what_an_own_key_made_is_given_back_in_the_markets_queue() {
    let exchange = Exchange::open().await;
    let key_owner = exchange.open_key().await;
    let owner = exchange.consumer_with_id(key_owner, &["100"]).await;
    let (any, market) =
        (exchange.lane("core", "any", Some(key_owner), "stability").await, owner.lane);
    let tasks = submit(&exchange, &owner, any, &["10", "10", "10"]).await;
    let attempt = exchange.start(tasks[0]).await.unwrap();
    exchange.settle(attempt).await;

    // Ten of the thirty were made by the own key, and what waits stands so far before its tag.
    let other = exchange.consumer(&["100"]).await;
    let others = submit(&exchange, &other, market, &["12", "10"]).await;
    let rooms = BTreeMap::from([(any, any_room(5, "1")), (market, any_room(5, "1"))]);
    assert_eq!(exchange.look(4, &rooms).await, [tasks[1], others[0], tasks[2], others[1]]);

    let next = submit(&exchange, &owner, market, &["1"]).await;
    assert_eq!(exchange.places(&next).await, [(20.0, 21.0)], "in a lane of the market");
    let next = submit(&exchange, &owner, any, &["1"]).await;
    assert_eq!(exchange.places(&next).await, [(31.0, 32.0)], "in one of the owner's");
    exchange.close().await;
}
