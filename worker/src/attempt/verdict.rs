//! What a failed call means for the task and for the key. Pure. Sorted by what is known about the
//! provider's books, not by status codes (the adapters did that).

use std::time::Duration;

use providers::{Billed, CallError, ErrorClass};
use shared::generation::end::{AttemptEnd, EndState, KeyEffect, NextStep};
use shared::generation::tasks::{self, TaskErrorCode};
use uuid::Uuid;

use super::probe::Probed;

/// How long a key rests after the provider failed, doubling while it goes on failing.
const TRANSIENT_COOL: Duration = Duration::from_secs(1);
const TIMEOUT_COOL: Duration = Duration::from_secs(5);
/// How long a key rests that one task suspects.
const SUSPECT_COOL: Duration = Duration::from_secs(30);
const TRANSIENT_DELAY: Duration = Duration::from_millis(200);
const NOT_SENT_DELAY: Duration = Duration::from_millis(500);
/// A rate limit that says nothing of its length.
const RATE_LIMIT_COOL: Duration = Duration::from_mins(1);

/// Judges a call that delivered no image.
pub fn judge(failure: &CallError, probed: Probed, task: Uuid) -> AttemptEnd {
    let end = |state, next, effect| AttemptEnd {
        state,
        class: recorded(failure.class),
        message: failure.message.clone(),
        billed: false,
        next,
        effect,
    };
    let retry = |delay, exclude| NextStep::Retry { delay, exclude };
    match failure.class {
        ErrorClass::ContentBlocked => AttemptEnd {
            billed: failure.billed == Billed::Yes,
            ..end(EndState::Refused, doubt(failure), KeyEffect::None)
        },
        ErrorClass::UserError => {
            end(EndState::Refused, fail(TaskErrorCode::InvalidRequest, failure), KeyEffect::None)
        }
        ErrorClass::KeyInvalid | ErrorClass::KeyForbidden | ErrorClass::KeyNoCredit => {
            end(EndState::Failed, retry(Duration::ZERO, true), blame(failure.class, probed))
        }
        ErrorClass::RateLimited => {
            let cool = failure.retry_after.unwrap_or(RATE_LIMIT_COOL);
            end(EndState::Failed, retry(Duration::ZERO, false), KeyEffect::Cool(cool))
        }
        // The key serves other models; this one it is not asked for again for a while.
        ErrorClass::ModelGone => {
            end(EndState::Failed, retry(Duration::ZERO, false), KeyEffect::None)
        }
        ErrorClass::ProviderTransient => end(
            EndState::Failed,
            retry(jittered(TRANSIENT_DELAY, task), false),
            KeyEffect::Cool(TRANSIENT_COOL),
        ),
        ErrorClass::Unknown => {
            end(EndState::Unknown, retry(Duration::ZERO, true), KeyEffect::Cool(TRANSIENT_COOL))
        }
        ErrorClass::Timeout => {
            end(EndState::Unknown, retry(Duration::ZERO, true), KeyEffect::Cool(TIMEOUT_COOL))
        }
        ErrorClass::NotSent => {
            end(EndState::Failed, retry(jittered(NOT_SENT_DELAY, task), false), KeyEffect::None)
        }
    }
}

/// An image was made, and billed, and could not be kept.
pub fn not_kept() -> AttemptEnd {
    AttemptEnd {
        state: EndState::Unknown,
        class: tasks::ErrorClass::Unknown,
        message: "the image was made but could not be stored".to_owned(),
        billed: false,
        next: NextStep::Retry { delay: Duration::ZERO, exclude: true },
        effect: KeyEffect::None,
    }
}

fn fail(code: TaskErrorCode, failure: &CallError) -> NextStep {
    NextStep::Fail { code, message: failure.message.clone() }
}

/// One key's moderation is one owner's word.
fn doubt(failure: &CallError) -> NextStep {
    let (code, message) = (TaskErrorCode::ContentBlocked, failure.message.clone());
    NextStep::SecondOpinion { code, message }
}

fn blame(class: ErrorClass, probed: Probed) -> KeyEffect {
    match (class, probed) {
        (ErrorClass::KeyNoCredit, Probed::Confirmed) => KeyEffect::Exhaust,
        (_, Probed::Confirmed) => KeyEffect::Confirm(SUSPECT_COOL),
        _ => KeyEffect::Suspect(SUSPECT_COOL),
    }
}

