//! The simulated provider's side of the demo: keys with a balance.

use std::time::Duration;

use anyhow::Result;
use devkit::http;
use devkit::services::PROVIDER;
use serde_json::json;

use super::blueprint::Blueprint;
use super::demo_keys::DEMO_KEYS;

const ANSWERED_WITHIN: Duration = Duration::from_secs(5);

/// Gives each key of the demo a balance unless the simulator knows the key. A simulator that was
/// restarted knows none.
pub fn fund_keys(blueprint: &Blueprint) -> Result<usize> {
    let mut funded = 0;
    for (key, demo) in blueprint.simulator_keys.iter().zip(DEMO_KEYS) {
        let base = &blueprint.settings.simulator_url;
        let url = format!("{base}/control/{PROVIDER}/keys/{key}");
        if http::call("GET", &url, None, None, ANSWERED_WITHIN)?.status == 200 {
            continue;
        }
        let body = json!({"balance": demo.balance, "latency_ms": 800, "latency_jitter_ms": 400});
        http::call("PUT", &url, None, Some(&body), ANSWERED_WITHIN)?.success("funding a key")?;
        funded += 1;
    }
    Ok(funded)
}
