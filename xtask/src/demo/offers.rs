//! The keys of the demo's owners just before the submit, and why each was or was not chosen.

use anyhow::Result;
use serde_json::Value;

use super::{Sessions, items, number, plain, text};

/// A hosted key as its owner sees it.
#[derive(Debug, Clone)]
pub struct Offer {
    pub owner: usize,
    pub resource: Value,
}

/// Every key of every owner, the cheapest first.
pub fn list(sessions: &Sessions) -> Result<Vec<Offer>> {
    let mut offers = Vec::new();
    for (owner, session) in sessions.owners.iter().enumerate() {
        let listed = session.get("/api/resource/list")?;
        offers.extend(items(&listed).iter().map(|it| Offer { owner, resource: it.clone() }));
    }
    offers.sort_by(|one, other| one.price().total_cmp(&other.price()));
    Ok(offers)
}

/// What a choice was about.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    /// Units of the provider for the image.
    pub units: f64,
    /// The most the task may cost, in credits.
    pub ceiling: f64,
    /// Credits per unit with the key that served.
    pub price: f64,
    /// The id of that key.
    pub resource_id: &'a str,
}

impl Offer {
    pub fn id(&self) -> Result<String> {
        text(&self.resource, "id")
    }

    pub fn name(&self) -> String {
        plain(&self.resource["name"])
    }

    pub fn price(&self) -> f64 {
        number(&self.resource["price_per_unit"])
    }

    /// Why this key was chosen, or not, by what all owners saw just before.
    pub fn reason(&self, choice: &Choice<'_>, all: &[Self]) -> String {
        let cheaper = |it: &&Self| it.price() < choice.price && it.obstacle(choice).is_none();
        if self.resource["id"] == choice.resource_id {
            return match all.iter().find(cheaper) {
                None => "chosen: the cheapest that could make it at once".to_owned(),
                Some(other) => format!("chosen, though {} is cheaper", other.name()),
            };
        }
        self.obstacle(choice).unwrap_or_else(|| {
            let dearer = self.price() > choice.price;
            if dearer { "free too, but dearer".to_owned() } else { "free too".to_owned() }
        })
    }

    /// What kept the key from serving, if anything did.
    fn obstacle(&self, choice: &Choice<'_>) -> Option<String> {
        let (it, units) = (&self.resource, choice.units);
        let is_used_up = |used: &str, limit: &str| number(&it[used]) + units > number(&it[limit]);
        let left = it.get("available_units").map(number).filter(|left| *left < units);
        if it["status"] != "active" {
            Some(format!("passed over: it is {}", plain(&it["status"])))
        } else if let Some(left) = left {
            Some(format!("passed over: its account has {left} units left, an image takes {units}"))
        } else if is_used_up("units_today", "daily_limit")
            || is_used_up("units_month", "monthly_limit")
        {
            Some("passed over: its owner's limit is used up".to_owned())
        } else if it["health"] != "ok" {
            Some(format!("passed over: it is {}", plain(&it["health"])))
        } else if number(&it["in_flight"]) >= number(&it["concurrency_limit"]) {
            Some("passed over: it was busy".to_owned())
        } else if self.price() * units > choice.ceiling + 1e-6 {
            Some("too dear: it costs more than the task may".to_owned())
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn offer(change: &Value) -> Offer {
        let mut resource = json!({
            "id": "this", "name": "Key", "status": "active", "health": "ok", "price_per_unit": "0.45",
            "available_units": "100", "units_today": "0", "units_month": "0", "daily_limit": "50",
            "monthly_limit": "500", "in_flight": 0, "concurrency_limit": 2,
        });
        for (field, value) in change.as_object().unwrap() {
            resource[field] = value.clone();
        }
        Offer { owner: 0, resource }
    }

    const CHOICE: Choice<'_> = Choice { units: 3.0, ceiling: 1.65, price: 0.45, resource_id: "x" };

    #[test]
    fn every_key_says_why_it_was_not_chosen() {
        for (change, words) in [
            (json!({"id": "x"}), "chosen"),
            (json!({"status": "paused"}), "it is paused"),
            (json!({"available_units": "2"}), "its account has 2 units left, an image takes 3"),
            (json!({"units_today": "48"}), "limit is used up"),
            (json!({"units_month": "498"}), "limit is used up"),
            (json!({"health": "cooling"}), "it is cooling"),
            (json!({"in_flight": 2}), "busy"),
            (json!({"price_per_unit": "0.56"}), "too dear"),
            (json!({"price_per_unit": "0.55"}), "dearer"),
        ] {
            let reason = offer(&change).reason(&CHOICE, &[]);
            assert!(reason.contains(words), "{change}: {reason}");
        }
    }

    #[test]
    fn a_provider_that_tells_no_balance_is_no_empty_account() {
        let mut silent = offer(&json!({"price_per_unit": "0.5"}));
        silent.resource.as_object_mut().unwrap().remove("available_units");

        assert!(silent.reason(&CHOICE, &[]).contains("dearer"));
    }

    #[test]
    fn a_key_is_called_the_cheapest_only_where_no_cheaper_one_could_serve() {
        let chosen = offer(&json!({"id": "x"}));
        let (poor, free) = (json!({"available_units": "2"}), json!({}));
        for (of_cheaper, words) in
            [(poor, "chosen: the cheapest"), (free, "chosen, though Pond is")]
        {
            let mut cheaper = offer(&of_cheaper);
            cheaper.resource["price_per_unit"] = json!("0.4");
            cheaper.resource["name"] = json!("Pond");

            let reason = chosen.reason(&CHOICE, &[cheaper, chosen.clone()]);

            assert!(reason.starts_with(words), "{reason}");
        }
    }
}
