//! When a provider blames a key, the free probe is asked before anybody believes it.

use providers::{CallError, ErrorClass};
use rust_decimal::Decimal;

use crate::claim::Start;
use crate::deps::Deps;

/// What the probe says about a blamed key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probed {
    /// Nothing was to be asked.
    Unasked,
    /// The provider refuses the key there too, or it has too little left: confirmed.
    Confirmed,
    /// The key is good there: one task's word stands against it.
    Good,
    /// The probe failed for another reason.
    Unclear,
}

/// Asks the provider about the key of a failed call, where its class blames the key.
pub async fn probe(deps: &Deps, start: &Start, failure: &CallError) -> Probed {
    let blames = matches!(
        failure.class,
        ErrorClass::KeyInvalid | ErrorClass::KeyForbidden | ErrorClass::KeyNoCredit
    );
    if !blames {
        return Probed::Unasked;
    }
    let (Some(provider), Ok(key)) =
        (deps.providers.get(&start.resource.provider), deps.open_key(&start.resource))
    else {
        return Probed::Unclear;
    };
    let answer = provider.balance(&key).await;
    read(failure.class, answer.map_err(|it| it.class), start.model.units)
}

fn read(blamed: ErrorClass, answer: Result<Option<Decimal>, ErrorClass>, units: Decimal) -> Probed {
    match (blamed, answer) {
        (ErrorClass::KeyNoCredit, Ok(Some(left))) if left < units => Probed::Confirmed,
        (_, Ok(_)) => Probed::Good,
        (_, Err(ErrorClass::KeyInvalid | ErrorClass::KeyForbidden))
        | (ErrorClass::KeyNoCredit, Err(ErrorClass::KeyNoCredit)) => Probed::Confirmed,
        _ => Probed::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_providers_own_word_confirms() {
        let three = Decimal::from(3);
        assert_eq!(
            read(ErrorClass::KeyInvalid, Err(ErrorClass::KeyInvalid), three),
            Probed::Confirmed
        );
        assert_eq!(read(ErrorClass::KeyInvalid, Ok(Some(three)), three), Probed::Good);
        assert_eq!(read(ErrorClass::KeyInvalid, Err(ErrorClass::Timeout), three), Probed::Unclear);
        assert_eq!(read(ErrorClass::KeyNoCredit, Ok(Some(Decimal::TWO)), three), Probed::Confirmed);
        assert_eq!(read(ErrorClass::KeyNoCredit, Ok(Some(three)), three), Probed::Good);
        assert_eq!(read(ErrorClass::KeyNoCredit, Ok(None), three), Probed::Good);
    }
}
