//! The story of one image in words: quote, hold, the choice among keys, and where every credit went.

use anyhow::{Context, Result};
use serde_json::Value;

use super::image::Made;
use super::offers::Choice;
use super::{amount, number, plain, text};
use crate::stack::logins::Logins;

/// What is known at the end.
#[derive(Debug)]
pub struct Story<'a> {
    pub made: &'a Made,
    pub logins: &'a Logins,
    /// The owner's line for the task.
    pub earning: &'a Value,
    /// Which of the owners that is.
    pub owner: usize,
}

impl Story<'_> {
    /// A heading and its words for each step.
    pub fn lines(&self) -> Result<Vec<(String, String)>> {
        let mut lines = vec![("quote".to_owned(), self.quote()), ("hold".to_owned(), self.hold())];
        lines.extend(self.choice()?);
        lines.extend(self.credits());
        Ok(lines)
    }

    fn quote(&self) -> String {
        let quote = &self.made.quote;
        let keys = plain(&quote["resources"]);
        let free = quote.get("resources_free").map(|it| format!(", {} of them now", plain(it)));
        let reference = quote
            .get("reference_cost")
            .map(|it| format!("; by the reference price {}", amount(number(it))));
        format!(
            "{} credits with {}, {} units{}; {keys} keys can make it{}",
            amount(number(&quote["estimate"])),
            plain(&quote["model"]),
            amount(self.made.units),
            reference.unwrap_or_default(),
            free.unwrap_or_default(),
        )
    }

    fn hold(&self) -> String {
        let held = amount(number(&self.made.task["credits_held"]));
        format!("{held} credits set aside: the ceiling, which no key may exceed")
    }

    /// One line for each key, the cheapest first.
    fn choice(&self) -> Result<Vec<(String, String)>> {
        let served = text(self.earning, "resource_id")?;
        let offers = &self.made.offers;
        let mut served_by = None;
        for offer in offers {
            if offer.id()? == served {
                served_by = Some(offer);
            }
        }
        let served_by = served_by.context("the image was made with a key of the demo")?;
        let choice = Choice {
            units: self.made.units,
            ceiling: number(&self.made.task["credits_held"]),
            price: served_by.price(),
            resource_id: &served,
        };
        let line = |offer: &super::offers::Offer| {
            let cost = amount(offer.price() * choice.units);
            let words = format!(
                "{:<11} {cost:>5} credits, of {}: {}",
                offer.name(),
                self.logins.owners[offer.owner].email,
                offer.reason(&choice, offers)
            );
            ("key".to_owned(), words)
        };
        Ok(offers.iter().map(line).collect())
    }

    fn credits(&self) -> [(String, String); 3] {
        let (task, line) = (&self.made.task, self.earning);
        let cost = number(&task["credits_cost"]);
        let back = amount(number(&task["credits_held"]) - cost);
        let owner = &self.logins.owners[self.owner].email;
        [
            (
                "charged".to_owned(),
                format!("{} credits, the price of that key; {back} came back", amount(cost)),
            ),
            ("earned".to_owned(), format!("{} credits by {owner}", amount(number(&line["net"])))),
            (
                "commission".to_owned(),
                format!(
                    "{} credits for the platform, {} % of the charge",
                    amount(number(&line["commission"])),
                    amount(number(&line["commission_rate"]) * 100.0)
                ),
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use serde_json::json;

    use super::*;
    use crate::demo::offers::Offer;

    fn made() -> Made {
        let key = |id: &str, name: &str, price: &str, left: &str| {
            json!({
                "id": id, "name": name, "status": "active", "health": "ok", "price_per_unit": price,
                "available_units": left, "units_today": "0", "units_month": "0", "daily_limit": "50",
                "monthly_limit": "500", "in_flight": 0, "concurrency_limit": 2,
            })
        };
        Made {
            task: json!({"credits_held": "1.65", "credits_cost": "1.35"}),
            quote: json!({
                "model": "stability/core", "estimate": "1.35", "max_credits": "1.65", "resources": 2,
                "resources_free": 2, "reference_cost": "1.5",
            }),
            units: 3.0,
            offers: vec![
                Offer { owner: 1, resource: key("p", "Puddle key", "0.42", "2") },
                Offer { owner: 0, resource: key("m", "Meadow key", "0.45", "100") },
                Offer { owner: 2, resource: key("s", "Summit key", "0.55", "100") },
            ],
            path: PathBuf::new(),
        }
    }

    #[test]
    fn the_story_names_every_credit_and_the_reason_for_every_key() {
        let (made, logins) = (made(), Logins::for_tests());
        let earning = json!({
            "resource_id": "m", "gross": "1.35", "net": "1.215", "commission": "0.135",
            "commission_rate": "0.1",
        });
        let story = Story { made: &made, logins: &logins, earning: &earning, owner: 0 };

        let lines = story.lines().unwrap();

        let lines: Vec<String> =
            lines.iter().map(|(heading, words)| format!("{heading}: {words}")).collect();
        assert_eq!(
            lines,
            [
                "quote: 1.35 credits with stability/core, 3 units; by the reference price 1.5; \
                 2 keys can make it, 2 of them now",
                "hold: 1.65 credits set aside: the ceiling, which no key may exceed",
                "key: Puddle key   1.26 credits, of owner-2@example.com: passed over: its account \
                 has 2 units left, an image takes 3",
                "key: Meadow key   1.35 credits, of owner@example.com: chosen: the cheapest that could \
                 make it at once",
                "key: Summit key   1.65 credits, of owner-3@example.com: free too, but dearer",
                "charged: 1.35 credits, the price of that key; 0.3 came back",
                "earned: 1.215 credits by owner@example.com",
                "commission: 0.135 credits for the platform, 10 % of the charge",
            ]
        );
    }
}
