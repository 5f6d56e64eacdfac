//! The programs that the test run brought, and how they are run.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use devkit::environment;
use tokio::process::Command;
use tokio::time::timeout;

/// Longer than the bound that any of them has itself.
const LONGEST: Duration = Duration::from_mins(4);

/// The programs, from one of the folders of `tests/clients`.
pub struct Tools {
    root: PathBuf,
    folder: PathBuf,
    document: String,
}

impl Tools {
    /// Where they were brought to; panics with the way out where they were not.
    pub fn find() -> Self {
        let root = std::env::var_os(environment::CLIENTS_DIR)
            .unwrap_or_else(|| panic!("no programs: run these tests with `cargo xtask test`"));
        let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi.json");
        let document = document.canonicalize().expect("the document is committed");
        Self {
            folder: PathBuf::from(&root),
            root: root.into(),
            document: document.to_str().expect("a path in UTF-8").to_owned(),
        }
    }

    /// The same, working in a folder.
    pub fn at(self, folder: &str) -> Self {
        Self { folder: self.root.join(folder), ..self }
    }

    /// Where they work.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The committed document.
    pub fn document(&self) -> &str {
        &self.document
    }

    /// A browser, if this machine has one.
    pub fn browser() -> Option<String> {
        std::env::var(environment::BROWSER).ok()
    }

    /// Runs a program that npm installed.
    pub async fn node_program(&self, name: &str, arguments: &[&str]) -> String {
        let program = self.root.join("node_modules/.bin").join(name);
        self.run(program.as_os_str(), arguments, &[]).await
    }

    /// Runs a program that pip installed.
    pub async fn python_program(
        &self,
        name: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> String {
        let program = self.root.join("python/bin").join(name);
        self.run(program.as_os_str(), arguments, variables).await
    }

    /// Runs a program of the machine.
    pub async fn script(
        &self,
        program: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> String {
        self.run(OsStr::new(program), arguments, variables).await
    }

    /// What it said; panics with that if it failed.
    async fn run(&self, program: &OsStr, arguments: &[&str], variables: &[(&str, &str)]) -> String {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.folder).envs(variables.iter().copied());
        command
            .env("NO_COLOR", "1")
            .env("PYTHONUNBUFFERED", "1")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let ended = timeout(LONGEST, command.output()).await;
        let name = program.to_string_lossy();
        let output = ended
            .unwrap_or_else(|_| panic!("{name} has not ended within {LONGEST:?}"))
            .unwrap_or_else(|error| panic!("{name} could not be started: {error}"));
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(output.status.success(), "{name} {arguments:?}: {}\n{said}", output.status);
        said
    }
}
