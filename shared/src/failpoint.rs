//! Kills or delays the process at a named point, so tests can prove what survives a crash there.
//! In release builds a point is nothing at all and arming one is refused.

/// A specification of fail points that cannot be armed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FailpointError {
    /// This is a release build.
    #[error("fail points exist in debug builds only")]
    NotInThisBuild,
    /// Fail points were armed before in this process.
    #[error("fail points are armed once per process")]
    ArmedAlready,
    /// An entry that is none of `name`, `name=panic`, `name=sleep:5s`, `name=once-file:PATH`.
    #[error("{entry:?} is none of name, name=panic, name=sleep:5s, name=once-file:PATH")]
    Malformed {
        /// The entry as written.
        entry: String,
    },
}

#[cfg(debug_assertions)]
pub use armed::{arm, hit};

/// Refuses: a release build has no fail points.
#[cfg(not(debug_assertions))]
pub fn arm(_specification: &str) -> Result<(), FailpointError> {
    Err(FailpointError::NotInThisBuild)
}

/// Nothing in this build.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn hit(_name: &str) {}

#[cfg(debug_assertions)]
mod armed {
    use std::fs::OpenOptions;
    use std::path::PathBuf;
    use std::sync::OnceLock;
    use std::time::Duration;

    use nix::sys::signal::{Signal, raise};

    use super::FailpointError;

    static POINTS: OnceLock<Vec<Point>> = OnceLock::new();

    #[derive(Debug, PartialEq, Eq)]
    struct Point {
        name: String,
        effect: Effect,
    }

    #[derive(Debug, PartialEq, Eq)]
    enum Effect {
        Die,
        Panic,
        Sleep(Duration),
        /// Die unless the file is there; the process that creates it dies, so of many exactly one.
        DieOnce(PathBuf),
    }

    /// Arms the points of a comma list: `name` dies by SIGKILL, `name=panic` panics, as a defect would,
    /// `name=sleep:5s` stalls its thread, `name=once-file:PATH` dies only in the process that manages to create PATH.
    pub fn arm(specification: &str) -> Result<(), FailpointError> {
        let points = parse(specification)?;
        POINTS.set(points).map_err(|_| FailpointError::ArmedAlready)
    }

    /// Does what was armed under `name`, usually nothing. A sleep stalls the thread and not only
    /// the future: that is how a stuck disk or a stopped machine looks.
    pub fn hit(name: &str) {
        let Some(points) = POINTS.get() else { return };
        for point in points.iter().filter(|it| it.name == name) {
            match &point.effect {
                Effect::Die => die(name),
                Effect::Panic => panic!("failpoint {name}"),
                Effect::Sleep(duration) => {
                    announce(name);
                    std::thread::sleep(*duration);
                }
                Effect::DieOnce(path) => {
                    if OpenOptions::new().write(true).create_new(true).open(path).is_ok() {
                        die(name);
                    }
                }
            }
        }
    }

    fn announce(name: &str) {
        eprintln!("failpoint {name}");
    }

    /// SIGKILL, as the kernel's memory killer or a lost machine would: nothing is flushed or dropped.
    fn die(name: &str) {
        announce(name);
        if raise(Signal::SIGKILL).is_err() {
            std::process::abort();
        }
    }

    fn parse(specification: &str) -> Result<Vec<Point>, FailpointError> {
        specification.split(',').map(str::trim).filter(|it| !it.is_empty()).map(point).collect()
    }

    fn point(entry: &str) -> Result<Point, FailpointError> {
        let malformed = || FailpointError::Malformed { entry: entry.to_owned() };
        let (name, effect) = match entry.split_once('=') {
            None => (entry, Effect::Die),
            Some((name, effect)) => (name, parse_effect(effect).ok_or_else(malformed)?),
        };
        if name.is_empty() {
            return Err(malformed());
        }
        Ok(Point { name: name.to_owned(), effect })
    }

    fn parse_effect(text: &str) -> Option<Effect> {
        if text == "panic" {
            return Some(Effect::Panic);
        }
        match text.split_once(':')? {
            ("sleep", duration) => seconds_or_millis(duration).map(Effect::Sleep),
            ("once-file", path) if !path.is_empty() => Some(Effect::DieOnce(PathBuf::from(path))),
            _ => None,
        }
    }

    fn seconds_or_millis(text: &str) -> Option<Duration> {
        if let Some(millis) = text.strip_suffix("ms") {
            return millis.parse().ok().map(Duration::from_millis);
        }
        text.strip_suffix('s')?.parse().ok().map(Duration::from_secs)
    }

    #[cfg(test)]
    mod tests {
        use std::os::unix::process::ExitStatusExt;
        use std::process::{Command, Output};

        use super::*;

        #[test]
        fn a_list_names_points_and_what_they_do() {
            let points =
                parse("worker.after-claim, a=sleep:250ms,b=sleep:5s,c=once-file:/tmp/x,d=panic")
                    .unwrap();

            let effects: Vec<_> = points.iter().map(|it| (it.name.as_str(), &it.effect)).collect();
            assert_eq!(
                effects,
                [
                    ("worker.after-claim", &Effect::Die),
                    ("a", &Effect::Sleep(Duration::from_millis(250))),
                    ("b", &Effect::Sleep(Duration::from_secs(5))),
                    ("c", &Effect::DieOnce(PathBuf::from("/tmp/x"))),
                    ("d", &Effect::Panic),
                ]
            );
        }

        #[test]
        fn an_entry_that_says_nothing_known_is_refused() {
            for entry in [
                "a=",
                "a=sleep",
                "a=sleep:5",
                "a=sleep:xs",
                "a=once-file:",
                "=sleep:5s",
                "a=boom:1",
            ] {
                assert_eq!(
                    parse(entry),
                    Err(FailpointError::Malformed { entry: entry.to_owned() })
                );
            }
        }

        #[test]
        fn a_point_nobody_armed_does_nothing() {
            hit("never.armed");
        }

        /// Not a test by itself: the process the tests below start and see die.
        #[test]
        fn child() {
            let Ok(specification) = std::env::var(CHILD) else { return };
            arm(&specification).unwrap();
            hit("elsewhere");
            println!("alive");
            hit("here");
            println!("survived");
        }

        const CHILD: &str = "FAILPOINT_TEST_CHILD";

        fn run(specification: &str) -> Output {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "--nocapture", "failpoint::armed::tests::child"])
                .env(CHILD, specification)
                .output()
                .unwrap()
        }

        #[test]
        fn a_process_dies_at_its_point_by_sigkill_and_says_where() {
            let output = run("here");

            assert_eq!(output.status.signal(), Some(Signal::SIGKILL as i32));
            assert!(String::from_utf8_lossy(&output.stderr).contains("failpoint here\n"));
            let printed = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(printed.contains("alive") && !printed.contains("survived"), "{printed}");
        }

        #[test]
        fn of_many_processes_one_dies_once() {
            let folder = tempfile::tempdir().unwrap();
            let specification = format!("here=once-file:{}", folder.path().join("died").display());

            let deaths: Vec<_> = (0..3).map(|_| run(&specification).status.signal()).collect();

            assert_eq!(deaths, [Some(Signal::SIGKILL as i32), None, None]);
        }

        #[test]
        fn a_sleeping_point_lets_the_process_go_on() {
            let output = run("here=sleep:1ms");

            assert!(output.status.success());
            assert!(String::from_utf8_lossy(&output.stdout).contains("survived"));
        }
    }
}
