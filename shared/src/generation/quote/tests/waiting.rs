use super::*;

fn obstacles(policy: Policy, keys: &[Key], ceiling: &str, excluded: &[Uuid]) -> Obstacles {
    let list = list_of(policy, keys);
    let models = vec![Arc::clone(list.catalogue().model("a/core").unwrap())];
    list.obstacles(&Waiter {
        models: &models,
        user: ALICE,
        route: Route::Any,
        ceiling: credits(ceiling),
        excluded,
    })
}

fn reasons(found: &Obstacles) -> Vec<(&'static str, usize)> {
    found.reasons.iter().map(|it| (it.class.as_str(), it.count)).collect()
}

#[test]
fn each_key_that_does_not_serve_is_counted_under_what_keeps_it() {
    let tried = Key::of(BOB, "0.1");
    let excluded = [tried.resource.id];
    let keys = [
        Key::of(BOB, "0.4").busy(),
        Key::of(BOB, "0.4").busy(),
        Key::of(CAROL, "0.4").cooling(40.0),
        Key::of(CAROL, "0.4").cooling(12.5),
        Key::of(CAROL, "0.3").empty(),
        Key::of(CAROL, "0.9"),
        Key::of(CAROL, "0.8").busy(),
        Key::of(CAROL, "0.1").paused(),
        tried,
    ];

    let found = obstacles(Policy::ThirdPartyAllowed, &keys, "1.65", &excluded);

    assert_eq!(reasons(&found), [("busy", 2), ("cooling", 2), ("limits", 1), ("price", 2)]);
    assert_eq!(found.reasons[3].cheapest, Some(credits("2.7")), "of those that are free");
    assert_eq!(found.retry_seconds, Some(12.5));
    assert_eq!(found.free, 0);
}

#[test]
fn a_key_that_is_free_and_affordable_is_no_reason() {
    let found = obstacles(Policy::ThirdPartyAllowed, &[Key::of(BOB, "0.4")], "1.65", &[]);

    assert_eq!((found.free, found.reasons.len()), (1, 0));
}

#[test]
fn what_a_policy_forbids_is_said_but_own_keys_may_serve() {
    let keys = [Key::of(BOB, "0.4"), Key::of(ALICE, "0.4").busy()];

    let found = obstacles(Policy::OwnUseOnly, &keys, "0.25", &[]);

    assert_eq!(reasons(&found), [("busy", 1), ("policy", 1)]);
}

#[test]
fn where_every_key_of_a_provider_pauses_the_provider_is_out() {
    let keys = [Key::of(BOB, "0.4").cooling(40.0), Key::of(CAROL, "0.4").cooling(60.0)];
    let found = obstacles(Policy::ThirdPartyAllowed, &keys, "1.65", &[]);
    assert_eq!(reasons(&found), [("outage", 2)]);
    assert_eq!(found.retry_seconds, Some(40.0));

    let found = obstacles(Policy::ThirdPartyAllowed, &keys[..1], "1.65", &[]);
    assert_eq!(reasons(&found), [("cooling", 1)], "one key pauses for reasons of its own");
    let found = obstacles(Policy::ThirdPartyAllowed, &[], "1.65", &[]);
    assert_eq!(reasons(&found), [("outage", 0)]);
}
