//! Markets in which somebody wants more than there is.

use super::market::{Key, Kind, Market};

const CORE: u32 = 1;
const ULTRA: u32 = 2;
const HEAVY: usize = 0;
const NEWCOMER: usize = 1;

/// A key whose images cost and weigh 1.5 with every model.
fn key(slots: usize, seconds: f64) -> Key {
    Key { models: CORE | ULTRA, owner: None, cost: 1.5, slots, seconds }
}

fn kind(lane: i32, models: u32) -> Kind {
    Kind { lane, models, owner: None, ceiling: 1.65, weight: 1.5 }
}

/// How long a newcomer's first image takes, from now.
fn first_image(market: &mut Market, consumer: usize, kind: Kind) -> f64 {
    let begun = market.now;
    let task = market.submit(consumer, kind, 1)[0];
    market.run_until(begun + 100.0);
    market.made_at(task) - begun
}

fn assert_fair(shares: &[u32]) {
    let fair = shares.iter().copied().map(f64::from).sum::<f64>()
        / f64::from(u32::try_from(shares.len()).unwrap());
    for share in shares {
        let off = (f64::from(*share) - fair).abs() / fair;
        assert!(off <= 0.1, "{shares:?}: {:.0} % off", off * 100.0);
    }
}

#[test]
fn a_newcomer_behind_ten_thousand_waits_for_one_call_and_then_shares_equally() {
    let mut market = Market::new(32, vec![key(4, 1.0)]);
    market.submit(HEAVY, kind(1, CORE), 10_000);
    market.run_until(10.5);

    let waited = first_image(&mut market, NEWCOMER, kind(1, CORE));
    assert!(waited <= 2.0, "{waited} s, and 1 s alone");

    let since = market.now;
    market.submit(NEWCOMER, kind(1, CORE), 10_000);
    market.run_until(since + 60.0);
    assert_fair(&[market.made(HEAVY, since), market.made(NEWCOMER, since)]);
}

#[test]
fn a_dear_idle_key_changes_nothing_for_those_who_do_not_pay_it() {
    let dear = Key { cost: 7.5, ..key(10, 1.0) };
    let mut market = Market::new(32, vec![key(2, 1.0), dear]);
    let queue = market.submit(HEAVY, kind(1, CORE), 200);
    // Somebody rich keeps the dear key's calls coming.
    market.submit(2, Kind { ceiling: 8.0, ..kind(2, CORE) }, 10_000);
    market.run_until(10.5);

    let waited = first_image(&mut market, NEWCOMER, kind(1, CORE));

    assert!(waited <= 2.0, "{waited} s, and 1 s alone");
    let made: Vec<_> =
        market.images.iter().filter(|it| it.consumer == HEAVY).map(|it| it.task).collect();
    assert_eq!(made, queue[..made.len()], "in the order they came");
}

#[test]
fn whoever_canceled_a_giant_is_a_newcomer() {
    let mut market = Market::new(32, vec![key(2, 1.0)]);
    market.submit(HEAVY, kind(1, CORE), 10_000);
    market.run_until(5.5);
    let giants = Kind { ceiling: 1000.0, weight: 900.0, ..kind(2, CORE) };
    // The first ones are claimed at once if they are fair; what is canceled is what still waits.
    let canceled = market.submit(NEWCOMER, giants, 20);
    market.queue.cancel(NEWCOMER, |id| canceled.contains(&id));

    let waited = first_image(&mut market, NEWCOMER, kind(1, CORE));

    assert!(waited <= 2.0, "{waited} s, and 1 s alone");
}

#[test]
fn an_owners_own_images_come_from_their_key_and_cost_them_no_turn_of_the_market() {
    const OWNER: usize = 7;
    let own_key = Key { owner: Some(OWNER), ..key(2, 1.0) };
    let mut market = Market::new(32, vec![key(4, 1.0), own_key]);
    let own = Kind { owner: Some(OWNER), ..kind(-1, CORE) };
    market.submit(HEAVY, kind(1, CORE), 10_000);
    market.submit(OWNER, own, 10_000);
    market.run_until(60.5);

    let by_own = market.images.iter().filter(|it| it.own).count();
    assert!(by_own >= 118, "{by_own} images of 120 that their key could make");
    assert_fair(&[market.made(HEAVY, 0.0), market.made(OWNER, 0.0)]);
    let waited = first_image(&mut market, NEWCOMER, kind(1, CORE));
    assert!(waited <= 2.0, "{waited} s, and 1 s alone");
}

#[test]
fn slow_own_keys_of_many_owners_leave_the_market_half_of_the_permits() {
    let own_key = |owner| Key { owner: Some(owner), ..key(8, 30.0) };
    let keys = (10..20).map(own_key).chain([key(4, 1.0)]).collect();
    let mut market = Market::new(16, keys);
    market.submit(HEAVY, kind(1, CORE), 10_000);
    for owner in 10..20 {
        let lane = -i32::try_from(owner).unwrap();
        market.submit(owner, Kind { owner: Some(owner), ..kind(lane, CORE) }, 1_000);
    }
    market.run_until(60.0);

    let made = market.made(HEAVY, 0.0);
    assert!(made > 60, "{made} images in a minute");
}

#[test]
fn five_lanes_that_share_keys_share_them_equally_and_a_newcomer_to_any_waits_for_one_call() {
    let lanes = [
        kind(1, CORE),
        kind(2, ULTRA),
        kind(3, CORE | ULTRA),
        Kind { ceiling: 2.5, ..kind(4, CORE) },
        Kind { ceiling: 2.5, ..kind(5, CORE | ULTRA) },
    ];
    let mut market = Market::new(32, vec![key(6, 1.0), key(4, 1.3)]);
    for (consumer, kind) in lanes.iter().enumerate() {
        market.submit(10 + consumer, *kind, 2_000);
    }
    market.run_until(10.5);

    let since = market.now;
    market.run_until(since + 60.0);
    assert_fair(&(10..15).map(|it| market.made(it, since)).collect::<Vec<_>>());
    for (consumer, kind) in lanes.iter().enumerate() {
        let waited = first_image(&mut market, 20 + consumer, *kind);
        assert!(waited <= 2.6, "{waited} s, and 1.3 s alone");
    }
}
