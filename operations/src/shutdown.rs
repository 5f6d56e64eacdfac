//! The end of a process: a signal asks for it, work that is out is finished within a grace period.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What a shell reports for a program that an interrupt ended.
const INTERRUPTED: i32 = 130;
/// Time for what follows the longest call: keeping its image, settling it.
const AFTER_LONGEST_CALL: Duration = Duration::from_secs(30);

/// Canceled by the first SIGTERM or SIGINT. A second SIGINT ends the process at once: at a
/// terminal it is meant, and nothing is lost that a crash would not lose.
///
/// Call it inside the runtime, before any work starts: until then a signal just kills.
pub fn on_signal() -> io::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let token = CancellationToken::new();
    let stopping = token.clone();

    tokio::spawn(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal = name, "stopping");
        stopping.cancel();
        interrupt.recv().await;
        tracing::warn!("interrupted again, leaving at once");
        std::process::exit(INTERRUPTED);
    });
    Ok(token)
}

/// Lets `work` finish for at most `grace`; `None` if it did not, and is dropped.
pub async fn within<T>(grace: Duration, work: impl Future<Output = T>) -> Option<T> {
    let finished = tokio::time::timeout(grace, work).await.ok();
    if finished.is_none() {
        let grace = humantime::format_duration(grace);
        tracing::warn!(%grace, "the grace period is over, leaving work to rescue");
    }
    finished
}

/// Warns at start about a grace period in which a call to a provider might not end: each such call
/// is paid for and bought again after every deploy.
pub fn warn_if_short(grace: Duration, longest_call: Duration) {
    let needed = longest_call.saturating_add(AFTER_LONGEST_CALL);
    if grace < needed {
        let (grace, needed) =
            (humantime::format_duration(grace), humantime::format_duration(needed));
        tracing::warn!(
            %grace, %needed,
            "AETHERFLOW_GRACE_PERIOD is shorter than a call may take: deploys will pay for images twice"
        );
    }
}

#[cfg(test)]
mod tests {
    use nix::sys::signal::{Signal, raise};

    use super::*;

    #[tokio::test]
    async fn sigterm_cancels_and_does_not_kill() {
        let stopping = on_signal().unwrap();
        assert!(!stopping.is_cancelled());

        raise(Signal::SIGTERM).unwrap();

        let patience = Duration::from_secs(10);
        assert!(tokio::time::timeout(patience, stopping.cancelled()).await.is_ok());
    }

    #[tokio::test]
    async fn work_that_ends_in_time_is_answered_and_other_work_dropped() {
        assert_eq!(within(Duration::from_secs(5), async { 7 }).await, Some(7));
        assert_eq!(within(Duration::from_millis(1), std::future::pending::<u8>()).await, None);
    }
}
