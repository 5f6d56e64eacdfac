//! One request, and what we know of its answer beforehand.

use rand::RngExt as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use reqwest::Method;
use serde_json::Value;

use crate::document::{Access, Operation, Place};
use crate::mutation;
use crate::values::{self, encoded, pick};
use crate::world::{Who, World};

/// A request ready to be sent, as often as one likes.
#[derive(Clone)]
pub struct Case {
    pub number: usize,
    pub method: Method,
    /// Path and query, encoded.
    pub target: String,
    pub headers: Vec<(&'static str, Vec<u8>)>,
    pub body: Option<Vec<u8>>,
    pub token: Option<String>,
    /// What was done to a good request.
    pub done: Vec<String>,
    pub expect: Expect,
    /// Its path may lead to another operation.
    pub strays: bool,
    /// What the answer must not repeat.
    pub secrets: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    Anything,
    /// Some 4xx.
    Refused,
    Exactly(u16),
}

/// A request in parts, so that each can be spoilt.
pub struct Draft<'a> {
    pub operation: &'a Operation,
    pub world: &'a World,
    pub who: Who,
    /// By the parameter's name, encoded.
    pub path: Vec<(&'a str, String)>,
    /// Encoded.
    pub query: Vec<(String, String)>,
    pub headers: Vec<(&'static str, Vec<u8>)>,
    pub body: Option<Value>,
    /// Instead of the body.
    pub bytes: Option<Vec<u8>>,
    pub content_type: Option<String>,
    pub token: Option<String>,
    pub strays: bool,
    pub random: StdRng,
}

/// Draws case `number` of an operation and a caller.
pub fn draw(
    world: &World,
    (index, operation): (usize, &Operation),
    who: Who,
    seed: u64,
    number: usize,
) -> Case {
    let own = seed ^ ((index as u64) << 40) ^ ((who as u64) << 32) ^ number as u64;
    let mut draft = Draft::good(world, operation, who, StdRng::seed_from_u64(own));
    let count = match draft.random.random_range(0..20) {
        0..3 => 0,
        3..15 => 1,
        15..18 => 2,
        _ => 4,
    };
    let mut expect = expected_of_a_good_one(operation, who);
    let mut done = Vec::new();
    for _ in 0..count {
        let (what, spoilt) = mutation::apply(&mut draft);
        expect = match (expect, spoilt) {
            // Several at once may undo each other.
            (_, spoilt) if count == 1 && spoilt != Expect::Anything => spoilt,
            (Expect::Anything, _) => Expect::Anything,
            _ => Expect::Refused,
        };
        done.push(what);
    }
    if count > 1 && who == Who::Admin {
        expect = Expect::Anything;
    }
    draft.finished(number, done, expect)
}

fn may_wait_long(name: &str, value: &str) -> bool {
    name == "wait" && value.parse().is_ok_and(|seconds: u8| (2..=60).contains(&seconds))
}

fn expected_of_a_good_one(operation: &Operation, who: Who) -> Expect {
    match (operation.access, who) {
        (Access::SignedIn | Access::Admin, Who::Nobody) => Expect::Exactly(401),
        (Access::Admin, Who::Consumer | Who::Owner) => Expect::Exactly(403),
        _ => Expect::Anything,
    }
}

impl<'a> Draft<'a> {
    fn good(world: &'a World, operation: &'a Operation, who: Who, mut random: StdRng) -> Self {
        let rng = &mut random;
        let (mut path, mut query, mut headers) = (Vec::new(), Vec::new(), Vec::new());
        for it in &operation.parameters {
            match it.place {
                Place::Path => {
                    let value = match world.objects(operation, who, &it.name) {
                        [] => plain(&values::allowed(rng, world, &it.name, &it.schema)),
                        ids => pick(rng, ids).clone(),
                    };
                    path.push((it.name.as_str(), encoded(&value)));
                }
                Place::Query if it.required || rng.random_bool(0.3) => {
                    let value = plain(&values::allowed(rng, world, &it.name, &it.schema));
                    query.push((it.name.clone(), encoded(&value)));
                }
                Place::Header if it.name == "Idempotency-Key" && rng.random_bool(0.3) => {
                    let key = format!("key-{}", rng.random_range(0..1_000_000));
                    headers.push(("idempotency-key", key.into_bytes()));
                }
                _ => {}
            }
        }
        let body = operation.body.as_ref().map(|it| values::allowed(rng, world, "", it));
        Self {
            operation,
            world,
            who,
            path,
            query,
            headers,
            content_type: body.is_some().then(|| "application/json".to_owned()),
            body,
            bytes: None,
            token: world.token(who).map(str::to_owned),
            strays: false,
            random,
        }
    }

    fn finished(self, number: usize, done: Vec<String>, expect: Expect) -> Case {
        let mut target = self.operation.path.clone();
        for (name, value) in &self.path {
            target = target.replace(&format!("{{{name}}}"), value);
        }
        for (position, (name, value)) in self.query.iter().enumerate() {
            target.push(if position == 0 { '?' } else { '&' });
            // No task ends in this test, and waiting a minute for one would prove no more than a second.
            let value = if may_wait_long(name, value) { "1" } else { value };
            target.extend([name, "=", value]);
        }
        let mut headers = self.headers;
        headers.extend(self.content_type.map(|it| ("content-type", it.into_bytes())));
        let secrets = secrets(self.body.as_ref());
        let body = self.bytes.or_else(|| self.body.map(|it| values::written(&it).into_bytes()));
        Case {
            number,
            method: self.operation.method.clone(),
            target,
            headers,
            body,
            token: self.token,
            done,
            expect,
            strays: self.strays,
            secrets,
        }
    }
}

/// A parameter as text.
pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Passwords, keys and tokens in a body that are too long to be in an answer by chance.
fn secrets(body: Option<&Value>) -> Vec<String> {
    const SECRET: [&str; 5] = ["password", "api_key", "refresh_token", "current", "new"];
    let fields = SECRET.iter().filter_map(|it| body?.get(it)?.as_str());
    fields.filter(|it| it.len() >= 8 && !it.starts_with("@@")).map(str::to_owned).collect()
}

impl Case {
    /// As a person would write it down, to send it again.
    pub fn described(&self) -> String {
        let body = self.body.as_deref().unwrap_or_default();
        let shown: String = String::from_utf8_lossy(body).chars().take(400).collect();
        let headers: Vec<String> = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)))
            .collect();
        format!(
            "case {} ({}): {} {:.300} [{}] {} bytes {shown:?}",
            self.number,
            self.done.join(", "),
            self.method,
            self.target,
            headers.join("; "),
            body.len(),
        )
    }
}
