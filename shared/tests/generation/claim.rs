//! What a claim looks at, locks and takes.

use std::collections::{BTreeMap, BTreeSet};

use shared::generation::claim::{Look, Room};
use uuid::Uuid;

use super::queue::{Queue, any_room};

#[tokio::test]
async fn a_claim_looks_at_hardly_more_tasks_than_it_takes_however_many_wait() {
    let queue = Queue::open().await;
    let lane = queue.market_lane("core").await;
    // Twenty waited when statistics were gathered, and thousands came after.
    queue.wait(lane, 1, 20_000, "1").await;
    let ended = "UPDATE generation.task SET status = 'canceled', completed_at = aether.now() WHERE tag > 20";
    queue.database.run(ended).await;
    queue.database.run("VACUUM (ANALYZE) generation.task").await;
    queue.wait(lane, 21, 5_000, "1").await;

    let mut claim = queue.claim(32, &BTreeMap::from([(lane, any_room(100, "1"))])).await;

    let looked_at: i64 = sqlx::query_scalar(
        "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relid = 'generation.task'::regclass",
    )
    .fetch_one(&mut *claim.tx)
    .await
    .unwrap();
    assert_eq!(claim.due.len(), 32);
    assert!(looked_at < 300, "{looked_at} tasks were looked at");
    claim.drop().await;
    queue.close().await;
}

#[tokio::test]
async fn with_five_hundred_owners_waiting_only_what_is_taken_is_locked() {
    let queue = Queue::open().await;
    let market = queue.market_lane("core").await;
    queue.wait(market, 1, 100, "2").await;
    let mut rooms = BTreeMap::from([(market, any_room(100, "1"))]);
    for _ in 0..500 {
        let lane = queue.owner_lane("core", "any").await;
        queue.wait(lane, 1, 3, "2").await;
        rooms.insert(lane, Room { own_calls: 2, ..any_room(100, "1") });
    }

    let claim = queue.claim(32, &rooms).await;

    assert_eq!(claim.due.len(), 32);
    let looked_at = claim.looked_at.lanes.len();
    assert!(looked_at <= 33, "{looked_at} lanes were looked at");
    assert_eq!(queue.locked().await, 32);
    claim.drop().await;
    queue.close().await;
}

#[tokio::test]
async fn looks_in_a_row_see_the_lanes_of_all_owners() {
    let queue = Queue::open().await;
    let mut all = BTreeSet::new();
    for _ in 0..150 {
        let lane = queue.owner_lane("core", "any").await;
        queue.wait(lane, 1, 1, "2").await;
        all.insert(lane);
    }

    let (mut seen, mut from, mut looks) = (BTreeSet::new(), Some(i32::MIN), 0);
    while let Some(owner_from) = from {
        let claim = queue.claim_from(32, 16, &BTreeMap::new(), owner_from).await;
        seen.extend(claim.looked_at.lanes.iter().copied());
        (from, looks) = (claim.looked_at.owner_to, looks + 1);
        claim.drop().await;
    }

    assert_eq!((seen, looks), (all, 5));
    queue.close().await;
}

#[tokio::test]
async fn the_fairest_of_all_lanes_are_taken_first() {
    let queue = Queue::open().await;
    let (core, ultra) = (queue.market_lane("core").await, queue.market_lane("ultra").await);
    queue.wait_with_tags(core, &[1.0, 2.0, 7.0, 8.0], "2").await;
    queue.wait_with_tags(ultra, &[1.5, 3.0, 4.0, 9.0], "2").await;
    let rooms = BTreeMap::from([core, ultra].map(|it| (it, any_room(10, "1"))));

    let claim = queue.claim(5, &rooms).await;

    assert_eq!(claim.tags(&queue).await, [1.0, 1.5, 2.0, 3.0, 4.0]);
    claim.drop().await;
    queue.close().await;
}

#[tokio::test]
async fn a_lane_is_given_no_more_than_is_free_for_it() {
    let queue = Queue::open().await;
    let (core, ultra) = (queue.market_lane("core").await, queue.market_lane("ultra").await);
    queue.wait(core, 1, 10, "2").await;
    queue.wait(ultra, 100, 10, "2").await;
    let rooms = BTreeMap::from([(core, any_room(2, "1")), (ultra, any_room(3, "1"))]);

    let claim = queue.claim(8, &rooms).await;

    assert_eq!(claim.tags(&queue).await, [1.0, 2.0, 100.0, 101.0, 102.0]);
    assert_eq!(queue.locked().await, 5);
    claim.drop().await;
    queue.close().await;
}

#[tokio::test]
async fn tasks_too_poor_for_what_is_free_are_neither_locked_nor_stand_before_others() {
    let queue = Queue::open().await;
    let lane = queue.market_lane("core").await;
    queue.wait(lane, 1, 200, "1.5").await;
    queue.wait(lane, 300, 3, "1.65").await;
    let room = Room { cost_serving: Some("1.5".parse().unwrap()), ..any_room(10, "1.6") };

    let claim = queue.claim(32, &BTreeMap::from([(lane, room)])).await;

    assert_eq!(claim.tags(&queue).await, [300.0, 301.0, 302.0]);
    assert_eq!(queue.locked().await, 3);
    claim.drop().await;
    queue.close().await;
}

