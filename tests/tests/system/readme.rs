//! The script that README shows does what it says, again and again.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tests::stack::Stack;

/// The pieces of "Use it", as one who pastes them runs them.
fn pieces() -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let (_, from) = readme.split_once("\n## Use it\n").expect("README tells how to use it");
    let section = from.split("\n## ").next().unwrap();
    let pieces: Vec<String> = section
        .split("```sh\n")
        .skip(1)
        .map(|it| it.split_once("```").expect("a piece ends").0.to_owned())
        .collect();
    assert!(pieces.len() >= 7, "{pieces:?}");
    pieces
}

/// What is shown, line by line where it is JSON.
fn run(script: &str, folder: &Path) -> Vec<Value> {
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", script])
        .current_dir(folder)
        .output()
        .expect("bash is there");
    let (shown, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}:\n{shown}\n{errors}", output.status);
    shown.lines().filter_map(|it| serde_json::from_str(it).ok()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_script_of_the_readme_works_twice_also_after_a_run_that_broke_off() {
    let stack = Stack::builder().setting("api", "AETHERFLOW_SIGN_UP_GRANT", "20").start().await;
    let scene = stack.scene().await;
    let login = |it: &tests::client::User| json!({"email": it.email, "password": it.password});
    let (api, simulator) = (&stack.api_url, stack.simulator.url());
    let users = json!({"admin": login(&scene.admin), "owner": login(&scene.owner)});
    let described = json!({"api_url": api, "simulator_url": simulator, "users": users});
    let folder = stack.folder().join("checkout");
    std::fs::create_dir_all(folder.join(".dev")).unwrap();
    let text = serde_json::to_string_pretty(&described).unwrap();
    std::fs::write(folder.join(".dev/stack.json"), text).unwrap();
    let pieces = pieces();
    let connected = pieces.iter().position(|it| it.contains("/api/resource/connect")).unwrap();
    let broken_off = pieces[..=connected].concat();
    let run = async |script: String| {
        let folder = folder.clone();
        tokio::task::spawn_blocking(move || run(&script, &folder)).await.unwrap()
    };

    // Its key is left, in service, and would be chosen before any other.
    let shown = run(broken_off).await;
    assert!(shown.iter().any(|it| it["status"] == "active"), "{shown:#?}");
    stack.sql("UPDATE pool.resource SET price_per_unit = 0.2 WHERE name = 'my key'").await;
    for number in 1..=2 {
        let shown = run(pieces.concat()).await;

        let find = |field: &str, value: &str| shown.iter().find(|it| it[field] == value);
        let made =
            find("status", "completed").unwrap_or_else(|| panic!("run {number}: {shown:#?}"));
        assert_eq!(made["credits_cost"], "0.9", "the price of the key that was connected");
        let canceled =
            find("status", "canceled").unwrap_or_else(|| panic!("run {number}: {shown:#?}"));
        assert_eq!(canceled["attempts"], json!([]), "it was waiting");
        let balance = shown.iter().find(|it| it["available"].is_string()).unwrap();
        assert_eq!(balance["available"], "119.1", "what was held for the canceled one is back");
        assert!(find("status", "paused").is_some(), "{shown:#?}");
        let audit = shown.iter().find(|it| it["checks"].is_array()).unwrap();
        assert_eq!(audit["ok"], true, "{audit}");
    }

    let made = std::fs::read(stack.folder().join("checkout/.dev/fox.png")).unwrap();
    assert!(made.starts_with(b"\x89PNG"), "an image was downloaded");
    let mut images = Vec::new();
    for key in stack.simulator.counters().await.unwrap() {
        if key.key.starts_with("sk-my-own-key") {
            images.push(key.images);
            stack.remember_key(&stack.simulator.key_of(&key.key));
        }
    }
    images.sort_unstable();
    assert_eq!(images, [0, 1, 1], "each run made one, with its own key");
    stack.finish_measured().await;
}
