//! `docker-compose.yml` as far as it says what is started and with what.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

/// The services by name.
#[derive(Debug, Deserialize)]
pub struct ComposeFile {
    pub services: BTreeMap<String, ComposeService>,
}

/// One service.
#[derive(Debug, Deserialize)]
pub struct ComposeService {
    #[serde(default)]
    pub command: Vec<String>,
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    pub healthcheck: Option<HealthCheck>,
    pub stop_grace_period: Option<String>,
    #[serde(default)]
    pub container_name: Option<String>,
    #[serde(default)]
    pub ports: Vec<String>,
}

/// How docker asks whether it is well.
#[derive(Debug, Deserialize)]
pub struct HealthCheck {
    pub test: Vec<String>,
}

impl ComposeFile {
    /// The file in the root of the checkout.
    pub fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docker-compose.yml");
        let text = std::fs::read_to_string(path).expect("the checkout has a docker-compose.yml");
        serde_saphyr::from_str(&text).expect("docker-compose.yml is what compose reads")
    }
}

impl HealthCheck {
    /// The path it asks for over HTTP.
    pub fn path(&self) -> Option<&str> {
        let url = self.test.iter().find(|it| it.starts_with("http://"))?;
        url.splitn(4, '/').nth(3)
    }
}

/// Fills in `${NAME}`, `${NAME:-default}` and `${NAME:?complaint}`, and `$$`, as compose does.
pub fn fill_in(text: &str, variables: &BTreeMap<String, String>) -> String {
    let (mut filled, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('$') {
        filled.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            filled.push('$');
            rest = after;
            continue;
        }
        let inner = rest.strip_prefix('{').and_then(|it| it.split_once('}'));
        let (expression, after) = inner.unwrap_or_else(|| panic!("a lone $ in {text}"));
        filled.push_str(&value_of(expression, variables));
        rest = after;
    }
    filled + rest
}

fn value_of(expression: &str, variables: &BTreeMap<String, String>) -> String {
    let set = |name: &str| variables.get(name).filter(|it| !it.is_empty()).cloned();
    if let Some((name, default)) = expression.split_once(":-") {
        return set(name).unwrap_or_else(|| default.to_owned());
    }
    if let Some((name, complaint)) = expression.split_once(":?") {
        return set(name).unwrap_or_else(|| panic!("{name}: {complaint}"));
    }
    set(expression).unwrap_or_default()
}

#[test]
fn variables_are_filled_in_as_compose_does() {
    let variables =
        BTreeMap::from([("A".to_owned(), "1".to_owned()), ("E".to_owned(), String::new())]);

    assert_eq!(fill_in("x${A}y${B:-2}${E:-3}${A:?no}$$z", &variables), "x1y231$z");
}