#[tokio::test]
async fn two_workers_that_look_at_once_both_find_something() {
    let queue = Queue::open().await;
    let lane = queue.market_lane("core").await;
    queue.wait(lane, 1, 100, "2").await;
    let rooms = BTreeMap::from([(lane, any_room(100, "1"))]);

    let first = queue.claim(10, &rooms).await;
    let second = queue.claim(10, &rooms).await;

    let ids = |claim: &super::queue::Claim<'_>| -> BTreeSet<Uuid> {
        claim.due.iter().map(|it| it.id).collect()
    };
    assert_eq!((ids(&first).len(), ids(&second).len()), (10, 10));
    assert!(ids(&first).is_disjoint(&ids(&second)));
    first.drop().await;
    second.drop().await;
    queue.close().await;
}

#[tokio::test]
async fn lanes_nobody_told_of_are_passed_over_and_named() {
    let queue = Queue::open().await;
    let lane = queue.market_lane("core").await;
    queue.wait(lane, 1, 5, "2").await;

    let claim = queue.claim(10, &BTreeMap::new()).await;

    assert!(claim.due.is_empty());
    assert_eq!(claim.looked_at.lanes, [lane]);
    assert_eq!(queue.locked().await, 0);
    claim.drop().await;
    queue.close().await;
}

#[tokio::test]
async fn an_owners_tasks_take_their_free_own_keys_before_the_markets_turn_and_no_more() {
    let queue = Queue::open().await;
    let (market, owner) = (queue.market_lane("core").await, queue.owner_lane("core", "any").await);
    queue.wait(market, 1, 10, "2").await;
    queue.wait(owner, 100, 10, "2").await;
    let rooms = BTreeMap::from([
        (market, any_room(10, "1")),
        (owner, Room { own_calls: 2, ..any_room(10, "1") }),
    ]);

    let claim = queue.claim(6, &rooms).await;

    let own: Vec<_> = claim.due.iter().map(|it| (it.lane == owner, it.own_turn)).collect();
    assert_eq!(own[..2], [(true, true); 2], "own keys first");
    assert_eq!(own[2..], [(false, false); 4], "then by turn");
    claim.drop().await;

    // Half of the claim at the most while the market has something to take.
    let rooms = BTreeMap::from([
        (market, any_room(10, "1")),
        (owner, Room { own_calls: 10, ..any_room(0, "1") }),
    ]);
    let claim = queue.claim(6, &rooms).await;
    assert_eq!(claim.due.iter().filter(|it| it.own_turn).count(), 3);
    claim.drop().await;
    queue.close().await;
}

#[tokio::test]
async fn a_task_that_its_own_free_key_may_not_try_again_has_its_turn_in_the_market() {
    let queue = Queue::open().await;
    let owner = queue.owner_lane("core", "any").await;
    queue.wait(owner, 1, 3, "2").await;
    queue.wait(owner, 4, 3, "0.5").await;
    let claim = |calls, own_skip| {
        let rooms = BTreeMap::from([(owner, Room { own_calls: 2, ..any_room(calls, "1") })]);
        let queue = &queue;
        async move {
            let look = Look {
                limit: 6,
                own_limit: 3,
                rooms: &rooms,
                skip: &[],
                own_skip,
                market_from: 0,
                owner_from: i32::MIN,
                lowest: None,
            };
            let claim = queue.look(&look).await;
            let taken: Vec<_> = claim
                .tags(queue)
                .await
                .into_iter()
                .zip(claim.due.iter().map(|it| it.own_turn))
                .collect();
            let ids: Vec<_> = claim.due.iter().map(|it| it.id).collect();
            claim.drop().await;
            (taken, ids)
        }
    };

    let (taken, ids) = claim(10, &[]).await;
    assert_eq!(taken, [(1.0, true), (2.0, true), (3.0, false)]);
    let (taken, _) = claim(10, &ids[..2]).await;
    assert_eq!(taken, [(3.0, true), (4.0, true), (1.0, false), (2.0, false)]);

    // What can be served nowhere stands before nobody.
    let (taken, _) = claim(0, &ids).await;
    assert_eq!(taken, [(4.0, true), (5.0, true)]);
    queue.close().await;
}

#[tokio::test]
async fn a_task_for_own_keys_only_takes_nothing_of_the_market() {
    let queue = Queue::open().await;
    let owner = queue.owner_lane("core", "own").await;
    queue.wait(owner, 1, 10, "0.1").await;
    let busy = Room::default();

    let claim = queue.claim(6, &BTreeMap::from([(owner, busy)])).await;
    assert!(claim.due.is_empty());
    claim.drop().await;
    let claim = queue.claim(6, &BTreeMap::from([(owner, Room { own_calls: 2, ..busy })])).await;
    assert_eq!(claim.due.iter().map(|it| it.own_turn).collect::<Vec<_>>(), [true; 2]);
    claim.drop().await;
    queue.close().await;
}
