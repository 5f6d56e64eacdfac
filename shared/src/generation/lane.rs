//! Where a task waits. Tasks of one lane compete for the same keys at about the same price, so free calls are offered
//! per lane, and what one cannot be given another of the lane can hardly be given either.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::Route;
use crate::ledger::Credits;
use crate::pool::{Catalogue, Model};

/// A range of amounts, in steps of the square root of two: an amount lies in the band `floor(2 × log2(millionths))`.
/// What costs more than the band of a ceiling, the ceiling does not pay; what costs less, it pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct Band(i16);

impl Band {
    /// Of amounts that pay whatever a key may cost: so a consumer cannot make ever more lanes.
    const OPEN: Self = Self(i16::MAX);
    /// Of nothing at all.
    const NOTHING: Self = Self(-1);
    /// A ceiling of this many times the highest reference cost is open: more than an owner may ask.
    const OPEN_FACTOR: i64 = 8;

    /// The band this amount lies in.
    pub fn of(amount: Credits) -> Self {
        let millionths = (amount.decimal() * Decimal::from(1_000_000)).to_u64().unwrap_or(0);
        let squared = u128::from(millionths) * u128::from(millionths);
        squared
            .checked_ilog2()
            .map_or(Self::NOTHING, |it| Self(i16::try_from(it).unwrap_or(i16::MAX)))
    }

    /// The band of a ceiling for requests of which one model costs `highest` at its reference price, and none more.
    fn of_ceiling(ceiling: Credits, highest: Credits) -> Self {
        let open = Credits::from(highest.decimal() * Decimal::from(Self::OPEN_FACTOR));
        if ceiling > open { Self::OPEN } else { Self::of(ceiling) }
    }

    /// Whether some ceiling of this band may pay `cost`.
    pub fn reaches(self, cost: Credits) -> bool {
        Self::of(cost) <= self
    }
}

/// What the tasks of a lane have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LaneKey {
    /// The ids of the models that can serve them, sorted.
    pub models: Vec<String>,
    pub route: Route,
    /// The consumer, where own keys count.
    pub owner: Option<Uuid>,
    pub band: Band,
    /// Whose virtual time orders them. `None`: own keys only.
    pub key_group: Option<String>,
}

impl LaneKey {
    /// Of requests of `user`, who hosts keys or not, that `models` can serve.
    pub fn new(
        catalogue: &Catalogue,
        groups: &KeyGroups,
        models: &[Arc<Model>],
        route: Route,
        (user, hosts): (Uuid, bool),
        ceiling: Credits,
    ) -> Self {
        let (route, owner) = match route {
            Route::Own => (Route::Own, Some(user)),
            Route::Any if hosts => (Route::Any, Some(user)),
            Route::Any | Route::Market => (Route::Market, None),
        };
        let highest = models.iter().filter_map(|model| {
            let provider = catalogue.providers.get(&model.provider)?;
            Some(Credits::cost(provider.reference_price, model.units))
        });
        let mut ids: Vec<_> = models.iter().map(|it| it.id.clone()).collect();
        ids.sort_unstable();
        Self {
            models: ids,
            route,
            owner,
            band: Band::of_ceiling(ceiling, highest.max().unwrap_or_default()),
            key_group: (route != Route::Own)
                .then(|| models.first().map(|it| groups.of(&it.provider).to_owned()))
                .flatten(),
        }
    }
}

/// Which providers' keys compete for the same tasks: those of two providers where some request can be made by models
/// of both, directly or through others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyGroups {
    /// By provider, the first of its group by name.
    names: BTreeMap<String, String>,
}

impl KeyGroups {
    pub fn of_catalogue(catalogue: &Catalogue) -> Self {
        let mut models: Vec<_> = catalogue.models.iter().filter(|it| it.enabled).collect();
        models.sort_unstable_by(|a, b| a.provider.cmp(&b.provider));
        let mut names: BTreeMap<String, String> =
            models.iter().map(|it| (it.provider.clone(), it.provider.clone())).collect();
        for (at, a) in models.iter().enumerate() {
            for b in models.iter().skip(at + 1).filter(|it| compete(a, it)) {
                let (one, other) = (names[&a.provider].clone(), names[&b.provider].clone());
                let (kept, lost) = if one < other { (one, other) } else { (other, one) };
                names.values_mut().filter(|it| **it == lost).for_each(|it| it.clone_from(&kept));
            }
        }
        Self { names }
    }

    /// The name of the group of a provider.
    pub fn of<'a>(&'a self, provider: &'a str) -> &'a str {
        self.names.get(provider).map_or(provider, String::as_str)
    }
}

fn compete(a: &Model, b: &Model) -> bool {
    a.provider != b.provider
        && a.aspect_ratios.iter().any(|it| b.aspect_ratios.contains(it))
        && a.output_formats.iter().any(|it| b.output_formats.contains(it))
}

/// A lane as the database knows it; it never changes.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Lane {
    /// Positive: of the market; negative: of an owner.
    pub id: i32,
    pub models: Vec<String>,
    pub route: Route,
    pub owner: Option<Uuid>,
    pub band: Band,
    pub key_group: Option<i16>,
}

/// The id of a lane, which is made if need be.
pub async fn lane_id(db: &PgPool, key: &LaneKey) -> sqlx::Result<i32> {
    sqlx::query_scalar("SELECT generation.lane_id($1, $2, $3, $4, $5)")
        .bind(&key.models)
        .bind(key.route)
        .bind(key.owner)
        .bind(i32::from(key.band.0))
        .bind(&key.key_group)
        .fetch_one(db)
        .await
}

/// The lanes with these ids.
pub async fn find_lanes(conn: &mut PgConnection, ids: &[i32]) -> sqlx::Result<Vec<Lane>> {
    sqlx::query_as(
        "SELECT id, models, route, owner, band, key_group FROM generation.lane WHERE id = ANY ($1)",
    )
    .bind(ids)
    .fetch_all(conn)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credits(amount: &str) -> Credits {
        amount.parse().unwrap()
    }

    #[test]
    fn a_ceiling_reaches_every_cost_it_pays_and_none_of_a_higher_band() {
        let amounts = ["0", "0.000001", "0.0015", "1.2", "1.65", "2.5", "7.5", "1000000000"];
        for ceiling in amounts.map(credits) {
            for cost in amounts.map(credits).into_iter().filter(|it| *it <= ceiling) {
                assert!(Band::of(ceiling).reaches(cost), "{ceiling} pays {cost}");
            }
        }
        assert!(!Band::of(credits("1.65")).reaches(credits("7.5")));
        assert!(!Band::of(credits("1.65")).reaches(credits("2.4")));
        assert!(!Band::NOTHING.reaches(credits("0.000001")));
        assert!(Band::OPEN.reaches(credits("1000000000")));
    }

    #[test]
    fn bands_are_steps_of_the_square_root_of_two() {
        let step = |from, to| Band::of(credits(to)).0 - Band::of(credits(from)).0;

        assert_eq!(step("1.65", "3.3"), 2);
        assert_eq!(step("1", "1024"), 20);
        assert_eq!(step("0.000001", "0.000002"), 2);
    }

    #[test]
    fn ceilings_beyond_what_any_owner_may_ask_are_of_one_band() {
        let of = |ceiling| Band::of_ceiling(credits(ceiling), credits("1.5"));

        assert!(of("12") < Band::OPEN);
        assert_eq!([of("13"), of("1000"), of("1000000000")], [Band::OPEN; 3]);
    }
}
