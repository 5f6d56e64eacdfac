//! One row of the table: what is sent, and what the answer must be.

use std::fmt::Write as _;

use serde_json::Value;
use tests::client::Answer;

/// Words of the language this is written in; nobody who calls an API should have to know it.
const RUSTS_WORDS: [&str; 12] = [
    "u8",
    "u16",
    "u32",
    "u64",
    "i16",
    "i32",
    "i64",
    "usize",
    "invalid digit",
    "invalid type",
    "expected struct",
    "missing field",
];

/// What is sent and expected.
#[derive(Clone)]
pub struct Row {
    pub name: String,
    method: &'static str,
    target: String,
    version: &'static str,
    headers: Vec<String>,
    body: Vec<u8>,
    statuses: Vec<u16>,
    code: Option<&'static str>,
    fields: Vec<&'static str>,
    says: Vec<String>,
    never: Vec<String>,
    carries: Vec<(&'static str, String)>,
    body_is: Option<Vec<u8>>,
}

/// A row that is yet to say what it wants; without more, 200.
pub fn row(name: impl Into<String>, method: &'static str, target: impl Into<String>) -> Row {
    Row {
        name: name.into(),
        method,
        target: target.into(),
        version: "HTTP/1.1",
        headers: vec!["host: here".to_owned()],
        body: Vec::new(),
        statuses: vec![200],
        code: None,
        fields: Vec::new(),
        says: Vec::new(),
        never: Vec::new(),
        carries: Vec::new(),
        body_is: None,
    }
}

impl Row {
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header(&format!("authorization: Bearer {token}"))
    }

    /// One line of the head.
    #[must_use]
    pub fn header(mut self, line: &str) -> Self {
        self.headers.push(line.to_owned());
        self
    }

    /// Leaves `Host` out, or sends another.
    #[must_use]
    pub fn host(mut self, lines: &[&str]) -> Self {
        self.headers.retain(|it| !it.starts_with("host:"));
        self.headers.extend(lines.iter().map(|it| (*it).to_owned()));
        self
    }

    #[must_use]
    pub fn version(self, version: &'static str) -> Self {
        Self { version, ..self }
    }

    /// A body of JSON, of the usual type.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.text(&body.to_string())
    }

    /// The same as it is written.
    #[must_use]
    pub fn text(self, body: &str) -> Self {
        self.header("content-type: application/json").bytes(body)
    }

    /// A body without a type.
    #[must_use]
    pub fn bytes(self, body: impl AsRef<[u8]>) -> Self {
        Self { body: body.as_ref().to_vec(), ..self }
    }

    #[must_use]
    pub fn answers(self, status: u16) -> Self {
        Self { statuses: vec![status], ..self }
    }

    /// 400 that names these fields.
    #[must_use]
    pub fn refuses(self, fields: &[&'static str]) -> Self {
        Self { fields: fields.to_vec(), ..self.problem(400, "request.invalid") }
    }

    #[must_use]
    pub fn problem(self, status: u16, code: &'static str) -> Self {
        Self { statuses: vec![status], code: Some(code), ..self }
    }

    /// The answer has these words.
    #[must_use]
    pub fn says(mut self, words: impl Into<String>) -> Self {
        self.says.push(words.into());
        self
    }

    #[must_use]
    pub fn never(mut self, words: impl Into<String>) -> Self {
        self.never.push(words.into());
        self
    }

    /// The answer has this header; its value contains these words.
    #[must_use]
    pub fn carries(mut self, header: &'static str, words: impl Into<String>) -> Self {
        self.carries.push((header, words.into()));
        self
    }

    #[must_use]
    pub fn body_is(self, bytes: &[u8]) -> Self {
        Self { body_is: Some(bytes.to_vec()), ..self }
    }

    /// The bytes of the request.
    pub fn request(&self) -> Vec<u8> {
        let mut head =
            format!("{} {} {}\r\nconnection: close\r\n", self.method, self.target, self.version);
        for line in &self.headers {
            head.push_str(line);
            head.push_str("\r\n");
        }
        let chunked = self.headers.iter().any(|it| it.starts_with("transfer-encoding"));
        if !self.body.is_empty() && !chunked {
            let _ = write!(head, "content-length: {}\r\n", self.body.len());
        }
        head.push_str("\r\n");
        [head.into_bytes(), self.body.clone()].concat()
    }

    /// What is wrong with the answer.
    pub fn faults(&self, answer: Option<&Answer>) -> Vec<String> {
        let Some(answer) = answer else { return vec!["closed without an answer".to_owned()] };
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        let mut faults = Vec::new();
        if !self.statuses.contains(&answer.status) {
            faults.push(format!("{} and not {:?}", answer.status, self.statuses));
        }
        if self.code.is_some_and(|it| it != answer.code()) {
            faults.push(format!("the code is {:?}, not {:?}", answer.code(), self.code));
        }
        if answer.status >= 400 && answer.header("content-type") != "application/problem+json" {
            faults.push(format!("a refusal of the type {:?}", answer.header("content-type")));
        }
        let problem = answer.json();
        let named: Vec<&str> = problem["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|it| it["field"].as_str())
            .collect();
        for field in self.fields.iter().filter(|it| !named.contains(it)) {
            faults.push(format!("{field} is not among {named:?}"));
        }
        faults.extend(
            self.says
                .iter()
                .filter(|it| !text.contains(it.as_str()))
                .map(|it| format!("does not say {it:?}")),
        );
        faults.extend(
            self.never
                .iter()
                .filter(|it| text.contains(it.as_str()))
                .map(|it| format!("says {it:?}")),
        );
        if answer.status >= 400 {
            faults.extend(
                RUSTS_WORDS
                    .iter()
                    .filter(|it| is_word_of(&text, it))
                    .map(|it| format!("says {it:?}")),
            );
        }
        for (header, words) in &self.carries {
            let values: Vec<&str> =
                answer.headers.get_all(*header).iter().filter_map(|it| it.to_str().ok()).collect();
            if values.is_empty()
                || !values.join(", ").to_lowercase().contains(&words.to_lowercase())
            {
                faults.push(format!("{header} is {values:?}, not {words:?}"));
            }
        }
        if self.body_is.as_ref().is_some_and(|it| *it != answer.bytes) {
            faults.push(format!("{} bytes that are not the ones", answer.bytes.len()));
        }
        if !faults.is_empty() {
            faults.push(format!("answered: {}", text.chars().take(600).collect::<String>()));
        }
        faults
    }
}

/// Whether the word stands alone in the text.
fn is_word_of(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        [before, after].into_iter().flatten().all(|it| !it.is_alphanumeric())
    })
}
