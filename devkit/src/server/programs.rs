//! Finding PostgreSQL and Redis on this machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The oldest PostgreSQL the schema is tested with.
pub const POSTGRES_MAJOR_MIN: u32 = 14;
/// The oldest Redis whose users can have rights on keys by command.
pub const REDIS_MAJOR_MIN: u32 = 7;

/// PostgreSQL's programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresPrograms {
    /// The folder that holds `postgres`, `initdb`, `psql`, `pg_isready`.
    pub bin: PathBuf,
    pub major: u32,
}

/// The Redis server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisProgram {
    pub server: PathBuf,
    pub version: String,
}

/// The newest complete PostgreSQL that is recent enough, from PATH and from where packages put it
/// without adding it to PATH.
pub fn find_postgres() -> Option<PostgresPrograms> {
    let mut folders = path_folders();
    for parent in ["/usr/lib/postgresql", "/usr/local/lib/postgresql"] {
        folders.extend(subfolders(Path::new(parent)).into_iter().map(|it| it.join("bin")));
    }
    folders.extend(
        subfolders(Path::new("/usr")).into_iter().filter_map(|it| {
            it.file_name()?.to_str()?.starts_with("pgsql").then(|| it.join("bin"))
        }),
    );
    folders
        .iter()
        .filter_map(|it| {
            // A link on PATH leads to the folder where the other programs are.
            let real = it.join("postgres").canonicalize().ok()?;
            let bin = real.parent()?.to_path_buf();
            complete(&bin).then_some(())?;
            let major = major(&version_of(&bin.join("postgres"))?)?;
            (major >= POSTGRES_MAJOR_MIN).then_some(PostgresPrograms { bin, major })
        })
        .max_by_key(|it| it.major)
}

/// The first `redis-server` on PATH or in the usual places that is recent enough.
pub fn find_redis() -> Option<RedisProgram> {
    let mut folders = path_folders();
    folders.extend(["/usr/bin", "/usr/sbin", "/usr/local/bin"].map(PathBuf::from));
    folders.iter().find_map(|it| {
        let server = it.join("redis-server");
        let answer = version_of(&server)?;
        let version = answer.split_once("v=")?.1.split_whitespace().next()?.to_owned();
        (major(&version)? >= REDIS_MAJOR_MIN).then_some(RedisProgram { server, version })
    })
}

fn path_folders() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|it| std::env::split_paths(&it).collect()).unwrap_or_default()
}

fn subfolders(parent: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(parent)
        .map(|it| it.filter_map(|entry| Some(entry.ok()?.path())).collect())
        .unwrap_or_default()
}

fn complete(bin: &Path) -> bool {
    ["postgres", "initdb", "psql", "pg_isready"].iter().all(|it| bin.join(it).is_file())
}

fn version_of(program: &Path) -> Option<String> {
    if !program.is_file() {
        return None;
    }
    let answer = Command::new(program).arg("--version").stdin(Stdio::null()).output().ok()?;
    answer.status.success().then(|| String::from_utf8_lossy(&answer.stdout).into_owned())
}

/// The first number in the output of `--version`.
fn major(text: &str) -> Option<u32> {
    let from = text.find(|it: char| it.is_ascii_digit())?;
    let digits = &text[from..];
    let to = digits.find(|it: char| !it.is_ascii_digit()).unwrap_or(digits.len());
    digits[..to].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_the_first_number() {
        assert_eq!(major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("7.0.15"), Some(7));
        assert_eq!(major("none"), None);
    }

    #[test]
    fn a_folder_without_initdb_is_not_postgresql() {
        assert!(!complete(Path::new("/nowhere")));
    }
}
