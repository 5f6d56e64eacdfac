//! What one owner's key does to everybody else's quotes: nothing that they could use.

use proptest::prelude::*;

use super::*;

fn any_key(owner: impl Strategy<Value = u128>) -> impl Strategy<Value = Key> {
    let readiness = prop_oneof![
        6 => Just(Readiness::Ready),
        1 => Just(Readiness::Recovering),
        1 => Just(Readiness::Cooling),
        1 => Just(Readiness::Exhausted),
    ];
    let limits = prop_oneof![1 => Just(1.0), 4 => Just(3.0), 4 => Just(1_000.0)];
    let units = prop_oneof![6 => Just(None), 1 => (0.0..6.0_f64).prop_map(Some)];
    (
        owner,
        prop_oneof![1_i64..550_000, 1_i64..3_000_000],
        readiness,
        0.0..600.0_f64,
        any::<bool>(),
        0..3_i32,
        limits,
        units,
    )
        .prop_map(|(owner, price, readiness, seconds, proven, in_flight, limit, units)| {
            let price = Decimal::new(price, 6).to_string();
            Key::of(Uuid::from_u128(owner), &price).with(|resource, state| {
                resource.daily_limit = limit;
                state.available_units = units;
                state.readiness = readiness;
                state.cooling_seconds = if readiness == Readiness::Cooling { seconds } else { 0.0 };
                state.proven = proven;
                state.in_flight = in_flight;
            })
        })
}

/// Keys of Bob and Carol; Alice asks.
fn any_market() -> impl Strategy<Value = Vec<Key>> {
    prop::collection::vec(any_key(2_u128..4), 0..8)
}

/// What the cheapest of `keys` costs that can deliver to Alice before her deadline.
fn cheapest_in_time(keys: &[Key], proven: bool) -> Option<Credits> {
    let fits = |it: &&Key| {
        it.state.proven == proven
            && it.resource.daily_limit >= 3.0
            && it.resource.price_per_unit <= credits("2.5")
            && it.state.available_units.is_none_or(|units| units >= 3.0)
            && it.state.readiness != Readiness::Exhausted
            && it.state.cooling_seconds < 300.0
    };
    keys.iter().filter(fits).map(|it| Credits::cost(it.resource.price_per_unit, 3.into())).min()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, max_global_rejects: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn no_key_brings_the_default_ceiling_below_the_reference_cost_with_headroom(market in any_market()) {
        if let Ok(quote) = ASK.quote(&list(&market)) {
            prop_assert!(quote.ceiling >= credits("1.65"), "{quote:?}");
            prop_assert!(quote.ceiling >= quote.estimate.with_headroom(Decimal::new(1, 1)));
            prop_assert!(quote.amount_min <= quote.estimate);
        }
    }

    /// A fair key may at most be an estimate of 1.65 where others are cheaper and cannot start.
    #[test]
    fn no_key_raises_the_default_ceiling_where_others_can_serve(
        market in any_market(),
        hostile in any_key(Just(9)),
    ) {
        // Above the reference an unproven key gives way to the first proven one, whatever that asks.
        let proven = cheapest_in_time(&market, true);
        let unproven = cheapest_in_time(&market, false);
        prop_assume!(proven.is_some() || unproven.is_some_and(|it| it <= credits("1.65")));
        let without = ASK.quote(&list(&market)).unwrap();
        let with = ASK.quote(&list(&[market, vec![hostile]].concat())).unwrap();

        prop_assert!(with.ceiling <= without.ceiling.max(credits("1.815")), "{without:?} {with:?}");
    }

    #[test]
    fn no_key_makes_a_request_unservable(market in any_market(), hostile in any_key(Just(9))) {
        let max = Some(credits("1.65"));
        for ask in [ASK, Ask { max, ..ASK }] {
            let without = ask.quote(&list(&market));
            let with = ask.quote(&list(&[market.clone(), vec![hostile.clone()]].concat()));
            if !without.is_ok_and(|it| it.available) {
                continue;
            }
            let with = with.map_err(|it| TestCaseError::fail(it.to_string()))?;
            prop_assert!(with.available);
        }
    }

    /// Wherever a proven key at the reference can serve in time, the default ceiling covers it.
    #[test]
    fn the_default_ceiling_covers_every_fair_key(market in any_market(), hostile in any_key(Just(9))) {
        let fair = [cheapest_in_time(&market, true), cheapest_in_time(&market, false)];
        let fair = fair.into_iter().flatten().filter(|it| *it <= credits("1.65")).max();
        prop_assume!(fair.is_some());
        let quote = ASK.quote(&list(&[market, vec![hostile]].concat())).unwrap();

        prop_assert!(Some(quote.ceiling) >= fair);
        prop_assert!(!quote.above_reference);
        prop_assert!(quote.estimate <= credits("1.65"));
    }

    /// The list is a shortcut; walking every key is the truth.
    #[test]
    fn a_refused_ceiling_is_below_every_key_in_time(market in any_market(), max in 0_i64..8_000_000) {
        let all = [cheapest_in_time(&market, true), cheapest_in_time(&market, false)];
        let cheapest = all.into_iter().flatten().min();
        prop_assume!(cheapest.is_some());
        let max = Credits::from(Decimal::new(max, 6));
        let quote = Ask { max: Some(max), ..ASK }.quote(&list(&market));

        match quote {
            Ok(_) => prop_assert!(Some(max) >= cheapest),
            Err(refusal) => {
                prop_assert!(Some(max) < cheapest);
                let expected = QuoteRefusal::CeilingTooLow { estimate: cheapest.unwrap() };
                prop_assert_eq!(refusal, expected);
            }
        }
    }
}
