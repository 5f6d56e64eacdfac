//! Variables that look like ours and are not: a typo is an error, not a default.

use super::known::KNOWN;
use super::problem::SettingProblem;

const PREFIX: &str = "AETHERFLOW_";
const PROVIDER_PREFIX: &str = "AETHERFLOW_PROVIDER_";
const PROVIDER_SUFFIX: &str = "_BASE_URL";
/// Read by tests, never by a binary.
const OF_TESTS: &str = "AETHERFLOW_TEST_";
/// Read by `cargo xtask`, and by the compose file, whose `.env` somebody may have loaded into their shell.
const OF_TOOLS: &[&str] =
    &["AETHERFLOW_BIN_DIR", "AETHERFLOW_BIND", "AETHERFLOW_PORT", "AETHERFLOW_VERSION"];
/// Names less alike than this are no help as a guess.
const LIKENESS_MIN: f64 = 0.85;

/// The provider that `AETHERFLOW_PROVIDER_<NAME>_BASE_URL` names, as the catalogue writes it.
pub(super) fn provider_of(name: &str) -> Option<String> {
    let provider = name.strip_prefix(PROVIDER_PREFIX)?.strip_suffix(PROVIDER_SUFFIX)?;
    (!provider.is_empty()).then(|| provider.to_ascii_lowercase().replace('_', "-"))
}

/// What is wrong with a variable of this name, if anything is.
pub(super) fn problem_with(name: &str) -> Option<SettingProblem> {
    let ours = name.starts_with(PREFIX);
    let known = KNOWN.iter().any(|it| it.name == name)
        || provider_of(name).is_some()
        || name.starts_with(OF_TESTS)
        || OF_TOOLS.contains(&name);
    if !ours || known {
        return None;
    }
    Some(SettingProblem {
        name: name.to_owned(),
        why: "there is no such setting".to_owned(),
        advice: most_alike(name).map(|it| format!("did you mean {it}?")),
    })
}

fn most_alike(name: &str) -> Option<&'static str> {
    // The prefix is common to all and would make everything look alike.
    let tail = |it: &'static str| it.strip_prefix(PREFIX).map(|tail| (it, tail));
    let wanted = name.strip_prefix(PREFIX).unwrap_or(name);
    KNOWN
        .iter()
        .filter_map(|it| tail(it.name))
        .map(|(name, tail)| (name, strsim::jaro_winkler(wanted, tail)))
        .filter(|(_, likeness)| *likeness >= LIKENESS_MIN)
        .max_by(|(_, one), (_, two)| one.total_cmp(two))
        .map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_is_refused_with_a_guess() {
        let problem = problem_with("AETHERFLOW_LEESE").unwrap();
        assert_eq!(
            problem.to_string(),
            "AETHERFLOW_LEESE: there is no such setting; did you mean AETHERFLOW_LEASE?"
        );
        assert_eq!(problem_with("AETHERFLOW_ZZZ").unwrap().advice, None);
    }

    #[test]
    fn what_is_known_or_not_ours_is_left_alone() {
        for name in [
            "PATH",
            "AETHERFLOW_LEASE",
            "AETHERFLOW_PROVIDER_STABILITY_BASE_URL",
            "AETHERFLOW_TEST_DATABASE_URL",
            "AETHERFLOW_BIN_DIR",
        ] {
            assert_eq!(problem_with(name), None);
        }
        assert!(problem_with("AETHERFLOW_PROVIDER__BASE_URL").is_some());
    }

    #[test]
    fn a_provider_is_named_as_in_the_catalogue() {
        let provider = provider_of("AETHERFLOW_PROVIDER_BLACK_FOREST_BASE_URL");
        assert_eq!(provider.as_deref(), Some("black-forest"));
    }
}
