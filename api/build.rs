//! Puts the web console inside the program: every file of `console/dist`, with the compressed forms beside it.
//!
//! A debug build has none, so that it stays quick, unless `CONSOLE_REQUIRED=1` asks for it. That also makes a missing
//! console an error, as it is for an image that is to be released.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const DIST: &str = "../console/dist";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CONSOLE_REQUIRED");
    let required = std::env::var("CONSOLE_REQUIRED").is_ok_and(|it| it == "1");
    let wanted = required || std::env::var("PROFILE")? == "release";
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join(DIST);
    let mut files = Vec::new();
    if wanted {
        // Also when it is missing: cargo then asks again at every build.
        println!("cargo::rerun-if-changed={DIST}");
        if root.join("index.html").is_file() {
            collect(&root, &mut files)?;
        } else if required {
            return Err(
                "CONSOLE_REQUIRED=1, but there is no console/dist: run `cargo xtask console` first"
                    .into(),
            );
        }
    }
    let out = PathBuf::from(std::env::var("OUT_DIR")?).join("console.rs");
    std::fs::write(out, included(&root, files)?)?;
    Ok(())
}

/// Every file below the folder. Hidden ones are the build tool's notes.
pub fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// A table of the files, as Rust.
pub fn included(root: &Path, mut files: Vec<PathBuf>) -> Result<String, Box<dyn Error>> {
    files.sort();
    let compressed = |it: &Path| it.extension().is_some_and(|it| it == "br" || it == "gz");
    let mut text = String::from("static INCLUDED: &[Included] = &[\n");
    for file in files.iter().filter(|it| !compressed(it)) {
        let path = file.strip_prefix(root)?.to_str().ok_or("a file's name is not Unicode")?;
        let form = |extension: &str| {
            let beside = PathBuf::from(format!("{}.{extension}", file.display()));
            let there = files.contains(&beside);
            if there { format!("Some({})", included_bytes(&beside)) } else { "None".to_owned() }
        };
        writeln!(
            text,
            "    Included {{ path: {path:?}, identity: {}, brotli: {}, gzip: {} }},",
            included_bytes(file),
            form("br"),
            form("gz")
        )?;
    }
    text.push_str("];\n");
    Ok(text)
}

fn included_bytes(file: &Path) -> String {
    let literal = file.display().to_string();
    format!("include_bytes!({literal:?})")
}
