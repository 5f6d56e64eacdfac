//! Texts that people read: what nobody sees, what turns the direction, and letters that only look foreign.

use serde_json::json;

use super::row::{Row, row};
use super::world::{World, connection, picture, registration};

const SUBMIT: &str = "/api/generate/text-to-image";
const ESTIMATE: &str = "/api/generate/estimate";

/// Nobody sees them, alone or together.
const INVISIBLE: [&str; 14] = [
    "\u{200b}\u{2060}\u{feff}",
    "\u{200b}",
    "\u{ad}",
    "\u{180e}",
    "\u{115f}",
    "\u{3164}",
    "\u{2800}",
    "\u{e0020}",
    "\u{fe0f}",
    "\u{200d}\u{200c}",
    "\u{2063}",
    "   ",
    "\u{3000}\u{a0}",
    "\u{200b} \u{200b}",
];
/// They turn what follows, or break the line.
const TURNING: [&str; 14] = [
    "abc\u{202e}def",
    "\u{202a}a",
    "a\u{202b}b",
    "a\u{202c}",
    "a\u{202d}b",
    "a\u{2066}b",
    "\u{2067}a",
    "a\u{2068}b",
    "a\u{2069}",
    "a\nb",
    "a\r\nb",
    "a\tb",
    "a\u{2028}b",
    "a\u{2029}b",
];
const CONTROLS: [&str; 5] = ["a\u{0}b", "a\u{1b}[31mb", "a\u{7f}b", "a\u{85}b", "a\u{8}b"];

pub fn rows(world: &World) -> Vec<Row> {
    [unseen(world), names(world), scripts(world)].concat()
}

fn unseen(world: &World) -> Vec<Row> {
    let mut rows = Vec::new();
    for text in INVISIBLE {
        let shown = text.escape_unicode();
        for path in [SUBMIT, ESTIMATE] {
            rows.push(
                row(format!("the prompt {shown} is none at {path}"), "POST", path)
                    .bearer(&world.consumer())
                    .json(&picture(&json!({"prompt": text})))
                    .refuses(&["prompt"]),
            );
        }
        rows.push(
            row(format!("the name {shown} of a person is none"), "POST", "/api/auth/register")
                .json(&registration(&json!({"display_name": text})))
                .refuses(&["display_name"]),
        );
        rows.push(
            row(format!("the name {shown} of a profile is none"), "PUT", "/api/auth/profile")
                .bearer(&world.consumer())
                .json(&json!({"display_name": text}))
                .refuses(&["display_name"]),
        );
        rows.push(
            row(format!("the name {shown} of a key is none"), "POST", "/api/resource/connect")
                .bearer(&world.owner())
                .json(&connection(&json!({"name": text})))
                .refuses(&["name"]),
        );
        rows.push(
            row(format!("the reason {shown} is none"), "POST", "/api/credits/add/manual")
                .bearer(&world.admin())
                .json(&json!({"user_id": world.scene.consumer.id, "amount": "1", "reason": text}))
                .refuses(&["reason"]),
        );
        rows.push(
            row(format!("the end user {shown} is nobody"), "POST", SUBMIT)
                .bearer(&world.consumer())
                .json(&picture(&json!({"end_user": text})))
                .refuses(&["end_user"]),
        );
    }
    let status = format!("/api/admin/users/{}/status", world.scene.consumer.id);
    rows.push(
        row("nobody is suspended for a reason that nobody sees", "PUT", status)
            .bearer(&world.admin())
            .json(&json!({"status": "suspended", "reason": "\u{200b}\u{200b}\u{200b}"}))
            .refuses(&["reason"]),
    );
    rows.push(
        row("a joiner within a sign is seen", "POST", ESTIMATE)
            .bearer(&world.consumer())
            .json(&picture(&json!({"prompt": "👩\u{200d}🚀"}))),
    );
    rows
}

fn names(world: &World) -> Vec<Row> {
    let resource = format!("/api/resource/{}", world.scene.resource.id);
    let mut rows = Vec::new();
    for text in TURNING.into_iter().chain(CONTROLS) {
        let shown = text.escape_unicode();
        rows.push(
            row(format!("{shown} is no name of a person"), "POST", "/api/auth/register")
                .json(&registration(&json!({"display_name": text})))
                .refuses(&["display_name"]),
        );
        rows.push(
            row(format!("{shown} is no name of a profile"), "PUT", "/api/auth/profile")
                .bearer(&world.consumer())
                .json(&json!({"display_name": text}))
                .refuses(&["display_name"]),
        );
        rows.push(
            row(format!("{shown} is no name of a key"), "POST", "/api/resource/connect")
                .bearer(&world.owner())
                .json(&connection(&json!({"name": text})))
                .refuses(&["name"]),
        );
        rows.push(
            row(format!("{shown} is no new name of a key"), "PUT", resource.clone())
                .bearer(&world.owner())
                .json(&json!({"name": text}))
                .refuses(&["name"]),
        );
    }
    for text in CONTROLS {
        rows.push(
            row(format!("{} is no prompt", text.escape_unicode()), "POST", ESTIMATE)
                .bearer(&world.consumer())
                .json(&picture(&json!({"prompt": text})))
                .refuses(&["prompt"]),
        );
    }
    for text in ["王小明", "שלום", "Zoë O’Neil-Łuk", "👩\u{200d}🚀 Ada"] {
        rows.push(
            row(format!("{text} is a name"), "PUT", "/api/auth/profile")
                .bearer(&world.consumer())
                .json(&json!({"display_name": text}))
                .says(text),
        );
    }
    rows.push(
        row("a prompt may have several lines", "POST", ESTIMATE)
            .bearer(&world.consumer())
            .json(&picture(&json!({"prompt": "a fox\nin snow\twith a hat"}))),
    );
    rows
}

/// The model reads English; what only looks different is English.
fn scripts(world: &World) -> Vec<Row> {
    let send = |prompt: &str| {
        row(format!("the prompt {prompt}"), "POST", ESTIMATE)
            .bearer(&world.consumer())
            .json(&picture(&json!({"prompt": prompt})))
    };
    let mut rows: Vec<Row> = [
        "𝐚 𝐟𝐨𝐱",
        "𝒶 𝒻ℴ𝓍",
        "𝔞 𝔣𝔬𝔵",
        "𝚊 𝚏𝚘𝚡",
        "ａ ｆｏｘ",
        "ⓐ ⓕⓞⓧ",
        "🄰 🄵🄾🅇",
        "a ﬁsh",
        "Café façade",
        "a fox ½ ™ №",
        "🦊 in ❄️",
        "«a fox»",
        "a fox — “red”",
    ]
    .map(|it| send(it).answers(200))
    .into();
    rows.extend(
        ["лиса в снегу", "雪中的红狐狸", "ثعلب أحمر", "붉은 여우"]
            .map(|it| send(it).problem(422, "generation.model_cannot")),
    );
    rows
}
