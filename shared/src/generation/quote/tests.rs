use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::pool::{Provider, Resource};

const ALICE: Uuid = Uuid::from_u128(1);
const BOB: Uuid = Uuid::from_u128(2);
const CAROL: Uuid = Uuid::from_u128(3);

fn model(id: &str, provider: &str, units: i64) -> Arc<Model> {
    Arc::new(Model {
        id: id.to_owned(),
        provider: provider.to_owned(),
        wire_name: id.to_owned(),
        display_name: id.to_owned(),
        units: Decimal::new(units, 1),
        aspect_ratios: vec![],
        output_formats: vec![],
        style_presets: vec![],
        prompt_chars_max: 100,
        prompt_languages: vec![],
        negative_prompt: true,
        seed: true,
        run_seconds_max: 60,
        enabled: true,
        gone_since: None,
        created_at: chrono::DateTime::UNIX_EPOCH,
    })
}

fn resource(owner: Uuid, provider: &str, price: i64, status: ResourceStatus) -> Arc<Resource> {
    Arc::new(Resource {
        id: Uuid::now_v7(),
        owner_id: owner,
        provider: provider.to_owned(),
        name: "a key".to_owned(),
        status,
        price_per_unit: Credits::from(Decimal::new(price, 3)),
        daily_limit: 10.0,
        monthly_limit: 10.0,
        concurrency_limit: 4,
        key_ciphertext: vec![],
        data_key_wrapped: vec![],
        master_key_id: String::new(),
        deleted: false,
    })
}

fn catalogue(policies: &[(&str, Policy)], resources: Vec<Arc<Resource>>) -> Arc<Catalogue> {
    let providers = policies.iter().map(|(name, policy)| {
        let provider = Provider {
            name: (*name).to_owned(),
            display_name: (*name).to_owned(),
            policy: *policy,
            evidence: String::new(),
            reviewed_at: None,
            reference_price: "0.5".parse().unwrap(),
            rate_requests: 150,
            rate_seconds: 10,
        };
        ((*name).to_owned(), Arc::new(provider))
    });
    let mut catalogue = Catalogue::default();
    catalogue.providers.extend(providers);
    catalogue.models.extend([
        model("a/small", "a", 30),
        model("a/large", "a", 80),
        model("b/only", "b", 10),
    ]);
    for resource in resources {
        catalogue.put(resource);
    }
    Arc::new(catalogue)
}

fn credits(text: &str) -> Credits {
    text.parse().unwrap()
}

fn list(policy: Policy, resources: Vec<Arc<Resource>>) -> PriceList {
    PriceList::new(catalogue(&[("a", policy), ("b", policy)], resources), credits("0.5"))
}

fn quote(list: &PriceList, user: Uuid, ceiling: Option<&str>) -> Result<Credits, QuoteRefusal> {
    let models = list.catalogue().models.clone();
    list.quote(&models, user, ceiling.map(credits)).map(|it| it.estimate)
}

#[test]
fn auto_costs_what_the_cheapest_model_on_the_cheapest_key_costs() {
    let resources = vec![
        resource(BOB, "a", 900, ResourceStatus::Active),
        resource(CAROL, "a", 700, ResourceStatus::Active),
        resource(CAROL, "a", 100, ResourceStatus::Paused),
    ];
    let list = list(Policy::ThirdPartyAllowed, resources);

    assert_eq!(quote(&list, ALICE, None), Ok(credits("2.1")), "0.7 × 3 units");
}

#[test]
fn an_owner_pays_the_fee_on_his_own_key_and_the_price_of_others_where_that_is_less() {
    let of = |price| {
        let resources = vec![
            resource(ALICE, "a", 1, ResourceStatus::Active),
            resource(BOB, "a", price, ResourceStatus::Active),
        ];
        quote(&list(Policy::ThirdPartyAllowed, resources), ALICE, None)
    };

    assert_eq!(of(900), Ok(credits("0.5")));
    assert_eq!(of(100), Ok(credits("0.3")), "the price of an own key is not what its owner pays");
}

