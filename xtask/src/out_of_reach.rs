//! What this machine has not, and cannot be brought: no fault of the checkout. A phase that ends with it did not run,
//! or not all of it; any other error is a failure.

use std::fmt;

/// The mark of such an error.
#[derive(Debug, Clone, Copy)]
pub struct OutOfReach;

impl fmt::Display for OutOfReach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("out of reach")
    }
}

impl OutOfReach {
    /// An error that says what is.
    pub fn because(why: impl fmt::Display + fmt::Debug + Send + Sync + 'static) -> anyhow::Error {
        anyhow::Error::msg(why).context(Self)
    }

    /// Whether an error has the mark.
    pub fn is_why(error: &anyhow::Error) -> bool {
        error.is::<Self>()
    }
}

/// Codes of npm's errors that say that its registry did not answer.
const NETWORK_CODES: &[&str] = &[
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "ENOTFOUND",
    "ERR_SOCKET_TIMEOUT",
    "ETIMEDOUT",
    "E502",
    "E503",
    "E504",
];

/// How pip's errors say the same. It knows no versions where no index answers, or none for this machine.
const NETWORK_WORDS: &[&str] = &["(from versions: none)", "Max retries exceeded", "Read timed out"];

/// Whether npm or pip failed because what they were to bring could not be had. A lock file or a hash that does not fit
/// is no such reason.
pub fn says_so(errors: &str) -> bool {
    errors.lines().any(|line| {
        let code = line.split_once(" code ").map_or("", |it| it.1.trim());
        let by_npm = line.starts_with("npm ") && NETWORK_CODES.contains(&code);
        let by_pip = line.starts_with("ERROR:") && NETWORK_WORDS.iter().any(|it| line.contains(it));
        by_npm || by_pip
    })
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn an_error_keeps_the_mark_whatever_is_said_about_it() {
        let marked = OutOfReach::because("no chromium");
        assert_eq!(format!("{marked:#}"), "out of reach: no chromium");
        assert!(OutOfReach::is_why(&Err::<(), _>(marked).context("the journeys").unwrap_err()));
        assert!(!OutOfReach::is_why(&anyhow::anyhow!("out of reach")));
    }

    #[test]
    fn a_network_that_is_away_is_out_of_reach() {
        for errors in [
            "npm error code ECONNREFUSED\nnpm error syscall connect",
            "npm error code ENOTFOUND\nnpm error network This is a problem related to network connectivity.",
            "npm ERR! code EAI_AGAIN",
            "npm error code E503\nnpm error 503 Service Unavailable",
            "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken\n\
             ERROR: Could not find a version that satisfies the requirement six==1.16.0 (from versions: none)\n\
             ERROR: No matching distribution found for six==1.16.0",
            "ERROR: Could not install packages due to an OSError: HTTPSConnectionPool(host='x', port=443): \
             Max retries exceeded with url: /six.whl",
        ] {
            assert!(says_so(errors), "{errors}");
        }
    }

    #[test]
    fn what_does_not_fit_is_a_fault_also_after_a_pause_of_the_network() {
        for errors in [
            "",
            "npm error code EINTEGRITY\nnpm error Integrity checksum failed when using sha512: wanted a but got b",
            "npm error code EUSAGE\nnpm error `npm ci` can only install packages when your package.json and \
             package-lock.json or npm-shrinkwrap.json are in sync.",
            "npm error code E404\nnpm error 404 Not Found - GET https://registry.npmjs.org/vuee",
            "WARNING: Retrying (Retry(total=4)) after connection broken by 'Read timed out': /simple/six/\n\
             ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
            "ERROR: Could not find a version that satisfies the requirement six==99 (from versions: 1.15.0, 1.16.0)",
        ] {
            assert!(!says_so(errors), "{errors}");
        }
    }
}
