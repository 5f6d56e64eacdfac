//! Printing that cannot fail: a closed terminal or pipe must never keep databases from being
//! stopped, as the panic of `println!` would.

/// Prints a line to the standard output, if anybody still listens.
macro_rules! say {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($words)*);
    }};
}

pub(crate) use say;
