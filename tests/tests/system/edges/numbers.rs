//! Numbers: whole ones however they are written, ranges that are named, amounts of any size.

use serde_json::json;

use super::row::{Row, row};
use super::world::{World, connection, picture};

const SUBMIT: &str = "/api/generate/text-to-image";
const ESTIMATE: &str = "/api/generate/estimate";

pub fn rows(world: &World) -> Vec<Row> {
    [whole(world), at_once(world), limits(world), amounts(world)].concat()
}

/// As JSON text, since a library would write them otherwise.
fn whole(world: &World) -> Vec<Row> {
    let send = |field: &str, number: &str| {
        let text =
            format!("{{\"prompt\":\"a fox\",\"model\":\"stability/core\",\"{field}\":{number}}}");
        row(format!("{field} {number}"), "POST", ESTIMATE).bearer(&world.consumer()).text(&text)
    };
    let mut rows = Vec::new();
    for number in ["60.0", "60", "6e1", "60.000", "6.0E1", "600e-1", "10", "3600", "3600.0"] {
        rows.push(send("deadline_seconds", number).answers(200));
    }
    for number in [
        "60.5",
        "9",
        "3601",
        "-60",
        "9.0",
        "0",
        "-0.0",
        "1e99",
        "99999999999999999999",
        "60.0000001",
        "1e-5",
    ] {
        rows.push(
            send("deadline_seconds", number).refuses(&["deadline_seconds"]).says("from 10 to 3600"),
        );
    }
    for number in ["\"60\"", "true", "[60]", "{}"] {
        rows.push(send("deadline_seconds", number).refuses(&["deadline_seconds"]));
    }
    for number in ["0", "7.0", "4294967294", "4294967294.0", "4.0e0"] {
        rows.push(send("seed", number).answers(200));
    }
    for number in ["-1", "4294967295", "4294967296", "1e10", "0.5", "-1.0"] {
        rows.push(send("seed", number).refuses(&["seed"]).says("from 0 to 4294967294"));
    }
    rows
}

/// How many calls, and how many strikes.
fn at_once(world: &World) -> Vec<Row> {
    let mut rows = Vec::new();
    let connect = |field: &str, number: &str| {
        let body = connection(&json!({})).to_string();
        let text = format!("{},\"{field}\":{number}}}", body.strip_suffix('}').unwrap_or(&body));
        row(format!("{field} {number} of a key"), "POST", "/api/resource/connect")
            .bearer(&world.owner())
            .text(&text)
    };
    for number in ["0", "1001", "1001.0", "-1", "4.5", "1e9"] {
        rows.push(
            connect("concurrency_limit", number)
                .refuses(&["concurrency_limit"])
                .says("from 1 to 1000"),
        );
    }
    for number in ["0", "1000001", "0.5"] {
        rows.push(connect("rpm_limit", number).refuses(&["rpm_limit"]).says("from 1 to 1000000"));
    }
    let path = format!("/api/resource/{}", world.scene.resource.id);
    let change = |number: &str| {
        row(format!("a change to {number} at once"), "PUT", path.clone())
            .bearer(&world.owner())
            .text(&format!("{{\"concurrency_limit\":{number}}}"))
    };
    rows.push(change("4.0").answers(200));
    rows.push(change("0.0").refuses(&["concurrency_limit"]).says("from 1 to 1000"));
    let strikes = format!("/api/admin/users/{}/strikes", world.scene.consumer.id);
    for number in ["0", "1000001", "2.5"] {
        rows.push(
            row(format!("a limit of {number} strikes"), "PUT", strikes.clone())
                .bearer(&world.admin())
                .text(&format!("{{\"limit\":{number},\"reason\":\"an edge\"}}"))
                .refuses(&["limit"])
                .says("from 1 to 1000000"),
        );
    }
    rows
}

/// Numbers in queries.
fn limits(world: &World) -> Vec<Row> {
    let mut rows = Vec::new();
    for limit in
        ["0", "-1", "101", "x", "5.5", "", "99999999999999999999", "1e1", "0x5", "５", "+5", " 5"]
    {
        let limit = limit.replace(' ', "%20").replace('５', "%EF%BC%95").replace('+', "%2B");
        rows.push(
            row(
                format!("limit={limit} names the range"),
                "GET",
                format!("/api/generate/history?limit={limit}"),
            )
            .bearer(&world.consumer())
            .refuses(&["limit"])
            .says("1 to 100"),
        );
    }
    let task = format!("/api/generate/task/{}", world.done.id);
    for wait in ["-1", "61", "x", "1.5", "99999999999999999999"] {
        rows.push(
            row(format!("wait={wait} names the range"), "GET", format!("{task}?wait={wait}"))
                .bearer(&world.consumer())
                .refuses(&["wait"])
                .says("0 to 60"),
        );
    }
    for id in ["7", "x", "01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3", "01938F3C5D2E7C1A9B1E0F6F7B1C2D3E"]
    {
        rows.push(
            row(format!("the id {id} is of no task"), "GET", format!("/api/generate/task/{id}"))
                .bearer(&world.consumer())
                .answers(404),
        );
    }
    rows
}

/// Amounts are decimal texts.
fn amounts(world: &World) -> Vec<Row> {
    let digits = "402375378238388646224332058595825";
    let mut rows = Vec::new();
    let connect = |field: &'static str, amount: &str| {
        row(format!("{field} {amount:?} of a key"), "POST", "/api/resource/connect")
            .bearer(&world.owner())
            .json(&connection(&json!({field: amount})))
            .refuses(&[field])
    };
    for field in ["price_per_unit", "daily_limit", "monthly_limit"] {
        for amount in [digits, "1000000000000", "99999999999999999999999999999999999999.5"] {
            rows.push(connect(field, amount).says("1000000000"));
        }
        for amount in [
            "0", "-1", "1e3", "1,5", "0x10", "NaN", "Infinity", "", " 1", "1 ", "+1", ".5", "5.",
            "１", "1_000",
        ] {
            rows.push(connect(field, amount));
        }
        rows.push(connect(field, "1.0000001").says("6"));
    }
    rows.push(
        row("a price that is a number and not a text", "POST", "/api/resource/connect")
            .bearer(&world.owner())
            .json(&connection(&json!({"price_per_unit": 0.5})))
            .refuses(&["price_per_unit"]),
    );
    for path in [SUBMIT, ESTIMATE] {
        rows.push(
            row(format!("a ceiling of {digits} at {path}"), "POST", path)
                .bearer(&world.consumer())
                .json(&picture(&json!({"max_credits": digits})))
                .refuses(&["max_credits"])
                .says("1000000000"),
        );
    }
    let path = format!("/api/resource/{}", world.scene.resource.id);
    rows.push(
        row("a change to such a price", "PUT", path)
            .bearer(&world.owner())
            .json(&json!({"price_per_unit": digits}))
            .refuses(&["price_per_unit"])
            .says("1000000000"),
    );
    rows.push(
        row("a grant of so many credits", "POST", "/api/credits/add/manual")
            .bearer(&world.admin())
            .json(
                &json!({"user_id": world.scene.consumer.id, "amount": digits, "reason": "an edge"}),
            )
            .refuses(&["amount"])
            .says("1000000000"),
    );
    rows
}
