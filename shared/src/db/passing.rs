//! What an error of the database says about trying again.

/// Whether repeating a statement can help: the database was away, or broke off a transaction that did
/// nothing wrong. Anything else is a fault of the statement or its data.
pub fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        // `Protocol` is what a server says that dies in the middle of a handshake.
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            // Connection exceptions, out of resources, operator intervention, system errors;
            // serialisation, deadlock, lock not available.
            ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class))
                || ["40001", "40P01", "55P03"].contains(&code.as_ref())
        }),
        _ => false,
    }
}

/// A function of the schema answered what its caller does not know: a fault of ours that no repetition
/// mends.
pub fn unexpected(function: &str, answer: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("{function} answered {answer:?}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_away_or_dies_in_a_handshake_is_worth_another_try() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let died = "unexpected response from SSLRequest: 0x00".to_owned();
        for error in [
            sqlx::Error::PoolTimedOut,
            sqlx::Error::PoolClosed,
            sqlx::Error::Io(refused),
            sqlx::Error::Protocol(died),
        ] {
            assert!(is_passing(&error), "{error}");
        }
    }

    #[test]
    fn a_fault_of_ours_is_not() {
        for error in [sqlx::Error::RowNotFound, unexpected("settle_batch", "sold")] {
            assert!(!is_passing(&error), "{error}");
        }
    }
}
