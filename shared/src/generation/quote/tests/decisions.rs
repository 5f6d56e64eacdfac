//! What is quoted, sentence by sentence. The reference cost of `a/core` is 1.5; with headroom 1.65.

use super::*;

#[test]
fn the_estimate_is_the_cheapest_key_that_can_start_now() {
    let keys = [Key::of(BOB, "0.4"), Key::of(CAROL, "0.3"), Key::of(CAROL, "0.1").paused()];

    assert_eq!(quoted(&keys), pair("0.9", "1.65"));
}

#[test]
fn a_key_without_units_for_the_image_is_not_what_an_estimate_counts_on() {
    let healthy = || Key::of(BOB, "0.4");
    let day = Key::of(CAROL, "0.01").with(|_, state| state.day_units = 998.0);
    let month = Key::of(CAROL, "0.01").with(|_, state| state.month_units = 998.0);
    let exhausted = Key::of(CAROL, "0.01").with(|_, it| it.readiness = Readiness::Exhausted);

    for bait in [Key::of(CAROL, "0.01").empty(), day, month, exhausted] {
        assert_eq!(quoted(&[healthy(), bait.clone()]), pair("1.2", "1.65"), "{bait:?}");
    }
}

#[test]
fn a_key_whose_limits_never_allow_one_image_serves_nobody() {
    let small = |day, month| {
        Key::of(BOB, "0.01").with(|it, _| (it.daily_limit, it.monthly_limit) = (day, month))
    };

    for key in [small(1.0, 1_000.0), small(1_000.0, 2.9)] {
        assert_eq!(ASK.quote(&list(&[key])).unwrap_err(), QuoteRefusal::NoResource);
    }
    assert_eq!(quoted(&[small(3.0, 3.0)]).0, "0.03", "exactly one image");
}

#[test]
fn a_key_above_the_cap_counts_nowhere_not_even_for_its_owner() {
    let keys = [Key::of(ALICE, "2.500001")];
    for user in [ALICE, BOB] {
        let ask = Ask { user, ..ASK };
        assert_eq!(ask.quote(&list(&keys)).unwrap_err(), QuoteRefusal::NoResource);
    }

    assert_eq!(quoted(&[Key::of(BOB, "2.5")]).0, "7.5", "five times the reference");
}

#[test]
fn a_saturated_key_does_not_decide_while_another_at_the_reference_is_free() {
    let keys = [Key::of(BOB, "0.2").busy(), Key::of(CAROL, "0.55")];

    assert_eq!(quoted(&keys), pair("1.65", "1.815"));
}

#[test]
fn a_fair_key_that_serves_later_comes_before_a_dear_one_that_serves_now() {
    let dear = || Key::of(CAROL, "2.5");

    assert_eq!(quoted(&[Key::of(BOB, "0.5").busy(), dear()]), pair("1.5", "1.65"));
    assert_eq!(quoted(&[Key::of(BOB, "0.5").cooling(60.0), dear()]), pair("1.5", "1.65"));
    let recovering = Key::of(BOB, "0.5").with(|_, state| state.readiness = Readiness::Recovering);
    assert_eq!(quoted(&[recovering, dear()]), pair("1.5", "1.65"));
}

#[test]
fn a_cooling_that_outlasts_the_deadline_is_no_supply() {
    let list = list(&[Key::of(BOB, "0.5").cooling(60.0), Key::of(CAROL, "2.5")]);
    let quote = Ask { deadline_seconds: 59, ..ASK }.quote(&list).unwrap();

    assert_eq!(quote.estimate, credits("7.5"));
    assert!(quote.above_reference);
}

#[test]
fn above_the_reference_the_quote_is_the_cheapest_and_says_so() {
    let keys = [Key::of(BOB, "1"), Key::of(CAROL, "2.5")];
    let quote = ASK.quote(&list(&keys)).unwrap();

    assert_eq!((quote.estimate, quote.ceiling), (credits("3"), credits("3.3")));
    assert!(quote.above_reference && quote.available);
    assert!(!ASK.quote(&list(&[Key::of(BOB, "0.55")])).unwrap().above_reference);
}

