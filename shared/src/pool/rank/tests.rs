use std::collections::HashSet;

use super::super::hot::{HotState, Readiness};
use super::super::{Policy, Provider, Resource, ResourceStatus};
use super::*;

struct Pool {
    catalogue: Catalogue,
    hot: HotSnapshot,
}

impl Pool {
    fn new(policy: Policy) -> Self {
        let mut catalogue = Catalogue::default();
        let provider = Provider {
            name: "stability".into(),
            display_name: "Stability AI".into(),
            unit: "credit".into(),
            policy,
            evidence: String::new(),
            reviewed_at: None,
            reference_price: "1".parse().unwrap(),
            rate_requests: 150,
            rate_seconds: 10,
        };
        catalogue.providers.insert("stability".into(), Arc::new(provider));
        catalogue.models.push(Arc::new(Model {
            id: "stability/core".into(),
            provider: "stability".into(),
            wire_name: "core".into(),
            display_name: "Core".into(),
            units: 3.into(),
            aspect_ratios: vec!["1:1".into()],
            output_formats: vec!["png".into()],
            style_presets: vec![],
            prompt_chars_max: 10_000,
            prompt_languages: vec!["en".into()],
            negative_prompt: true,
            seed: true,
            run_seconds_max: 60,
            enabled: true,
            gone_since: None,
            created_at: chrono::DateTime::UNIX_EPOCH,
        }));
        Self { catalogue, hot: HotSnapshot::default() }
    }

    fn key(&mut self, price: &str, change: impl FnOnce(&mut Resource, &mut HotState)) -> Uuid {
        let id = Uuid::now_v7();
        let mut resource = Resource {
            id,
            owner_id: Uuid::now_v7(),
            provider: "stability".into(),
            name: "key".into(),
            status: ResourceStatus::Active,
            price_per_unit: price.parse().unwrap(),
            daily_limit: 10_000.0,
            monthly_limit: 100_000.0,
            concurrency_limit: 2,
            key_ciphertext: vec![],
            data_key_wrapped: vec![],
            master_key_id: "k".into(),
            deleted: false,
        };
        let mut state = HotState {
            resource_id: id,
            in_flight: 0,
            available_units: None,
            day_units: 0.0,
            month_units: 0.0,
            readiness: Readiness::Ready,
            cooling_seconds: 0.0,
            proven: true,
            success_rate: 1.0,
            blocked_rate: 0.0,
            latency_ms: 0.0,
        };
        change(&mut resource, &mut state);
        self.catalogue.put(Arc::new(resource));
        self.hot.states.insert(id, state);
        id
    }

    fn seeker(&self, ceiling: &str) -> Seeker {
        Seeker {
            task: Uuid::now_v7(),
            user: Uuid::now_v7(),
            ceiling: ceiling.parse().unwrap(),
            models: self.catalogue.models.clone().into(),
            route: Route::Any,
            excluded: vec![],
            attempts_unproven: 0,
            attempts_unknown: 0,
            verdicts: 0,
        }
    }

    fn placer(&self) -> Placer<'_> {
        Placer::new(&self.catalogue, &self.hot, Credits::ZERO, 7)
    }
}

#[test]
fn the_cheapest_key_with_capacity_serves_first_and_is_filled_before_the_next() {
    let mut pool = Pool::new(Policy::ThirdPartyAllowed);
    let dear = pool.key("2", |_, _| {});
    let cheap = pool.key("1", |_, _| {});
    let mut placer = pool.placer();

    let chosen: Vec<_> =
        (0..4).map(|_| placer.place(&pool.seeker("10")).unwrap().offer.resource.id).collect();

    assert_eq!(chosen, [cheap, cheap, dear, dear]);
    let reason = placer.place(&pool.seeker("10")).unwrap_err();
    assert_eq!((reason.full, reason.fit), (2, 0));
}

