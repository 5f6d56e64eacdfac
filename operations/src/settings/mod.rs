//! Settings come from the environment and from nowhere else, are read once at start, and all problems
//! are reported together. The only place of the system that reads the environment.
//!
//! ```
//! use operations::Program;
//! use operations::settings::{self, Settings};
//!
//! let variables = [("AETHERFLOW_LEASE".to_owned(), "20".to_owned())];
//! let mut settings = Settings::from_variables(Program::Worker, variables);
//! let _lease = settings.duration(&settings::LEASE);
//! let error = settings.finish().unwrap_err();
//! assert!(error.to_string().contains("AETHERFLOW_LEASE: '20' is not a duration; write e.g. 20s"));
//! ```

mod effective;
mod known;
mod markdown;
mod parse;
mod problem;
mod rate;
mod readers;
mod setting;
#[cfg(test)]
mod tests;
mod unknown;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use rust_decimal::Decimal;
use secrecy::SecretString;
use url::Url;

use crate::Program;

pub use effective::EffectiveSetting;
pub use known::*;
pub use markdown::markdown;
pub use problem::{SettingProblem, SettingsError};
pub use rate::Rate;
pub use readers::misdeclared;
pub use setting::{Fallback, Form, Setting};

/// Reads typed values out of a set of variables. A getter that finds a problem remembers it and
/// answers a placeholder, so that the next getter can find the next one; [`finish`](Self::finish)
/// then refuses them all, and no placeholder is ever used.
#[must_use = "problems are only reported by finish"]
pub struct Settings {
    program: Program,
    variables: BTreeMap<String, String>,
    problems: Vec<SettingProblem>,
    /// The names of settings that were asked for.
    read: BTreeSet<&'static str>,
}

