//! What owners learn of their keys: what they earned by day, each call, and how they stand.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use shared::ledger::earnings::statistics::{EarningsStatistics, read_earnings_statistics};
use shared::ledger::statistics::{Period, Span};
use shared::pool::resource::hosted::{self, HostedAttempt, list_attempts};
use sqlx::PgPool;

use super::{id, lived_in, number, set_clock};

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

async fn statistics(api: &PgPool, user: &str, from: &str, to: &str) -> EarningsStatistics {
    let span = Span { from: at(from), to: at(to) };
    read_earnings_statistics(api, id(user), span, Period::Day).await.unwrap()
}

#[tokio::test]
async fn earnings_of_days_and_keys_add_up_to_what_the_ledger_says() {
    let (database, api) = lived_in().await;

    let whole = statistics(&api, "d1", "2030-06-09T00:00:00Z", "2030-06-13T00:00:00Z").await;

    let earned =
        "SELECT sum(e.amount) FROM ledger.posting e JOIN ledger.account a ON a.id = e.account
                   WHERE a.kind = 'owner' AND a.user_id = u('d1')";
    assert_eq!(whole.totals.net.to_string(), number(&database, earned).await);
    let exact = |it: &shared::ledger::earnings::statistics::EarningSums| {
        it.gross.decimal() - it.commission.decimal() == it.net.decimal()
    };
    assert!(exact(&whole.totals) && whole.series.iter().all(|it| exact(&it.sums)));
    let days: Vec<_> = whole.series.iter().map(|it| it.period.as_str()).collect();
    assert_eq!(days, ["2030-06-09", "2030-06-10", "2030-06-11", "2030-06-12"]);
    let net = |sums: Vec<Decimal>| sums.into_iter().sum::<Decimal>();
    let of_days = net(whole.series.iter().map(|it| it.sums.net.decimal()).collect());
    let of_keys = net(whole.resources.iter().map(|it| it.sums.net.decimal()).collect());
    assert_eq!((of_days, of_keys), (whole.totals.net.decimal(), whole.totals.net.decimal()));
    for day in &whole.series {
        let of_keys = net(day.resources.iter().map(|it| it.sums.net.decimal()).collect());
        assert_eq!(of_keys, day.sums.net.decimal(), "{}", day.period);
    }
    let names: Vec<_> = whole.resources.iter().map(|it| it.name.as_deref()).collect();
    assert_eq!(names, [Some("e1"), Some("e2")]);
    assert!(whole.series[0].resources.is_empty() && whole.series[2].sums.images == 0);

    let nobody = statistics(&api, "c1", "2030-06-10T00:00:00Z", "2030-06-11T00:00:00Z").await;
    assert_eq!((nobody.series.len(), nobody.totals.net), (1, shared::ledger::Credits::ZERO));
    api.close().await;
    database.drop().await;
}

#[tokio::test]
async fn a_refund_counts_against_the_day_it_was_made_on() {
    let (database, api) = lived_in().await;
    set_clock(&database, "2030-06-14 01:00:00Z").await;
    database.run("SELECT ledger.refund(u('11'), 2, 2.5, u('fa'), u('fb'))").await;

    let day = statistics(&api, "d1", "2030-06-14T00:00:00Z", "2030-06-15T00:00:00Z").await;

    let sums = day.totals;
    let said = (sums.gross.to_string(), sums.commission.to_string(), sums.net.to_string());
    assert_eq!((said, sums.images), (("-2.5".into(), "-0.25".into(), "-2.25".into()), 0));
    api.close().await;
    database.drop().await;
}

pub async fn attempts(api: &PgPool, owner: &str, page: i64) -> Vec<HostedAttempt> {
    let mut conn = api.acquire().await.unwrap();
    let mut all: Vec<HostedAttempt> = Vec::new();
    loop {
        let before = all.last().map(HostedAttempt::position);
        let next = list_attempts(&mut conn, id("e1"), id(owner), before, page).await.unwrap();
        if next.is_empty() {
            return all;
        }
        all.extend(next);
    }
}

#[tokio::test]
async fn each_call_of_a_key_is_listed_once_with_what_it_earned_its_owner() {
    let (database, api) = lived_in().await;

    let all = attempts(&api, "d1", 100).await;

    assert_eq!(attempts(&api, "d1", 2).await, all, "whatever the size of the pages");
    let count = "SELECT count(*)::numeric FROM generation.attempt WHERE resource_id = u('e1')";
    assert_eq!(all.len().to_string(), number(&database, count).await);
    assert!(all.windows(2).all(|pair| pair[0].started_at >= pair[1].started_at));
    let earned: Decimal = all.iter().map(|it| it.earned.decimal()).sum();
    let of_key = "SELECT sum(j.dir * j.net) FROM ledger.journal j JOIN generation.attempt a ON a.id = j.attempt
                   WHERE a.resource_id = u('e1') AND j.credit = a.owner_account";
    assert_eq!(earned.normalize().to_string(), number(&database, of_key).await);
    assert!(all.iter().any(|it| it.own) && all.iter().any(|it| it.billed));
    assert!(attempts(&api, "c1", 100).await.is_empty(), "not theirs");
    api.close().await;
    database.drop().await;
}

#[tokio::test]
async fn owners_who_watch_see_the_health_that_a_read_shows_and_no_sum_of_earnings() {
    let (database, api) = lived_in().await;
    let mut conn = api.acquire().await.unwrap();
    for (health, cooling_until, available, expected) in [
        ("ok", "NULL", "NULL", "ok"),
        ("ok", "NULL", "500", "ok"),
        ("ok", "NULL", "0.1", "exhausted"),
        ("cooling", "aether.now() + interval '1 minute'", "500", "cooling"),
        ("cooling", "aether.now()", "500", "probing"),
        ("cooling", "aether.now()", "0.1", "exhausted"),
        ("exhausted", "NULL", "500", "exhausted"),
    ] {
        database
            .run(&format!(
                "UPDATE pool.resource_state SET health = '{health}', cooling_until = {cooling_until},
                        available_units = {available} WHERE resource_id = u('e1')"
            ))
            .await;

        let marks = hosted::list_marks(&mut conn, &[id("d1")]).await.unwrap();
        let news = hosted::list_any(&mut conn, &[id("e1")], 5.into()).await.unwrap();
        let read = hosted::find(&mut conn, id("e1"), Some(id("d1")), 5.into()).await.unwrap();

        let (news, read) = (&news[0], read.unwrap());
        let mark = marks.iter().find(|it| it.id == id("e1")).unwrap();
        let words = [mark.health, news.health, read.health].map(hosted::Health::as_str);
        assert_eq!(words, [expected; 3], "{health} {cooling_until} {available}");
        assert!(news.earned.is_none() && read.earned.is_some());
    }
    let both = hosted::list_any(&mut conn, &[id("e1"), id("e2"), id("c1")], 5.into()).await;
    assert_eq!(both.unwrap().len(), 2);
    for (resource, owner, exists) in [("e1", "d1", true), ("e1", "c1", false), ("c1", "d1", false)]
    {
        assert_eq!(hosted::exists(&mut conn, id(resource), id(owner)).await.unwrap(), exists);
    }
    drop(conn);
    api.close().await;
    database.drop().await;
}
