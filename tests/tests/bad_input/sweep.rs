//! Every operation, every caller, hundreds of requests each.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use reqwest::header::{HeaderName, HeaderValue};
use tests::client::Answer;
use tests::generated;
use tests::stack::Leftover;

use crate::case::{self, Case};
use crate::document::{self, Document, Operation};
use crate::fingerprint::{Tables, changed};
use crate::law;
use crate::world::{Who, World};

/// Of each operation and caller.
const CASES: usize = 200;
/// Requests at once.
const AT_ONCE: usize = 16;
/// Nothing here waits for anything.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);
/// Faults that are printed; the rest is only counted.
const TOLD: usize = 40;

struct Sweep {
    world: World,
    document: Document,
    tables: Tables,
    http: reqwest::Client,
    seed: u64,
    cases: usize,
    statuses: BTreeMap<u16, usize>,
    faults: Vec<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_sent_the_answer_is_a_declared_one_and_a_refusal_changes_nothing() {
    let seed = generated::seed();
    eprintln!("AETHERFLOW_TEST_SEED={seed}");
    let world = World::build().await;
    let tables = Tables::of(&world.stack.pool).await;
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(ANSWERED_WITHIN)
        .build()
        .unwrap();
    let document = document::read();
    let cases = generated::cases(CASES);
    let mut sweep = Sweep {
        world,
        document,
        tables,
        http,
        seed,
        cases,
        statuses: BTreeMap::new(),
        faults: Vec::new(),
    };

    let began = Instant::now();
    sweep.run().await;

    let asked: usize = sweep.statuses.values().sum();
    let (operations, took) = (sweep.document.operations.len(), began.elapsed());
    eprintln!("{asked} requests to {operations} operations in {took:.1?}: {:?}", sweep.statuses);
    let told: Vec<&str> = sweep.faults.iter().take(TOLD).map(String::as_str).collect();
    assert!(
        told.is_empty(),
        "seed {seed}, {} faults:\n  {}",
        sweep.faults.len(),
        told.join("\n  ")
    );
    assert!(asked >= operations * Who::ALL.len() * cases);
    // Requests that succeed are part of it, or the refusals would prove little.
    for status in [200, 201, 202, 204, 400, 401, 403, 404, 409, 413, 415, 422] {
        assert!(
            cases < CASES || sweep.statuses.contains_key(&status),
            "nothing was answered {status}"
        );
    }
    sweep.world.stack.finish_leaving(Leftover::Tasks).await;
}

impl Sweep {
    async fn run(&mut self) {
        for index in 0..self.document.operations.len() {
            let began = Instant::now();
            // Who signs out everywhere is nobody for the rest of the sweep.
            let ends_sessions =
                self.document.operations[index].path == "/api/auth/logout-everywhere";
            for who in Who::ALL {
                let who = if ends_sessions { Who::Nobody } else { who };
                self.chunk(index, who).await;
            }
            let took = began.elapsed();
            if took > Duration::from_secs(4) {
                eprintln!("  {} took {took:.1?}", self.document.operations[index].name());
            }
        }
    }

    /// All requests of one caller to one operation.
    async fn chunk(&mut self, index: usize, who: Who) {
        let operation = &self.document.operations[index];
        let draw = |number| case::draw(&self.world, (index, operation), who, self.seed, number);
        let cases: Vec<Case> = (0..self.cases).map(draw).collect();

        let before = self.tables.fingerprint(&self.world.stack.pool).await;
        let mut faults = Vec::new();
        let mut refused = Vec::new();
        let mut allowed = false;
        for (case, answer) in self.send(&cases).await {
            match &answer {
                Ok(answer) => {
                    *self.statuses.entry(answer.status).or_default() += 1;
                    let broken = law::broken(&self.document.codes, operation, case, answer);
                    faults.extend(broken.into_iter().map(|it| tell(operation, who, case, &it)));
                    match answer.status {
                        400.. => refused.push(case.clone()),
                        _ => allowed |= !operation.is_safe(),
                    }
                }
                Err(error) => {
                    faults.push(tell(operation, who, case, &format!("no answer: {error}")));
                }
            }
        }
        let after = self.tables.fingerprint(&self.world.stack.pool).await;
        if before != after {
            let suspects = if allowed { refused } else { cases };
            faults.extend(self.traces(operation, who, suspects).await);
        }
        self.faults.extend(faults);
    }

    /// Sends what was refused once more, and names what leaves a trace without success.
    async fn traces(
        &self,
        operation: &Operation,
        who: Who,
        mut suspects: Vec<Case>,
    ) -> Vec<String> {
        let pool = &self.world.stack.pool;
        for _ in 0..4 {
            let before = self.tables.fingerprint(pool).await;
            let answers = self.send(&suspects).await;
            let after = self.tables.fingerprint(pool).await;
            if before == after {
                return Vec::new();
            }
            let refused =
                |answer: &Result<Answer, String>| answer.as_ref().is_ok_and(|it| it.status >= 400);
            let all = answers.iter().all(|(_, it)| refused(it)) || operation.is_safe();
            let still: Vec<Case> = answers
                .iter()
                .filter(|(_, it)| refused(it) || operation.is_safe())
                .map(|(case, _)| Case::clone(case))
                .collect();
            suspects = still;
            if all {
                break;
            }
        }
        let mut faults = Vec::new();
        for case in &suspects {
            let before = self.tables.fingerprint(pool).await;
            let answer = self.ask(case).await;
            let after = self.tables.fingerprint(pool).await;
            let status = answer.as_ref().map_or(0, |it| it.status);
            if before != after && (status >= 400 || operation.is_safe()) {
                let what =
                    format!("{status} and yet {} changed", changed(&before, &after).join(", "));
                faults.push(tell(operation, who, case, &what));
            }
        }
        if faults.is_empty() {
            // It may need company, or to be the first of its kind.
            eprintln!("  {} as {who:?}: a trace that did not come again", operation.name());
        }
        faults
    }

    async fn send<'c>(&self, cases: &'c [Case]) -> Vec<(&'c Case, Result<Answer, String>)> {
        futures::stream::iter(cases)
            .map(|case| async move { (case, self.ask(case).await) })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await
    }

    async fn ask(&self, case: &Case) -> Result<Answer, String> {
        let url = format!("{}{}", self.world.stack.api_url, case.target);
        let mut request = self.http.request(case.method.clone(), url);
        for (name, value) in &case.headers {
            let value =
                HeaderValue::from_bytes(value).expect("only what a header can carry is drawn");
            request = request.header(HeaderName::from_static(name), value);
        }
        if let Some(token) = &case.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(body) = &case.body {
            request = request.body(body.clone());
        }
        let answer = request.send().await.map_err(|error| format!("{error:?}"))?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let goes_on = headers.get("content-type").is_some_and(|it| it == "text/event-stream");
        // A stream ends when nobody reads it any more.
        let bytes = if goes_on {
            Vec::new()
        } else {
            answer.bytes().await.map_err(|error| format!("{error:?}"))?.to_vec()
        };
        Ok(Answer { asked: case.target.clone(), status, headers, bytes })
    }
}

fn tell(operation: &Operation, who: Who, case: &Case, what: &str) -> String {
    format!("{} as {who:?}: {what}\n      {}", operation.name(), case.described())
}
