//! Logs: lines for people or JSON for machines, on standard error. What must not be logged is kept
//! out by types (`secrecy`), never by filters here.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::IsTerminal as _;
use std::panic::PanicHookInfo;
use std::sync::Once;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::Program;

/// Without `RUST_LOG`: our own lines, and of libraries only warnings and errors.
const FILTER: &str = "info,sqlx::query=warn,poem::server=warn,tower_http=warn,hyper=warn";

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object per line.
    Json,
    /// For a terminal.
    Text,
}

impl LogFormat {
    /// From the words `AETHERFLOW_LOG_FORMAT` accepts.
    pub fn from_word(word: &str) -> Self {
        if word == "text" { Self::Text } else { Self::Json }
    }
}

/// Starts logging, and logs panics. A second call changes nothing.
pub fn init(program: Program, format: LogFormat) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let wanted = std::env::var(EnvFilter::DEFAULT_ENV).ok();
        let (filter, refused) = filter(wanted.as_deref());
        let builder = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_span_events(FmtSpan::NONE)
            // Not in files, pipes and journals: a search for a word would miss it there.
            .with_ansi(std::io::stderr().is_terminal())
            // It would tell by `eprintln!` that a line could not be written, which panics where stderr cannot: a full
            // disk must not end a service.
            .log_internal_errors(false)
            .with_writer(std::io::stderr);
        // An application around us (a test) may log already; then its way holds.
        let _already = match format {
            // Every span and not only the innermost: one names the request, another the task.
            LogFormat::Json => {
                builder.json().flatten_event(true).with_current_span(false).try_init()
            }
            LogFormat::Text => builder.try_init(),
        };
        std::panic::set_hook(Box::new(log_panic));

        if let Some(refused) = refused {
            tracing::warn!(filter = refused, "RUST_LOG is not a filter and was ignored");
        }
        let version = env!("CARGO_PKG_VERSION");
        tracing::info!(%program, version, pid = std::process::id(), "starting");
    });
}

/// The filter to use, and what was wanted instead if that is no filter.
fn filter(wanted: Option<&str>) -> (EnvFilter, Option<&str>) {
    let wanted = wanted.filter(|it| !it.is_empty());
    match wanted.map(EnvFilter::try_new) {
        Some(Ok(filter)) => (filter, None),
        Some(Err(_)) => (EnvFilter::new(FILTER), wanted),
        None => (EnvFilter::new(FILTER), None),
    }
}

/// As one event, so that it is not torn apart and the log store finds it.
fn log_panic(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("no message");
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        tracing::error!(location, %backtrace, "panic: {message}");
    } else {
        tracing::error!(location, "panic: {message}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_cannot_be_read_is_reported_and_replaced() {
        assert_eq!(filter(Some("worker=nonsense")).1, Some("worker=nonsense"));
        assert_eq!(filter(Some("worker=debug")).1, None);
        assert_eq!(filter(Some("")).1, None);
        assert_eq!(filter(None).0.to_string(), EnvFilter::new(FILTER).to_string());
    }

    #[test]
    fn starting_twice_is_harmless() {
        init(Program::Api, LogFormat::Json);
        init(Program::Worker, LogFormat::Text);
    }
}
