//! What an audit found, in the shape the contract gives it.

use serde::Serialize;

/// The result of one audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// Whether every check could be made and none found a violation.
    pub ok: bool,
    /// Every check, in the order of the list.
    pub checks: Vec<AuditCheck>,
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditCheck {
    /// Which invariant.
    pub name: &'static str,
    /// How many rows violate it; `None`: it could not be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub violations: Option<i64>,
    /// How long its statement ran, in milliseconds.
    pub elapsed_ms: i64,
    /// Why it could not be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl AuditCheck {
    /// Whether it was made and found nothing.
    pub fn is_ok(&self) -> bool {
        self.violations == Some(0)
    }
}

impl AuditReport {
    pub(super) fn new(checks: Vec<AuditCheck>) -> Self {
        Self { ok: checks.iter().all(AuditCheck::is_ok), checks }
    }

    /// The checks that found something, or could not be made.
    pub fn violated(&self) -> impl Iterator<Item = &AuditCheck> {
        self.checks.iter().filter(|it| !it.is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &'static str, violations: i64) -> AuditCheck {
        AuditCheck { name, violations: Some(violations), elapsed_ms: 1, error: None }
    }

    #[test]
    fn a_report_is_ok_only_if_every_check_found_nothing() {
        assert!(AuditReport::new(vec![check("a", 0), check("b", 0)]).ok);

        let report = AuditReport::new(vec![check("a", 0), check("b", 2)]);

        assert!(!report.ok);
        assert_eq!(report.violated().map(|it| it.name).collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn a_check_that_could_not_be_made_is_not_ok() {
        let mut late = check("b", 0);
        late.violations = None;
        late.error = Some("canceled".to_owned());

        let report = AuditReport::new(vec![check("a", 0), late]);

        assert!(!report.ok);
        let json = serde_json::to_string(&report.checks[1]).unwrap();
        assert_eq!(json, r#"{"name":"b","elapsed_ms":1,"error":"canceled"}"#);
    }

    #[test]
    fn a_report_is_written_as_the_contract_says() {
        let json = serde_json::to_string(&AuditReport::new(vec![check("a", 0)])).unwrap();

        assert_eq!(json, r#"{"ok":true,"checks":[{"name":"a","violations":0,"elapsed_ms":1}]}"#);
    }
}
