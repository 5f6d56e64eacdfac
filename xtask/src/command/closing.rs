//! The closing lines of a test runner, which people want to see last.

/// Collects what is worth repeating at the very end, fed line by line.
#[derive(Debug, Default)]
pub struct Closing {
    lines: Vec<String>,
    in_summary: bool,
}

/// A run with hundreds of failures is not repeated in full.
const LINES_MAX: usize = 60;

impl Closing {
    /// Takes one line of output, colours and all.
    pub fn feed(&mut self, line: &str) {
        let bare = without_colour(line);
        let text = bare.trim_start();
        // nextest closes with `Summary [...]`, then the failures and perhaps `error: ...`.
        if text.starts_with("Summary [") {
            self.in_summary = true;
            self.lines.clear();
        }
        // `cargo test` closes each binary with `test result:` and its failures before it.
        let of_cargo_test = text.starts_with("test result:")
            || (text.starts_with("test ") && text.ends_with("FAILED"));
        let wanted = self.in_summary || of_cargo_test || text.starts_with("error");
        if wanted && self.lines.len() < LINES_MAX {
            self.lines.push(bare);
        }
    }

    pub fn lines(&self) -> &[String] {
        &self.lines
    }
}

/// Removes `ESC [ … letter`, the only escape sequences cargo and the runners write.
fn without_colour(line: &str) -> String {
    let mut bare = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(letter) = rest.next() {
        if letter == '\u{1b}' {
            rest.by_ref().take_while(|it| !it.is_ascii_alphabetic()).for_each(drop);
        } else {
            bare.push(letter);
        }
    }
    bare.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closing_of(text: &str) -> Vec<String> {
        let mut closing = Closing::default();
        text.lines().for_each(|it| closing.feed(it));
        closing.lines().to_vec()
    }

    #[test]
    fn nextest_closes_with_its_summary_and_the_failures_after_it() {
        let text = "error: an early line\n\
                        PASS [   0.005s] shared price::tests::rounds\n\
                    ────────────\n\
                    \u{1b}[32m     Summary\u{1b}[0m [   1.2s] 3 tests run: 2 passed, 1 failed\n\
                            FAIL [   0.9s] tests::it kill_matrix::after_send\n\
                    error: test run failed";
        let lines = closing_of(text);
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[0].contains("Summary [   1.2s] 3 tests run"), "{lines:?}");
        assert_eq!(lines[2], "error: test run failed");
    }

    #[test]
    fn cargo_test_closes_every_binary() {
        let text = "running 2 tests\ntest a ... ok\ntest b ... FAILED\n\
                    test result: FAILED. 1 passed; 1 failed\nerror: 1 target failed:";
        assert_eq!(closing_of(text).len(), 3);
    }

    #[test]
    fn only_the_first_of_hundreds_of_failures_are_repeated() {
        let text = format!("Summary [ 1s]\n{}", "FAIL x\n".repeat(500));
        assert_eq!(closing_of(&text).len(), LINES_MAX);
    }
}
