//! One sentence per line, for a person.

use super::line_kind::{Issuance, JournalKind};

/// What happened. `model`: of the task's image, where there is one; `task`: the line concerns a task.
pub(super) fn describe(kind: JournalKind, debit: i64, task: bool, model: Option<&str>) -> String {
    let sentence = match kind {
        JournalKind::Issue => match Issuance::of_account(debit) {
            Some(Issuance::Purchase) => "Credits bought",
            Some(Issuance::Subscription) => "Credits of a subscription period",
            Some(Issuance::Admin) => "Credits added by an operator",
            Some(Issuance::Promotion) => "Promotional credits",
            Some(Issuance::SignUp) => "Welcome credits",
            None => "Adjustment",
        },
        JournalKind::Settle | JournalKind::Refund => return describe_charge(kind, task, model),
        JournalKind::Expire => "Credits expired unused",
        JournalKind::ExpireReturned => "Credits came back from a hold after they had expired",
        JournalKind::Revoke => "Credits taken back by an operator",
        JournalKind::RevokeReturned => {
            "Credits came back from a hold after their grant had been taken back"
        }
        JournalKind::Transfer => "Earnings moved into the wallet",
        JournalKind::Surplus | JournalKind::Compensate => "Adjustment",
    };
    sentence.to_owned()
}

fn describe_charge(kind: JournalKind, task: bool, model: Option<&str>) -> String {
    let refund = kind == JournalKind::Refund;
    match (model, task) {
        (Some(model), _) if refund => format!("Refund for an image made with {model}"),
        (Some(model), _) => format!("Image made with {model}"),
        (None, true) if refund => "Refund for an image".to_owned(),
        (None, true) => "Image".to_owned(),
        (None, false) if refund => "Refund for a service".to_owned(),
        (None, false) => "Service".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_charge_and_its_refund_name_the_model() {
        let model = Some("stability/core");

        assert_eq!(
            describe(JournalKind::Settle, 1000, true, model),
            "Image made with stability/core"
        );
        assert_eq!(
            describe(JournalKind::Refund, 1000, true, model),
            "Refund for an image made with stability/core"
        );
        assert_eq!(describe(JournalKind::Refund, 1000, false, None), "Refund for a service");
        assert_eq!(describe(JournalKind::Settle, 1000, false, None), "Service");
    }
}