#[test]
fn batches_of_one_process_begin_with_different_ones_of_several_equals() {
    let mut pool = Pool::new(Policy::ThirdPartyAllowed);
    for _ in 0..8 {
        pool.key("1", |_, _| {});
    }
    let first = |spread| {
        let mut placer = Placer::new(&pool.catalogue, &pool.hot, Credits::ZERO, spread);
        placer.place(&pool.seeker("10")).unwrap().offer.resource.id
    };

    let firsts: HashSet<_> = (0..32).map(first).collect();

    assert!(firsts.len() > 4, "{} of 8 keys in 32 batches", firsts.len());
}

#[test]
fn keys_are_ordered_by_what_an_image_costs_in_the_end() {
    let mut pool = Pool::new(Policy::ThirdPartyAllowed);
    // Two of five calls succeed: an image costs two and a half times the price.
    let failing = pool.key("1", |_, state| state.success_rate = 0.4);
    let slow = pool.key("1", |_, state| state.latency_ms = 9_000.0);
    let good = pool.key("1", |_, state| state.latency_ms = 900.0);
    let dear = pool.key("1.1", |_, _| {});
    let dearest = pool.key("2.6", |_, _| {});
    let mut placer = pool.placer();

    let chosen: Vec<_> =
        (0..10).map(|_| placer.place(&pool.seeker("10")).unwrap().offer.resource.id).collect();

    let in_order = [good, slow, dear, failing, dearest].map(|it| [it, it]).concat();
    assert_eq!(chosen, in_order);
}

#[test]
fn an_unproven_key_takes_one_call_of_others_at_a_time() {
    let mut pool = Pool::new(Policy::ThirdPartyAllowed);
    let new = pool.key("1", |_, state| state.proven = false);
    let owner = pool.catalogue.resource(new).unwrap().owner_id;
    let mut placer = pool.placer();

    assert!(placer.place(&pool.seeker("10")).is_ok());
    assert_eq!(placer.place(&pool.seeker("10")).unwrap_err().full, 1);
    let mut placer = pool.placer();
    for _ in 0..2 {
        assert!(placer.place(&Seeker { user: owner, ..pool.seeker("10") }).is_ok(), "it is theirs");
    }
    pool.hot.states.get_mut(&new).unwrap().in_flight = 1;
    assert_eq!(pool.placer().place(&pool.seeker("10")).unwrap_err().full, 1);
}

#[test]
fn a_task_spends_two_attempts_on_unproven_keys_and_none_after_one_that_may_have_been_billed() {
    let mut pool = Pool::new(Policy::ThirdPartyAllowed);
    let new = pool.key("1", |_, state| state.proven = false);
    let known = pool.key("2", |_, _| {});
    let place = |pool: &Pool, ceiling, attempts_unproven, attempts_unknown| {
        let seeker = Seeker { attempts_unproven, attempts_unknown, ..pool.seeker(ceiling) };
        pool.placer().place(&seeker).map(|it| it.offer.resource.id)
    };

    assert_eq!(place(&pool, "10", 1, 0), Ok(new));
    assert_eq!(place(&pool, "10", 2, 0), Ok(known));
    assert_eq!(place(&pool, "10", 1, 1), Ok(known));
    assert_eq!(place(&pool, "3", 1, 1), Ok(new), "it cannot pay the proven one");
    // Busy is no reason to take a risk: the task waits for it.
    pool.hot.states.get_mut(&known).unwrap().in_flight = 2;
    assert_eq!(place(&pool, "10", 1, 1).unwrap_err().unproven, 1);
    pool.catalogue.put(Arc::new(Resource {
        deleted: true,
        ..Resource::clone(pool.catalogue.resource(known).unwrap())
    }));
    assert_eq!(place(&pool, "10", 1, 1), Ok(new), "there is no proven key");
    assert_eq!(place(&pool, "10", 2, 0).unwrap_err().unproven, 1);
}

