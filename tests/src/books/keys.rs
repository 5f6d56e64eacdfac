//! Our books of each hosted key, compared with the provider's.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use sqlx::FromRow;

use crate::simulator::{KeyBooks, ProviderKey};
use crate::stack::Stack;

/// One call as we booked it.
#[derive(Debug, FromRow)]
struct Call {
    id: String,
    state: String,
    billed: bool,
    units: Decimal,
}

impl Call {
    /// What the provider must have made an image for.
    fn surely_made(&self) -> bool {
        self.billed || matches!(self.state.as_str(), "delivered" | "surplus")
    }

    /// What it may have made one for.
    fn perhaps_made(&self) -> bool {
        self.surely_made() || self.state == "unknown"
    }
}

pub(super) async fn check(stack: &Stack) -> Vec<String> {
    let mut violations = Vec::new();
    let mut known = Vec::new();
    for key in stack.known_keys() {
        let hosted = hosted_with(stack, &key).await;
        let calls = calls_of(stack, &hosted).await;
        if let Some(books) = key.find_books().await {
            violations.extend(compare(&name_of(&key), &books, &calls));
        } else if calls.iter().any(Call::surely_made) {
            violations
                .push(format!("{} is unknown to the provider, yet it delivered", name_of(&key)));
        }
        known.extend(hosted);
    }
    violations.extend(strangers(stack, &known).await);
    violations
}

/// The attempts the provider made an image for are exactly the delivered, the surplus, the filtered
/// and some of the unknown, once each; the credits it took are the sum of exactly their units.
fn compare(key: &str, books: &KeyBooks, calls: &[Call]) -> Vec<String> {
    let mut violations = Vec::new();
    let by_id: BTreeMap<&str, &Call> = calls.iter().map(|it| (it.id.as_str(), it)).collect();
    let made: BTreeSet<&str> = books.attempts.iter().map(String::as_str).collect();
    if made.len() != books.attempts.len() {
        violations.push(format!("{key}: the provider made two images for one attempt"));
    }
    let mut units = Decimal::ZERO;
    for id in &made {
        match by_id.get(id) {
            Some(call) if call.perhaps_made() => units += call.units,
            Some(call) => violations.push(format!(
                "{key}: the provider made an image for attempt {id}, booked {}",
                call.state
            )),
            None => {
                violations.push(format!(
                    "{key}: the provider made an image for {id}, which is no attempt"
                ));
            }
        }
    }
    for call in calls.iter().filter(|it| it.surely_made() && !made.contains(it.id.as_str())) {
        violations.push(format!(
            "{key}: attempt {} is {}, but the provider made no image for it",
            call.id, call.state
        ));
    }
    if violations.is_empty() && units != books.credits {
        violations.push(format!("{key}: the provider took {}, we count {units}", books.credits));
    }
    violations
}

/// Resources ever made of a key, found as the api finds them: by its fingerprint.
async fn hosted_with(stack: &Stack, key: &ProviderKey) -> Vec<String> {
    let fingerprint = stack.fingerprints().fingerprint(key.provider, &key.secret.clone().into());
    sqlx::query_scalar("SELECT id::text FROM pool.resource WHERE fingerprint = $1")
        .bind(fingerprint.as_bytes().as_slice())
        .fetch_all(&stack.pool)
        .await
        .expect("a superuser reads everything")
}

async fn calls_of(stack: &Stack, resources: &[String]) -> Vec<Call> {
    sqlx::query_as(
        "SELECT id::text AS id, state, billed, units FROM generation.attempt
          WHERE resource_id = ANY ($1::uuid[])",
    )
    .bind(resources)
    .fetch_all(&stack.pool)
    .await
    .expect("a superuser reads everything")
}

/// Attempts with keys this test has not made: they would escape the comparison.
async fn strangers(stack: &Stack, known: &[String]) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT format('attempt %s used resource %s, which no key of this test explains', id, resource_id)
           FROM generation.attempt WHERE resource_id <> ALL ($1::uuid[])",
    )
    .bind(known)
    .fetch_all(&stack.pool)
    .await
    .expect("a superuser reads everything")
}

fn name_of(key: &ProviderKey) -> String {
    format!("the key …{}", &key.secret[key.secret.len() - 4..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(id: &str, state: &str, billed: bool) -> Call {
        Call { id: id.to_owned(), state: state.to_owned(), billed, units: Decimal::from(3) }
    }

    fn books(attempts: &[&str], credits: u32) -> KeyBooks {
        KeyBooks {
            balance: Decimal::ZERO,
            calls: 0,
            images: attempts.len() as u64,
            credits: Decimal::from(credits),
            in_flight: 0,
            in_flight_max: 0,
            window_max: 0,
            attempts: attempts.iter().map(|it| (*it).to_owned()).collect(),
        }
    }

    #[test]
    fn books_that_agree_are_exact_whatever_became_of_the_unknown() {
        let calls = [
            call("a", "delivered", false),
            call("b", "unknown", false),
            call("c", "refused", true),
            call("d", "failed", false),
        ];

        assert_eq!(compare("k", &books(&["a", "c"], 6), &calls), [""; 0]);
        assert_eq!(compare("k", &books(&["a", "b", "c"], 9), &calls), [""; 0]);
    }

    #[test]
    fn every_way_to_disagree_is_told() {
        let calls = [call("a", "delivered", false), call("d", "failed", false)];

        for (wrong, credits) in
            [(&[] as &[&str], 0), (&["a", "a"], 6), (&["a", "d"], 6), (&["a", "x"], 6), (&["a"], 5)]
        {
            assert_eq!(compare("k", &books(wrong, credits), &calls).len(), 1, "{wrong:?}");
        }
    }
}
