use shared::generation::Route;
use shared::pool::hot::{HotState, Readiness};
use shared::pool::{Policy, Provider};

use super::*;

struct Pool {
    catalogue: Catalogue,
    hot: HotSnapshot,
}

impl Pool {
    fn new() -> Self {
        let mut catalogue = Catalogue::default();
        let provider = Provider {
            name: "stability".to_owned(),
            display_name: "Stability AI".to_owned(),
            unit: "credit".to_owned(),
            policy: Policy::ThirdPartyAllowed,
            evidence: String::new(),
            reviewed_at: None,
            reference_price: credits("0.5"),
            rate_requests: 150,
            rate_seconds: 10,
        };
        catalogue.providers.insert("stability".to_owned(), Arc::new(provider));
        for (id, units) in [("core", 3), ("ultra", 8)] {
            catalogue.models.push(Arc::new(Model {
                id: id.to_owned(),
                provider: "stability".to_owned(),
                wire_name: id.to_owned(),
                display_name: id.to_owned(),
                units: units.into(),
                aspect_ratios: vec![],
                output_formats: vec![],
                style_presets: vec![],
                prompt_chars_max: 10,
                prompt_languages: vec![],
                negative_prompt: true,
                seed: true,
                run_seconds_max: 60,
                enabled: true,
                gone_since: None,
                created_at: chrono::DateTime::UNIX_EPOCH,
            }));
        }
        Self { catalogue, hot: HotSnapshot::default() }
    }

    fn key(&mut self, owner: Uuid, price: &str, change: impl FnOnce(&mut HotState)) {
        let id = Uuid::now_v7();
        self.catalogue.put(Arc::new(Resource {
            id,
            owner_id: owner,
            provider: "stability".to_owned(),
            name: "key".to_owned(),
            status: ResourceStatus::Active,
            price_per_unit: credits(price),
            daily_limit: 10_000.0,
            monthly_limit: 100_000.0,
            concurrency_limit: 2,
            key_ciphertext: vec![],
            data_key_wrapped: vec![],
            master_key_id: "k".to_owned(),
            deleted: false,
        }));
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
        change(&mut state);
        self.hot.states.insert(id, state);
    }

    fn room_beside(&self, lane: &Lane, running: &OwnCalls) -> Room {
        Supply::new(&self.catalogue, &self.hot).rooms([lane].into_iter(), running)[&lane.id]
    }

    fn room(&self, lane: &Lane) -> Room {
        self.room_beside(lane, &OwnCalls::new(32))
    }
}

fn credits(amount: &str) -> Credits {
    amount.parse().unwrap()
}

fn lane(models: &[&str], ceiling: &str) -> Lane {
    Lane {
        id: 1,
        models: models.iter().map(|it| (*it).to_owned()).collect(),
        route: Route::Market,
        owner: None,
        band: Band::of(credits(ceiling)),
        key_group: Some(1),
    }
}

#[test]
fn a_dear_idle_key_is_no_room_for_tasks_that_cannot_pay_it() {
    let mut pool = Pool::new();
    pool.key(Uuid::nil(), "0.5", |state| state.in_flight = 2);
    pool.key(Uuid::nil(), "2.5", |_| {});

    let modest = pool.room(&lane(&["core"], "1.65"));
    let rich = pool.room(&lane(&["core"], "8"));

    assert_eq!((modest.calls, modest.cost_free), (0, None));
    assert_eq!(modest.cost_serving, Some(credits("1.5")), "the busy one serves, later");
    assert_eq!((rich.calls, rich.cost_free), (2, Some(credits("7.5"))));
}

#[test]
fn a_key_that_serves_two_models_of_a_lane_is_counted_once() {
    let mut pool = Pool::new();
    pool.key(Uuid::nil(), "0.5", |_| {});
    // Room for five units: one image with core, none with ultra.
    pool.key(Uuid::nil(), "0.5", |state| state.available_units = Some(5.0));

    assert_eq!(pool.room(&lane(&["core", "ultra"], "10")).calls, 3);
    assert_eq!(pool.room(&lane(&["ultra"], "10")).calls, 2);
}

#[test]
fn what_is_cooling_or_used_up_neither_has_room_nor_serves() {
    let mut pool = Pool::new();
    pool.key(Uuid::nil(), "0.5", |state| state.readiness = Readiness::Cooling);
    pool.key(Uuid::nil(), "0.5", |state| state.day_units = 9_998.0);

    assert_eq!(pool.room(&lane(&["core"], "10")), Room { key_group: Some(1), ..Room::default() });
}

fn own(owner: Uuid, route: Route, key_group: Option<i16>) -> Lane {
    Lane { id: -1, route, owner: Some(owner), key_group, ..lane(&["core"], "1.65") }
}

#[test]
fn own_keys_are_room_for_their_owner_at_any_ceiling() {
    let (mut pool, owner) = (Pool::new(), Uuid::now_v7());
    pool.key(owner, "2.5", |_| {});

    let any = pool.room(&own(owner, Route::Any, Some(1)));
    assert_eq!((any.calls, any.own_calls), (0, 2));
    let only = pool.room(&own(owner, Route::Own, None));
    assert_eq!((only.own_calls, only.cost_serving, only.key_group), (2, None, None));
    let stranger = pool.room(&own(Uuid::now_v7(), Route::Any, Some(1)));
    assert_eq!((stranger.calls, stranger.own_calls), (0, 0));
}

#[test]
fn an_owner_whose_key_is_free_but_for_the_workers_bound_does_not_buy() {
    let (mut pool, owner) = (Pool::new(), Uuid::now_v7());
    pool.key(owner, "2.5", |_| {});
    pool.key(Uuid::nil(), "0.5", |_| {});
    let lane = own(owner, Route::Any, Some(1));
    let running = OwnCalls::new(4);
    assert_eq!(pool.room_beside(&lane, &running).own_calls, 1, "a quarter of four permits");

    let call = running.begin(owner);
    let room = pool.room_beside(&lane, &running);
    assert_eq!((room.own_calls, room.calls, room.own_running), (0, 0, 1));
    drop(call);

    let mut busy = Pool::new();
    busy.key(owner, "2.5", |state| state.in_flight = 2);
    busy.key(Uuid::nil(), "0.5", |_| {});
    assert_eq!(busy.room_beside(&lane, &running).calls, 2, "a busy key leaves it the market");
}