/// The class as an attempt records it.
const fn recorded(class: ErrorClass) -> tasks::ErrorClass {
    match class {
        ErrorClass::KeyInvalid => tasks::ErrorClass::KeyInvalid,
        ErrorClass::KeyNoCredit => tasks::ErrorClass::KeyNoCredit,
        ErrorClass::KeyForbidden => tasks::ErrorClass::KeyForbidden,
        ErrorClass::RateLimited => tasks::ErrorClass::RateLimited,
        ErrorClass::ContentBlocked => tasks::ErrorClass::ContentBlocked,
        ErrorClass::UserError => tasks::ErrorClass::UserError,
        ErrorClass::ModelGone => tasks::ErrorClass::ModelGone,
        ErrorClass::ProviderTransient => tasks::ErrorClass::ProviderTransient,
        ErrorClass::Unknown => tasks::ErrorClass::Unknown,
        ErrorClass::NotSent => tasks::ErrorClass::NotSent,
        ErrorClass::Timeout => tasks::ErrorClass::Timeout,
    }
}

/// Up to twice the delay, by the task's id: tasks that failed together do not return together.
fn jittered(delay: Duration, task: Uuid) -> Duration {
    let share = f64::from(u8::try_from(task.as_u128() & 0xFF).unwrap_or(0)) / 255.0;
    delay.mul_f64(1.0 + share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(class: ErrorClass, billed: Billed, probed: Probed) -> AttemptEnd {
        judge(&CallError::new(class, billed, "m"), probed, Uuid::nil())
    }

    #[test]
    fn what_may_have_been_billed_is_unknown_and_goes_to_another_key() {
        for class in [ErrorClass::Unknown, ErrorClass::Timeout] {
            let end = judged(class, Billed::Unknown, Probed::Unasked);
            assert_eq!(end.state, EndState::Unknown);
            assert_eq!(end.next, NextStep::Retry { delay: Duration::ZERO, exclude: true });
        }
        assert_eq!(not_kept().state, EndState::Unknown);
    }

    #[test]
    fn the_tasks_own_fault_ends_it_and_leaves_the_key_alone() {
        let end = judged(ErrorClass::ContentBlocked, Billed::Yes, Probed::Unasked);
        assert!(end.billed);
        assert_eq!((end.state, end.effect), (EndState::Refused, KeyEffect::None));
        assert!(matches!(end.next, NextStep::SecondOpinion { .. }));
        assert!(!judged(ErrorClass::ContentBlocked, Billed::No, Probed::Unasked).billed);
        let end = judged(ErrorClass::UserError, Billed::No, Probed::Unasked);
        assert!(matches!(end.next, NextStep::Fail { code: TaskErrorCode::InvalidRequest, .. }));
    }

    #[test]
    fn a_blamed_key_cools_and_the_probe_says_how_soon_it_is_asked_again() {
        let effect = |class, probed| judged(class, Billed::No, probed).effect;
        assert_eq!(
            effect(ErrorClass::KeyInvalid, Probed::Confirmed),
            KeyEffect::Confirm(SUSPECT_COOL)
        );
        assert_eq!(
            effect(ErrorClass::KeyForbidden, Probed::Good),
            KeyEffect::Suspect(SUSPECT_COOL)
        );
        assert_eq!(
            effect(ErrorClass::KeyInvalid, Probed::Unclear),
            KeyEffect::Suspect(SUSPECT_COOL)
        );
        assert_eq!(effect(ErrorClass::KeyNoCredit, Probed::Confirmed), KeyEffect::Exhaust);
        assert_eq!(effect(ErrorClass::KeyNoCredit, Probed::Good), KeyEffect::Suspect(SUSPECT_COOL));
    }

    #[test]
    fn a_model_the_provider_does_not_know_is_no_fault_of_the_key() {
        let end = judged(ErrorClass::ModelGone, Billed::No, Probed::Unasked);
        assert_eq!((end.state, end.effect), (EndState::Failed, KeyEffect::None));
        assert!(matches!(end.next, NextStep::Retry { exclude: false, .. }));
    }

    #[test]
    fn our_own_fault_never_touches_a_key() {
        let end = judged(ErrorClass::NotSent, Billed::No, Probed::Unasked);
        assert_eq!((end.state, end.effect), (EndState::Failed, KeyEffect::None));
        assert!(matches!(end.next, NextStep::Retry { exclude: false, .. }));
    }

    #[test]
    fn a_rate_limit_cools_for_as_long_as_the_provider_says() {
        let limited = CallError::new(ErrorClass::RateLimited, Billed::No, "m")
            .with_retry_after(Some(Duration::from_secs(7)));
        assert_eq!(
            judge(&limited, Probed::Unasked, Uuid::nil()).effect,
            KeyEffect::Cool(Duration::from_secs(7))
        );
    }
}