#[test]
fn policy_is_the_answer_only_where_it_is_the_only_obstacle() {
    let bobs = || vec![resource(BOB, "a", 900, ResourceStatus::Active)];
    let policy = |policy| QuoteRefusal::Policy { provider: "a".to_owned(), policy };

    assert_eq!(
        quote(&list(Policy::OwnUseOnly, bobs()), ALICE, None),
        Err(policy(Policy::OwnUseOnly))
    );
    assert_eq!(quote(&list(Policy::OwnUseOnly, bobs()), BOB, None), Ok(credits("0.5")));
    assert_eq!(quote(&list(Policy::Denied, bobs()), BOB, None), Err(policy(Policy::Denied)));
    let paused = vec![resource(BOB, "a", 900, ResourceStatus::Paused)];
    assert_eq!(
        quote(&list(Policy::OwnUseOnly, paused), ALICE, None),
        Err(QuoteRefusal::NoResource)
    );
}

#[test]
fn a_ceiling_below_the_cheapest_is_told_what_would_do() {
    let list =
        list(Policy::ThirdPartyAllowed, vec![resource(BOB, "a", 900, ResourceStatus::Active)]);

    let refusal = QuoteRefusal::CeilingTooLow { estimate: credits("2.7") };
    assert_eq!(quote(&list, ALICE, Some("2.699999")), Err(refusal));
    assert_eq!(quote(&list, ALICE, Some("2.7")), Ok(credits("2.7")));
    assert_eq!(list.count_resources(&list.catalogue().models, ALICE, credits("2.7")), 1);
    assert_eq!(list.count_resources(&list.catalogue().models, ALICE, credits("2.6")), 0);
}

#[test]
fn whoever_hosts_a_key_in_any_status_has_a_lane_of_his_own() {
    let list = list(Policy::OwnUseOnly, vec![resource(BOB, "a", 900, ResourceStatus::Paused)]);

    assert!(list.hosts_resources(BOB));
    assert!(!list.hosts_resources(ALICE));
}

fn any_resource() -> impl Strategy<Value = (u128, bool, i64, bool)> {
    (1_u128..4, any::<bool>(), 1_i64..2_000, any::<bool>())
}

fn any_policy() -> impl Strategy<Value = Policy> {
    prop_oneof![Just(Policy::Denied), Just(Policy::OwnUseOnly), Just(Policy::ThirdPartyAllowed),]
}

proptest! {
    /// The list is a shortcut; walking every offer is the truth.
    #[test]
    fn a_quote_is_the_cheapest_of_all_admitted_offers(
        resources in prop::collection::vec(any_resource(), 0..12),
        policies in [any_policy(), any_policy()],
        user in 1_u128..4,
    ) {
        let user = Uuid::from_u128(user);
        let resources = resources.into_iter().map(|(owner, first, price, active)| {
            let status = if active { ResourceStatus::Active } else { ResourceStatus::Paused };
            resource(Uuid::from_u128(owner), if first { "a" } else { "b" }, price, status)
        });
        let catalogue =
            catalogue(&[("a", policies[0]), ("b", policies[1])], resources.collect());
        let list = PriceList::new(Arc::clone(&catalogue), credits("0.5"));

        let offers: Vec<_> = catalogue.offers(&catalogue.models, user, credits("0.5")).collect();
        let cheapest = offers
            .iter()
            .filter(|it| catalogue.policy(&it.resource.provider).admits(it.own))
            .map(|it| it.cost)
            .min();
        let quoted = quote(&list, user, None);
        match cheapest {
            Some(cheapest) => prop_assert_eq!(quoted, Ok(cheapest)),
            None if offers.is_empty() => prop_assert_eq!(quoted, Err(QuoteRefusal::NoResource)),
            None => prop_assert!(matches!(quoted, Err(QuoteRefusal::Policy { .. })), "{:?}", quoted),
        }
    }
}
