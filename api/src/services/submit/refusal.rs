//! Why an order is refused, and the problems this becomes.

use std::time::Duration;

use shared::{
    generation::{
        ModelRefusal,
        quote::QuoteRefusal,
        submit::{Struck, SubmitOutcome},
    },
    ledger::Credits,
};

use super::SubmitRefusal;
use crate::{
    problem::{Code, INTERNAL, Problem, Shortfall},
    services::TooManyWaiters,
};

/// By then a resource may have been connected.
const NO_RESOURCE_RETRY: Duration = Duration::from_secs(30);
/// By then some of the waiting tasks may have ended.
const QUEUE_FULL_RETRY: Duration = Duration::from_secs(10);
const OVERLOADED_RETRY: Duration = Duration::from_secs(1);

/// Why an order cannot be served, as far as the catalogue knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No model can make the image.
    Model(ModelRefusal),
    /// No resource can make it, or not for this user, or not for this little.
    Quote(QuoteRefusal),
}

impl From<ModelRefusal> for Refusal {
    fn from(refusal: ModelRefusal) -> Self {
        Self::Model(refusal)
    }
}

impl From<QuoteRefusal> for Refusal {
    fn from(refusal: QuoteRefusal) -> Self {
        Self::Quote(refusal)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Model(refusal) => of_model(&refusal),
            Refusal::Quote(refusal) => of_quote(&refusal),
        }
    }
}

fn of_model(refusal: &ModelRefusal) -> Problem {
    match refusal {
        ModelRefusal::UnknownModel(_) => Problem::invalid_field(
            "model",
            format!("{refusal}; GET /api/generate/models lists them"),
        ),
        ModelRefusal::Gone(_) => Problem::new(
            Code::GenerationModelCannot,
            format!("model: {refusal}; choose another, or auto"),
        ),
        ModelRefusal::UnknownValue { field, .. } => {
            Problem::invalid_field(field, refusal.to_string())
        }
        ModelRefusal::Cannot { model, field, detail } => {
            Problem::new(Code::GenerationModelCannot, format!("{field}: {model}: {detail}"))
        }
    }
}

fn of_quote(refusal: &QuoteRefusal) -> Problem {
    match refusal {
        QuoteRefusal::NoResource => Problem::new(
            Code::GenerationNoResource,
            "no active resource can make this image; try again later, or choose another model",
        )
        .retry_after(NO_RESOURCE_RETRY),
        QuoteRefusal::NoOwnResource => Problem::new(
            Code::GenerationNoOwnResource,
            "route is own, and no active resource of yours can make this image; connect one, or choose any",
        ),
        QuoteRefusal::Policy { provider, policy } => Problem::new(
            Code::GenerationPolicyRefused,
            format!(
                "there are resources that can make this image, but the policy of {provider} is {}",
                policy.as_str()
            ),
        ),
        QuoteRefusal::CeilingTooLow { estimate } => Problem::new(
            Code::GenerationPriceCeilingTooLow,
            format!("the cheapest resource costs {estimate} credits; raise max_credits"),
        ),
    }
}

impl From<SubmitRefusal> for Problem {
    fn from(refusal: SubmitRefusal) -> Self {
        match refusal {
            SubmitRefusal::Full => Self::new(
                Code::Unavailable,
                "too many tasks are being submitted at the same time; try again",
            )
            .retry_after(OVERLOADED_RETRY),
            SubmitRefusal::Failed(Code::Internal) => Self::new(Code::Internal, INTERNAL),
            SubmitRefusal::Failed(_) => Self::new(
                Code::Unavailable,
                "the database does not answer; send the request again with the same Idempotency-Key",
            ),
        }
    }
}

impl From<TooManyWaiters> for Problem {
    fn from(refusal: TooManyWaiters) -> Self {
        match refusal {
            TooManyWaiters::OfUser => Self::new(Code::RateLimited, refusal.to_string()),
            TooManyWaiters::OfProcess => Self::new(Code::Unavailable, refusal.to_string()),
        }
    }
}

/// Too few credits: what there is, who holds it, and what would do. `estimate` is the least that a task needs that does
/// not name its own ceiling.
pub(super) fn of_shortfall(shortfall: Shortfall, estimate: Credits) -> Problem {
    let Shortfall { required, available, held, .. } = &shortfall;
    let missing = Credits::from(required.decimal() - available.decimal());
    let mut ways = vec![format!("add {missing}")];
    if estimate <= *available {
        ways.push("leave max_credits out: the image costs less than you have".to_owned());
    }
    if *held >= missing {
        ways.push(format!("wait for tasks that hold {held}, or cancel some"));
    }
    let detail = format!(
        "{required} credits are needed, {available} are available, {held} are held; {}",
        ways.join(", or ")
    );
    Problem::new(Code::CreditsInsufficient, detail).shortfall(shortfall)
}

