//! What one setting is: its name, form, default, meaning, and who reads it.

use crate::Program;

/// One environment variable. All of them are in [`KNOWN`](super::KNOWN).
#[derive(Debug)]
pub struct Setting {
    /// The variable.
    pub name: &'static str,
    /// How its value is written.
    pub form: Form,
    /// What holds without it.
    pub fallback: Fallback,
    /// One sentence for the README's table.
    pub meaning: &'static str,
    /// The binaries that read it.
    pub programs: &'static [Program],
}

/// How a value is written, and its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Any text.
    Text,
    /// Text never shown, of at least so many characters.
    Secret {
        /// Fewer characters are refused.
        characters_min: usize,
    },
    /// A URL with credentials in it, with one of these schemes; never shown.
    SecretUrl {
        /// The schemes accepted.
        schemes: &'static [&'static str],
    },
    /// An absolute URL with one of these schemes.
    Url {
        /// The schemes accepted.
        schemes: &'static [&'static str],
    },
    /// humantime: `20s`, `15m`, `7d`; longer than zero.
    Duration,
    /// The same, where zero means at once.
    DurationOrZero,
    /// A decimal number within these bounds.
    Decimal {
        /// The smallest accepted.
        min: &'static str,
        /// The largest accepted.
        max: &'static str,
    },
    /// A whole number within these bounds.
    Integer {
        /// The smallest accepted.
        min: u64,
        /// The largest accepted.
        max: u64,
    },
    /// `true` or `false`.
    Boolean,
    /// Bytes: `256MiB`.
    Size,
    /// Entries between commas.
    List,
    /// `address:port` to listen on.
    Address,
    /// `count/duration`, so many of them between commas, or `off`.
    Rates {
        /// How many rates it takes.
        count: usize,
    },
    /// One of these words.
    Choice {
        /// The words.
        words: &'static [&'static str],
    },
}

/// What holds when a variable is absent or empty (an empty one counts as absent: that is what
/// `VARIABLE=${VARIABLE:-}` in a compose file hands over).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// The binary does not start.
    Required {
        /// What one may look like.
        example: &'static str,
    },
    /// The thing it would switch on stays off.
    Absent {
        /// What one may look like.
        example: &'static str,
    },
    /// This text.
    Value(&'static str),
    /// This text for each binary.
    PerProgram(&'static [(Program, &'static str)]),
}

impl Setting {
    /// The text that holds for `program` without the variable.
    pub fn default_for(&self, program: Program) -> Option<&'static str> {
        match self.fallback {
            Fallback::Required { .. } | Fallback::Absent { .. } => None,
            Fallback::Value(text) => Some(text),
            Fallback::PerProgram(texts) => {
                texts.iter().find(|(it, _)| *it == program).map(|(_, text)| *text)
            }
        }
    }

    /// A value that would be accepted, for messages.
    pub fn example(&self) -> &'static str {
        match self.fallback {
            Fallback::Required { example } | Fallback::Absent { example } => example,
            Fallback::Value(text) => text,
            Fallback::PerProgram(texts) => texts.first().map_or("", |(_, text)| text),
        }
    }
}