#[test]
fn where_everything_is_used_up_a_request_may_wait_but_is_told() {
    let quote = ASK.quote(&list(&[Key::of(BOB, "0.4").empty()])).unwrap();

    assert_eq!((quote.estimate, quote.ceiling), (credits("1.2"), credits("1.65")));
    assert!(!quote.available);
}

#[test]
fn an_unproven_key_is_ignored_while_a_proven_one_is_as_fair() {
    let bait = || Key::of(CAROL, "0.000001").unproven();

    assert_eq!(quoted(&[bait(), Key::of(BOB, "0.4")]), pair("1.2", "1.65"));
    assert_eq!(quoted(&[bait(), Key::of(BOB, "0.4").busy()]), pair("1.2", "1.65"));
    assert_eq!(quoted(&[bait()]), pair("0.000003", "1.65"), "nothing else is known");
    assert_eq!(
        quoted(&[Key::of(BOB, "0.4").unproven(), Key::of(CAROL, "2.5")]),
        pair("1.2", "1.65")
    );
}

#[test]
fn an_unproven_key_takes_one_call_at_a_time() {
    let key = Key::of(BOB, "0.4").unproven().with(|_, state| state.in_flight = 1);
    let list = list(&[key]);

    let count = ASK.wish(&list, |wish| list.count_resources(wish, credits("2")));
    assert_eq!(count, ResourceCount { free: 0, all: 1 });
}

#[test]
fn an_image_on_an_own_key_costs_the_fee_and_the_hold_covers_the_market_too() {
    let keys = [Key::of(ALICE, "2"), Key::of(BOB, "0.4")];

    assert_eq!(ASK.amounts(&keys), ("0.25".into(), "0.25".into(), "1.65".into()));
}

#[test]
fn an_own_key_that_cannot_serve_leaves_the_task_to_the_market() {
    let market = || Key::of(BOB, "0.4");

    let amounts = ASK.amounts(&[Key::of(ALICE, "0.3").empty(), market()]);
    assert_eq!(amounts, ("1.2".into(), "1.2".into(), "1.65".into()));
    let amounts = ASK.amounts(&[Key::of(ALICE, "0.3").cooling(20.0), market()]);
    assert_eq!(
        amounts,
        ("1.2".into(), "0.25".into(), "1.65".into()),
        "the own key may still do it"
    );
    let amounts = ASK.amounts(&[Key::of(ALICE, "0.3").busy(), market().busy()]);
    assert_eq!(amounts, ("0.25".into(), "0.25".into(), "1.65".into()));
}

#[test]
fn a_route_decides_whose_keys_count() {
    let both = [Key::of(ALICE, "2"), Key::of(BOB, "0.4")];
    let own = Ask { route: Route::Own, ..ASK };
    let market = Ask { route: Route::Market, ..ASK };

    assert_eq!(own.amounts(&both), ("0.25".into(), "0.25".into(), "0.25".into()));
    assert_eq!(market.amounts(&both), ("1.2".into(), "1.2".into(), "1.65".into()));
    assert_eq!(own.quote(&list(&both[1..])).unwrap_err(), QuoteRefusal::NoOwnResource);
    assert_eq!(market.quote(&list(&both[..1])).unwrap_err(), QuoteRefusal::NoResource);
}

#[test]
fn policy_is_the_answer_only_where_it_is_the_only_obstacle() {
    let bobs = || [Key::of(BOB, "0.4")];
    let policy = |policy| QuoteRefusal::Policy { provider: "a".to_owned(), policy };
    let ask = |user, route, policy, keys: &[Key]| {
        let quote = Ask { user, route, ..ASK }.quote(&list_of(policy, keys));
        quote.map(|it| (it.estimate, it.ceiling))
    };

    let own_use = Policy::OwnUseOnly;
    assert_eq!(ask(ALICE, Route::Any, own_use, &bobs()), Err(policy(own_use)));
    let fee = credits(OWN_FEE);
    assert_eq!(ask(BOB, Route::Any, own_use, &bobs()), Ok((fee, fee)), "nobody else may serve it");
    assert_eq!(ask(BOB, Route::Any, Policy::Denied, &bobs()), Err(policy(Policy::Denied)));
    assert_eq!(ask(BOB, Route::Market, own_use, &bobs()), Err(policy(own_use)));
    let paused = [Key::of(BOB, "0.4").paused()];
    assert_eq!(ask(ALICE, Route::Any, own_use, &paused), Err(QuoteRefusal::NoResource));
}