impl Settings {
    /// The environment of this process. Variables that are not Unicode are a problem where they
    /// are ours, and none of our business elsewhere.
    pub fn from_env(program: Program) -> Self {
        let mut settings = Self::from_variables(program, []);
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else { continue };
            match value.into_string() {
                Ok(value) => {
                    settings.variables.insert(name, value);
                }
                Err(_) if KNOWN.iter().any(|it| it.name == name) => {
                    settings.report(&name, "it is not Unicode", None);
                }
                Err(_) => {}
            }
        }
        settings
    }

    /// Any other set of variables, for tests.
    pub fn from_variables(
        program: Program,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let variables = variables.into_iter().collect();
        Self { program, variables, problems: Vec::new(), read: BTreeSet::new() }
    }

    /// Everything `read` asks for, or every problem with it.
    pub fn load<C>(mut self, read: impl FnOnce(&mut Self) -> C) -> Result<C, SettingsError> {
        let values = read(&mut self);
        self.finish()?;
        Ok(values)
    }

    /// Text as it stands.
    pub fn string(&mut self, setting: &Setting) -> String {
        self.required(setting, parse::word, String::new())
    }

    /// The same, where it may be absent.
    pub fn text_optional(&mut self, setting: &Setting) -> Option<String> {
        self.optional(setting, parse::word)
    }

    /// Text that is never shown: a secret, or a URL with credentials.
    pub fn secret(&mut self, setting: &Setting) -> SecretString {
        self.required(setting, parse::secret, SecretString::default())
    }

    /// The same, where it may be absent.
    pub fn secret_optional(&mut self, setting: &Setting) -> Option<SecretString> {
        self.optional(setting, parse::secret)
    }

    /// An absolute URL.
    pub fn url(&mut self, setting: &Setting) -> Url {
        let placeholder = Url::parse("http://invalid/").expect("a literal that is a URL");
        self.required(setting, parse::url, placeholder)
    }

    /// A length of time.
    pub fn duration(&mut self, setting: &Setting) -> Duration {
        self.required(setting, parse::duration, Duration::MAX)
    }

    /// An exact number: credits or a rate, with 6 places at most.
    pub fn decimal(&mut self, setting: &Setting) -> Decimal {
        self.required(setting, parse::decimal, Decimal::ZERO)
    }

    /// A whole number, in whatever type holds the setting's bounds.
    pub fn integer<T: TryFrom<u64> + Default>(&mut self, setting: &Setting) -> T {
        let value = self.required(setting, parse::integer, 0);
        T::try_from(value).unwrap_or_else(|_| {
            self.report(setting.name, "it is larger than this build can count", None);
            T::default()
        })
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, setting: &Setting) -> bool {
        self.required(setting, parse::boolean, false)
    }

    /// A number of bytes.
    pub fn size(&mut self, setting: &Setting) -> usize {
        self.required(setting, parse::size, 0)
    }

    /// Entries between commas; none when absent.
    pub fn list(&mut self, setting: &Setting) -> Vec<String> {
        self.optional(setting, |_, text| Ok(parse::list(text))).unwrap_or_default()
    }

    /// An address and port to listen on.
    pub fn address(&mut self, setting: &Setting) -> SocketAddr {
        self.required(setting, parse::address, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }

    /// One rate; `None` means the limit is off.
    pub fn rate(&mut self, setting: &Setting) -> Option<Rate> {
        self.rates(setting).and_then(|it| it.first().copied())
    }

    /// As many rates as the setting takes; `None` means the limits are off.
    pub fn rates(&mut self, setting: &Setting) -> Option<Vec<Rate>> {
        self.required(setting, rate::rates, None)
    }

    /// Base URLs of providers by the provider's name: `AETHERFLOW_PROVIDER_<NAME>_BASE_URL`.
    pub fn provider_urls(&mut self) -> BTreeMap<String, Url> {
        let form = Form::Url { schemes: &["https", "http"] };
        let mut urls = BTreeMap::new();
        for (name, value) in self.variables.clone() {
            let Some(provider) = unknown::provider_of(&name) else { continue };
            match parse::url(form, &value) {
                _ if value.is_empty() => {}
                Ok(url) => {
                    urls.insert(provider, url);
                }
                Err(why) => {
                    self.report(
                        &name,
                        &why,
                        Some("write e.g. https://api.stability.ai".to_owned()),
                    );
                }
            }
        }
        urls
    }

    /// The environment's `AWS_*` variables, which an S3 object store is reached with. Their names and
    /// meanings are Amazon's, so they are passed on unread.
    pub fn aws_variables(&self) -> Vec<(String, String)> {
        self.variables
            .iter()
            .filter(|(name, value)| name.starts_with("AWS_") && !value.is_empty())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// The fail points to arm (`shared::failpoint::arm`), if any; a problem in a release build.
    pub fn failpoints(&mut self) -> Option<String> {
        let points = self.optional(&FAILPOINT, parse::word)?;
        if cfg!(debug_assertions) {
            return Some(points);
        }
        self.report(FAILPOINT.name, "fail points exist in debug builds only", None);
        None
    }

    /// Remembers a problem that a reader found with a value it was given.
    pub fn refuse(&mut self, setting: &Setting, why: &str) {
        self.report(setting.name, why, Some(advice(setting)));
    }

    /// Ends the reading: refuses what could not be read, and every `AETHERFLOW_*` variable that no
    /// binary of ours knows.
    pub fn finish(mut self) -> Result<(), SettingsError> {
        let unknown: Vec<_> =
            self.variables.keys().filter_map(|it| unknown::problem_with(it)).collect();
        self.problems.extend(unknown);
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(SettingsError { problems: self.problems })
    }

    fn required<T>(
        &mut self,
        setting: &Setting,
        parse: impl FnOnce(Form, &str) -> Result<T, String>,
        placeholder: T,
    ) -> T {
        let Some(text) = self.text(setting) else {
            let meaning = setting.meaning.trim_end_matches('.');
            let why = format!("not set, and {} needs it ({meaning})", self.program);
            self.refuse(setting, &why);
            return placeholder;
        };
        self.parsed(setting, &text, parse).unwrap_or(placeholder)
    }

    fn optional<T>(
        &mut self,
        setting: &Setting,
        parse: impl FnOnce(Form, &str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(setting)?;
        self.parsed(setting, &text, parse)
    }

    fn parsed<T>(
        &mut self,
        setting: &Setting,
        text: &str,
        parse: impl FnOnce(Form, &str) -> Result<T, String>,
    ) -> Option<T> {
        parse(setting.form, text).inspect_err(|why| self.refuse(setting, why)).ok()
    }

    fn text(&mut self, setting: &Setting) -> Option<String> {
        self.read.insert(setting.name);
        let given =
            self.variables.get(setting.name).map(|it| it.trim()).filter(|it| !it.is_empty());
        given.or_else(|| setting.default_for(self.program)).map(str::to_owned)
    }

    fn report(&mut self, name: &str, why: &str, advice: Option<String>) {
        self.problems.push(SettingProblem { name: name.to_owned(), why: why.to_owned(), advice });
    }
}

fn advice(setting: &Setting) -> String {
    format!("write e.g. {}", setting.example())
}