/// The problem that an outcome becomes; `None` for the two outcomes that are a task.
pub(super) fn of_outcome(outcome: &SubmitOutcome, needed: Credits) -> Option<Problem> {
    Some(match outcome {
        SubmitOutcome::Accepted(_) | SubmitOutcome::Replayed(_) => return None,
        SubmitOutcome::KeyReused => crate::idempotency::key_reused(),
        SubmitOutcome::Insufficient { available } => Problem::new(
            Code::CreditsInsufficient,
            format!("{needed} credits are needed, {available} are available"),
        ),
        SubmitOutcome::Suspended => {
            Problem::new(Code::AuthSuspended, "an admin suspended this user")
        }
        SubmitOutcome::QueueFull => Problem::new(
            Code::GenerationQueueFull,
            "too many of your tasks are waiting; submit again when some of them have ended",
        )
        .retry_after(QUEUE_FULL_RETRY),
        SubmitOutcome::Strikes { whose, retry_after } => {
            let prompts = match whose {
                Struck::User => "your prompts",
                Struck::EndUser => "the prompts of this end_user",
            };
            Problem::new(
                Code::GenerationContentStrikes,
                format!(
                    "moderation refused too many of {prompts} today; try again after 00:00 UTC"
                ),
            )
            .retry_after(*retry_after)
        }
    })
}

#[cfg(test)]
mod tests {
    use shared::pool::Policy;

    use super::*;

    fn code(problem: &Problem) -> &'static str {
        problem.code().as_str()
    }

    #[test]
    fn each_refusal_has_the_code_of_the_contract() {
        let unknown = ModelRefusal::UnknownModel("dall-e".to_owned());
        let value = ModelRefusal::UnknownValue {
            field: "aspect_ratio",
            value: "7:1".to_owned(),
            allowed: vec!["1:1".to_owned()],
        };
        let cannot = ModelRefusal::Cannot {
            model: "stability/core".to_owned(),
            field: "prompt",
            detail: "it reads en; translate the prompt first".to_owned(),
        };
        let policy =
            QuoteRefusal::Policy { provider: "stability".to_owned(), policy: Policy::OwnUseOnly };
        let ceiling = QuoteRefusal::CeilingTooLow { estimate: "2.7".parse().unwrap() };
        for (refusal, expected, detail) in [
            (Refusal::from(unknown), "request.invalid", "\"dall-e\"; GET /api/generate/models"),
            (value.into(), "request.invalid", "7:1"),
            (cannot.into(), "generation.model_cannot", "translate"),
            (QuoteRefusal::NoResource.into(), "generation.no_resource", "no active resource"),
            (QuoteRefusal::NoOwnResource.into(), "generation.no_own_resource", "connect one"),
            (policy.into(), "generation.policy_refused", "stability is own_use_only"),
            (ceiling.into(), "generation.price_ceiling_too_low", "2.7"),
        ] {
            let problem = Problem::from(refusal);
            assert!(problem.detail().contains(detail), "{}", problem.detail());
            assert_eq!(code(&problem), expected);
        }
    }

    fn struck(whose: Struck) -> SubmitOutcome {
        SubmitOutcome::Strikes { whose, retry_after: Duration::from_hours(3) }
    }

    #[test]
    fn who_had_too_many_prompts_refused_is_told_whose_and_until_when() {
        for (whose, words) in [(Struck::User, "your prompts"), (Struck::EndUser, "this end_user")] {
            let problem = of_outcome(&struck(whose), Credits::ZERO).unwrap();
            assert!(problem.detail().contains(words), "{}", problem.detail());
            let response = poem::IntoResponse::into_response(problem);
            assert_eq!(response.headers()["retry-after"], "10800");
        }
    }

    #[test]
    fn each_outcome_has_the_code_of_the_contract() {
        let needed = "3.3".parse().unwrap();
        let available = "1.25".parse().unwrap();
        for (outcome, expected) in [
            (SubmitOutcome::KeyReused, "idempotency.key_reused"),
            (SubmitOutcome::Insufficient { available }, "credits.insufficient"),
            (SubmitOutcome::Suspended, "auth.suspended"),
            (SubmitOutcome::QueueFull, "generation.queue_full"),
            (struck(Struck::User), "generation.content_strikes"),
            (struck(Struck::EndUser), "generation.content_strikes"),
        ] {
            assert_eq!(of_outcome(&outcome, needed).as_ref().map(code), Some(expected));
        }
        let insufficient = of_outcome(&SubmitOutcome::Insufficient { available }, needed).unwrap();
        assert_eq!(insufficient.detail(), "3.3 credits are needed, 1.25 are available");
    }

    #[test]
    fn a_shortfall_says_what_there_is_and_each_way_that_would_do() {
        let of = |required: &str, held: &str, estimate: &str| {
            let shortfall = Shortfall {
                required: required.parse().unwrap(),
                available: "1.25".parse().unwrap(),
                held: held.parse().unwrap(),
                held_by: vec![],
            };
            of_shortfall(shortfall, estimate.parse().unwrap()).detail().to_owned()
        };

        assert_eq!(
            of("3.3", "0", "3"),
            "3.3 credits are needed, 1.25 are available, 0 are held; add 2.05"
        );
        assert!(of("3.3", "2.05", "3").ends_with("wait for tasks that hold 2.05, or cancel some"));
        assert!(of("3.3", "0", "1.2").contains("leave max_credits out"));
    }

    #[test]
    fn a_submit_that_found_no_place_is_worth_another_try() {
        assert_eq!(code(&SubmitRefusal::Full.into()), "unavailable");
        assert_eq!(code(&SubmitRefusal::Failed(Code::Unavailable).into()), "unavailable");
        assert_eq!(code(&SubmitRefusal::Failed(Code::Internal).into()), "internal");
    }
}
