//! Whether the table is right about who reads what.

use std::collections::BTreeSet;

use super::{KNOWN, Settings};
use crate::Program;
use crate::service::ServiceSettings;

/// The settings that `program` reads without being named as a reader, or does not read although it is.
/// Every service has a test that there are none.
pub fn misdeclared<C>(
    program: Program,
    read: impl FnOnce(&mut Settings) -> C,
) -> BTreeSet<&'static str> {
    let mut settings = Settings::from_variables(program, []);
    ServiceSettings::read(&mut settings);
    read(&mut settings);
    let declared: BTreeSet<&str> =
        KNOWN.iter().filter(|it| it.programs.contains(&program)).map(|it| it.name).collect();
    declared.symmetric_difference(&settings.read).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{IMAGE_RETENTION, LEASE};

    #[test]
    fn a_setting_read_by_another_than_the_table_says_is_found() {
        let read = |settings: &mut Settings| {
            settings.duration(&IMAGE_RETENTION);
            settings.duration(&LEASE);
        };

        let wrong = misdeclared(Program::Worker, read);

        assert!(wrong.contains(IMAGE_RETENTION.name), "a worker does not read it");
        assert!(wrong.contains("AETHERFLOW_MASTER_KEYS"), "a worker should have read it");
        assert!(!wrong.contains(LEASE.name));
    }
}
