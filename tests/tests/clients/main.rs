//! Clients that others generate from the document, and programs that judge it, against real processes. Their scripts
//! are in `tests/clients`; `cargo xtask test` brings the programs and then runs these tests, which nothing else does.

mod tools;

use serde_json::json;
use tests::stack::{Leftover, Scene, Stack};
use tools::Tools;

/// A deployment with supply, where whoever registers can pay for some images.
async fn exchange() -> (Stack, Scene) {
    let stack = Stack::builder().setting("api", "AETHERFLOW_SIGN_UP_GRANT", "100").start().await;
    let scene = stack.scene_with(json!({}), &json!({"concurrency_limit": 8})).await;
    (stack, scene)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the programs that `cargo xtask test` brings"]
async fn the_client_that_hey_api_generates_is_strictly_typed_and_buys_an_image() {
    let (tools, (stack, _scene)) = (Tools::find().at("hey-api"), exchange().await);

    tools.node_program("openapi-ts", &["-i", tools.document(), "-o", "client"]).await;
    tools.node_program("tsc", &["--strict", "-p", "."]).await;
    tools.script("node", &["out/story.js"], &[("API_URL", &stack.api_url)]).await;

    // Its users are known to the client alone, so sums are checked.
    stack.finish_measured().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the programs that `cargo xtask test` brings"]
async fn the_types_that_openapi_typescript_generates_are_strict_and_buy_an_image() {
    let (tools, (stack, _scene)) = (Tools::find().at("openapi-typescript"), exchange().await);

    // Else a field with a default would have to be sent.
    let optional = "--default-non-nullable=false";
    let out = ["-o", "client/schema.ts"];
    tools
        .node_program("openapi-typescript", &[&[tools.document(), optional], &out[..]].concat())
        .await;
    tools.node_program("tsc", &["--strict", "-p", "."]).await;
    tools.script("node", &["out/story.js"], &[("API_URL", &stack.api_url)]).await;

    // Its users are known to the client alone, so sums are checked.
    stack.finish_measured().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the programs that `cargo xtask test` brings"]
async fn the_client_that_openapi_python_client_generates_is_complete_and_buys_an_image() {
    let (tools, (stack, _scene)) = (Tools::find().at("openapi-python-client"), exchange().await);

    let made = ["--meta", "none", "--output-path", "aetherflow_client", "--overwrite"];
    let arguments = ["generate", "--config", "config.yml", "--path", tools.document()];
    let said =
        tools.python_program("openapi-python-client", &[&arguments[..], &made].concat(), &[]).await;
    std::fs::write(tools.folder().join("said.txt"), said).expect("the folder is ours");
    tools
        .python_program(
            "python",
            &["check.py", tools.document(), "aetherflow_client", "said.txt"],
            &[],
        )
        .await;
    tools.python_program("python", &["story.py"], &[("API_URL", &stack.api_url)]).await;

    // Its users are known to the client alone, so sums are checked.
    stack.finish_measured().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the programs that `cargo xtask test` brings"]
async fn two_linters_find_nothing_in_the_document() {
    let tools = Tools::find().at("lint");

    let spectral = ["lint", "--fail-severity", "warn", "--ruleset", "spectral.yaml"];
    tools.node_program("spectral", &[&spectral[..], &[tools.document()]].concat()).await;
    let redocly = ["lint", "--config", "redocly.yaml", "--max-problems", "1000"];
    tools.node_program("redocly", &[&redocly[..], &[tools.document()]].concat()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the programs that `cargo xtask test` brings"]
async fn what_the_document_allows_is_taken_and_what_it_forbids_is_refused() {
    let (tools, (stack, scene)) = (Tools::find().at("schemathesis"), exchange().await);
    let idle = stack.user("idle").await;

    let arguments = ["run", tools.document(), "--url", &stack.api_url];
    let callers = [
        ("API_URL", stack.api_url.as_str()),
        ("ADMIN_EMAIL", &scene.admin.email),
        ("ADMIN_PASSWORD", &scene.admin.password),
        ("USER_EMAIL", &idle.email),
        ("USER_PASSWORD", &idle.password),
    ];
    let said = tools.python_program("schemathesis", &arguments, &callers).await;

    let cases = said.lines().find(|it| it.contains(" generated, "));
    assert!(cases.is_some_and(|it| it.contains(" passed")), "{said}");
    // What was bought on the way is paid to the last place.
    stack.finish_leaving(Leftover::Tasks).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the programs that `cargo xtask test` brings"]
async fn an_image_is_shown_where_its_operation_is_tried_in_the_page_of_the_document() {
    let tools = Tools::find().at("docs");
    let Some(browser) = Tools::browser() else {
        // The phase has said so in its closing lines.
        return;
    };
    let (stack, _scene) = exchange().await;

    let variables = [("API_URL", stack.api_url.as_str()), ("CHROMIUM", &browser)];
    tools.script("node", &["try_image.mjs"], &variables).await;

    // Its users are known to the client alone, so sums are checked.
    stack.finish_measured().await;
}