#[test]
fn a_ceiling_below_every_key_that_could_serve_is_told_what_would_do() {
    let at = |max, keys: &[Key]| {
        let ask = Ask { max: Some(credits(max)), ..ASK };
        ask.quote(&list(keys)).map(|it| it.estimate)
    };
    let low = |text| Err(QuoteRefusal::CeilingTooLow { estimate: credits(text) });

    assert_eq!(at("1.199999", &[Key::of(BOB, "0.4")]), low("1.2"));
    assert_eq!(at("1.2", &[Key::of(BOB, "0.4")]), Ok(credits("1.2")));
    assert_eq!(at("1.2", &[Key::of(BOB, "0.4").busy()]), Ok(credits("1.2")), "it may wait");
    let empty = [Key::of(BOB, "0.1").empty(), Key::of(CAROL, "0.4")];
    assert_eq!(at("1", &empty), low("1.2"), "an empty key is not the cheapest that could serve");
    assert_eq!(at("0.2", &[Key::of(ALICE, "0.4")]), low(OWN_FEE));
}

#[test]
fn auto_counts_by_the_cheapest_model_whoever_has_keys_for_it() {
    let auto = Ask { model: "auto", ..ASK };
    let quote = auto.quote(&list(&[Key::of(BOB, "0.4")])).unwrap();

    assert_eq!(quote.reference_cost, credits("0.5"), "one unit of b");
    assert!(quote.above_reference);
    let of_b = Key::of(BOB, "0.5").with(|it, _| it.provider = "b".to_owned());
    let quote = auto.quote(&list(&[Key::of(BOB, "0.4"), of_b])).unwrap();
    assert_eq!((quote.model.id.as_str(), quote.estimate), ("b/only", credits("0.5")));
    assert!(!quote.above_reference);
}

#[test]
fn keys_are_counted_once_whether_free_or_serving_later() {
    let keys = [
        Key::of(BOB, "0.4"),
        Key::of(BOB, "0.5").busy(),
        Key::of(CAROL, "0.5").empty(),
        Key::of(CAROL, "0.6"),
    ];
    let list = list(&keys);

    let count = |ceiling| ASK.wish(&list, |wish| list.count_resources(wish, credits(ceiling)));
    assert_eq!(count("1.65"), ResourceCount { free: 1, all: 2 });
    assert_eq!(count("1.8"), ResourceCount { free: 2, all: 3 });
}

#[test]
fn whoever_hosts_a_key_in_any_status_has_a_lane_of_their_own() {
    let list = list(&[Key::of(BOB, "0.9").paused()]);

    assert!(list.hosts_resources(BOB));
    assert!(!list.hosts_resources(ALICE));
}

/// Not a promise, a measure: `cargo nextest run -p shared quote_takes --run-ignored all --no-capture`.
#[test]
#[ignore = "a measurement"]
fn how_long_a_quote_takes_among_ten_thousand_keys() {
    let keys: Vec<_> = (0..10_000)
        .map(|no| {
            Key::of(Uuid::from_u128(no % 500), "0.4")
                .with(|_, it| it.in_flight = i32::from(no % 3 == 0))
        })
        .collect();
    let began = std::time::Instant::now();
    let list = list(&keys);
    println!("a list of {} keys: {:?}", keys.len(), began.elapsed());
    let began = std::time::Instant::now();
    for _ in 0..10_000 {
        std::hint::black_box(ASK.quote(&list)).unwrap();
    }
    println!("a quote: {:?}", began.elapsed() / 10_000);
}
