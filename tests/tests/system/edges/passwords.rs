//! Passwords that are none, wherever one is chosen.

use serde_json::json;

use super::row::{Row, row};
use super::world::{World, registration};

const EMAIL: &str = "edgar.edge@example.com";

pub fn rows(world: &World) -> Vec<Row> {
    [short(world), known(world), others()].concat()
}

fn short(world: &World) -> Vec<Row> {
    let mut rows = Vec::new();
    let zero_width = "\u{200b}".repeat(8);
    for password in ["password", "12345678", "        ", &zero_width, "short", ""] {
        let shown = password.escape_unicode();
        let limit = if password == zero_width { "seen" } else { "12" };
        rows.push(
            row(format!("{shown} is too short"), "POST", "/api/auth/register")
                .json(&registration(&json!({"password": password})))
                .refuses(&["password"])
                .says(limit),
        );
        rows.push(
            row(format!("{shown} is too short a new password"), "PUT", "/api/auth/password")
                .bearer(&world.consumer())
                .json(&json!({"current": world.scene.consumer.password, "new": password}))
                .refuses(&["new"])
                .says(limit),
        );
    }
    rows
}

fn known(world: &World) -> Vec<Row> {
    let mut rows = Vec::new();
    let (blanks, zeroes) = (" ".repeat(12), "\u{200b}".repeat(12));
    for password in [
        EMAIL,
        "EDGAR.EDGE@example.com",
        "password1234",
        "123456789012",
        "qwertyuiop12",
        "passwordpassword",
        &blanks,
        &zeroes,
        "aaaaaaaaaaaa",
        "edgar.edge12",
        "Password1234",
    ] {
        let shown = password.escape_unicode();
        rows.push(
            row(
                format!("{password} ({shown}) is known to everybody"),
                "POST",
                "/api/auth/register",
            )
            .json(&json!({"email": EMAIL, "password": password}))
            .refuses(&["password"]),
        );
    }
    for password in ["password1234", &blanks, &zeroes, &world.scene.consumer.email] {
        rows.push(
            row(
                format!("{} is no new password", password.escape_unicode()),
                "PUT",
                "/api/auth/password",
            )
            .bearer(&world.consumer())
            .json(&json!({"current": world.scene.consumer.password, "new": password}))
            .refuses(&["new"]),
        );
    }
    rows
}

fn others() -> Vec<Row> {
    let mut rows = Vec::new();
    rows.push(
        row("the name of a person is no password of theirs", "POST", "/api/auth/register")
            .json(&registration(
                &json!({"display_name": "Edgar Edgington", "password": "edgar edgington"}),
            ))
            .refuses(&["password"]),
    );
    rows.push(
        row("129 characters are too many, and the limit is said", "POST", "/api/auth/register")
            .json(&registration(&json!({"password": "xyz".repeat(43)})))
            .refuses(&["password"])
            .says("128"),
    );
    for path in ["/api/auth/totp", "/api/auth/totp/confirm", "/api/auth/totp/recovery-codes"] {
        rows.push(
            row(format!("{path} asks who is there"), "POST", path)
                .json(&json!({}))
                .problem(401, "auth.required"),
        );
    }
    rows
}
