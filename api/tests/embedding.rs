//! What `build.rs` puts inside the program.

#[expect(dead_code, reason = "cargo calls its `main`")]
#[path = "../build.rs"]
mod build;

#[test]
fn every_file_of_the_console_is_embedded_once_with_its_compressed_forms() {
    let dist = tempfile::tempdir().unwrap();
    for path in [
        "index.html",
        "index.html.br",
        "assets/a.js",
        "assets/a.js.br",
        "assets/a.js.gz",
        ".vite/manifest.json",
    ] {
        let path = dist.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "x").unwrap();
    }
    let mut files = Vec::new();
    build::collect(dist.path(), &mut files).unwrap();

    let text = build::included(dist.path(), files).unwrap();

    let at = |path: &str| {
        let literal = dist.path().join(path).display().to_string();
        format!("include_bytes!({literal:?})")
    };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let line = |path: &str, brotli: String, gzip: String| {
        format!(
            "Included {{ path: {path:?}, identity: {}, brotli: {brotli}, gzip: {gzip} }},",
            at(path)
        )
    };
    let some = |path: &str| format!("Some({})", at(path));
    assert_eq!(
        lines,
        [
            "static INCLUDED: &[Included] = &[".to_owned(),
            line("assets/a.js", some("assets/a.js.br"), some("assets/a.js.gz")),
            line("index.html", some("index.html.br"), "None".to_owned()),
            "];".to_owned(),
        ]
    );
}

#[test]
fn a_build_without_a_console_embeds_nothing() {
    let text = build::included(std::path::Path::new("/nowhere"), Vec::new()).unwrap();

    assert_eq!(text, "static INCLUDED: &[Included] = &[\n];\n");
}