#[test]
fn a_key_whose_provider_does_not_know_a_model_serves_the_others() {
    let mut pool = Pool::new(Policy::ThirdPartyAllowed);
    let key = pool.key("1", |_, _| {});
    pool.hot.refusals.insert(key, vec!["stability/core".into()]);
    assert!(pool.placer().place(&pool.seeker("10")).is_err());

    let core = Model::clone(&pool.catalogue.models[0]);
    pool.catalogue.models.push(Arc::new(Model { id: "stability/ultra".into(), ..core }));
    let placement = pool.placer().place(&pool.seeker("10")).unwrap();

    assert_eq!(placement.offer.model.id, "stability/ultra");
}

#[test]
fn price_above_the_ceiling_cooling_exclusion_and_limits_keep_a_key_out() {
    let mut pool = Pool::new(Policy::ThirdPartyAllowed);
    pool.key("4", |_, _| {});
    pool.key("1", |_, state| state.readiness = Readiness::Cooling);
    pool.key("1", |_, state| state.available_units = Some(2.9));
    pool.key("1", |_, state| state.day_units = 9_998.0);
    pool.key("1", |resource, _| resource.status = ResourceStatus::Paused);
    let tried = pool.key("1", |_, _| {});
    let mut seeker = pool.seeker("10");
    seeker.excluded.push(tried);

    let reason = pool.placer().place(&seeker).unwrap_err();

    assert_eq!((reason.too_dear, reason.cooling, reason.full, reason.excluded), (1, 1, 2, 1));
}

#[test]
fn own_use_only_admits_the_owner_alone_and_his_own_key_costs_the_fee() {
    let mut pool = Pool::new(Policy::OwnUseOnly);
    let key = pool.key("5", |_, _| {});
    let owner = pool.catalogue.resource(key).unwrap().owner_id;

    assert_eq!(pool.placer().place(&pool.seeker("100")).unwrap_err().policy, 1);
    let own = Seeker { user: owner, ..pool.seeker("0") };
    let placement = pool.placer().place(&own).unwrap();
    assert!(placement.offer.own);
    assert_eq!(placement.offer.cost, Credits::ZERO);
}

#[test]
fn a_recovering_key_takes_one_task() {
    let mut pool = Pool::new(Policy::ThirdPartyAllowed);
    pool.key("1", |_, state| state.readiness = Readiness::Recovering);
    let mut placer = pool.placer();

    assert!(placer.place(&pool.seeker("10")).is_ok());
    assert!(placer.place(&pool.seeker("10")).is_err());
}

#[test]
fn an_owner_hosts_keys_until_the_last_one_is_deleted() {
    let mut pool = Pool::new(Policy::OwnUseOnly);
    let keys = [pool.key("1", |_, _| {}), pool.key("1", |_, _| {})];
    let owner = Uuid::now_v7();
    let known = |pool: &Pool, key| Resource::clone(pool.catalogue.resource(key).unwrap());
    for key in keys {
        let resource = Resource { owner_id: owner, ..known(&pool, key) };
        pool.catalogue.put(Arc::new(resource.clone()));
        pool.catalogue.put(Arc::new(resource));
    }

    for (key, hosts_more) in keys.into_iter().zip([true, false]) {
        assert!(pool.catalogue.hosts_resources(owner));
        let gone = Resource { deleted: true, ..known(&pool, key) };
        pool.catalogue.put(Arc::new(gone.clone()));
        pool.catalogue.put(Arc::new(gone));
        assert_eq!(pool.catalogue.hosts_resources(owner), hosts_more);
    }
    assert_eq!(pool.catalogue.resources().count(), 0);
}

#[test]
fn a_second_opinion_is_asked_of_the_key_that_refuses_the_least_whatever_it_costs() {
    let mut pool = Pool::new(Policy::ThirdPartyAllowed);
    let often = pool.key("1", |_, state| state.blocked_rate = 0.4);
    let seldom = pool.key("2", |_, state| state.blocked_rate = 0.04);
    let place = |verdicts| {
        let seeker = Seeker { verdicts, ..pool.seeker("100") };
        let mut placer = Placer::new(&pool.catalogue, &pool.hot, Credits::ZERO, 1);
        placer.place(&seeker).unwrap().offer.resource.id
    };

    assert_eq!(place(0), often, "at first the cheapest");
    assert_eq!(place(1), seldom);
}
