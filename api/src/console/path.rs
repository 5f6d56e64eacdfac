//! What of the console a path asks for.

/// A path, sorted. Paths inside are relative to the folder of the console.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted<'a> {
    /// A file whose content never changes under its name.
    Asset(&'a str),
    /// Any other file, such as an icon.
    File(&'a str),
    /// A place within the console.
    Page,
    /// Nothing that the console can have.
    Nothing,
}

impl<'a> Wanted<'a> {
    pub(super) fn by(path: &'a str) -> Self {
        let relative = path.strip_prefix('/').unwrap_or(path);
        let last = relative.rsplit('/').next().unwrap_or_default();
        let asset = relative == "assets" || relative.starts_with("assets/");
        if relative == super::page::FILE || !asset && !last.contains('.') {
            return Self::Page;
        }
        match (is_plain(relative), asset) {
            (true, true) => Self::Asset(relative),
            (true, false) => Self::File(relative),
            (false, _) => Self::Nothing,
        }
    }
}

/// Whether the path stays inside the folder and names one of the files that a build makes there, none of them hidden
/// and none of them the compressed form of another.
fn is_plain(relative: &str) -> bool {
    let compressed = [".br", ".gz"].iter().any(|it| relative.ends_with(it));
    !compressed
        && relative.split('/').all(|segment| {
            let known = |it: u8| it.is_ascii_alphanumeric() || b"._-".contains(&it);
            !segment.is_empty() && !segment.starts_with('.') && segment.bytes().all(known)
        })
}

#[cfg(test)]
mod tests {
    use super::Wanted::{self, Asset, File, Nothing, Page};

    #[test]
    fn places_are_the_page_and_names_with_a_dot_are_files() {
        for place in
            ["/", "", "/generate", "/tasks/0199", "/index.html", "/über", "/a//b", "/a/../b"]
        {
            assert_eq!(Wanted::by(place), Page, "{place}");
        }
        assert_eq!(Wanted::by("/favicon.svg"), File("favicon.svg"));
        assert_eq!(Wanted::by("/assets/index-B7_x.js"), Asset("assets/index-B7_x.js"));
        assert_eq!(Wanted::by("/assets/no-dot"), Asset("assets/no-dot"));
    }

    #[test]
    fn no_path_leaves_the_folder_or_names_what_is_hidden() {
        for path in [
            "/../secret.txt",
            "/assets/../../secret.txt",
            "/assets//etc/passwd.txt",
            "/assets/%2e%2e/secret.txt",
            "/.vite/manifest.json",
            "/.env",
            "/assets/a.js.br",
            "/assets/a.js.gz",
            "/assets/..",
            "/assets",
            "/assets/",
            "/a\\..\\b.txt",
        ] {
            assert!(matches!(Wanted::by(path), Nothing | Asset("assets")), "{path}");
        }
    }
}
