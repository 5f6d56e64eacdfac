//! The README's table of settings.

use std::fmt::Write as _;

use super::known::KNOWN;
use super::setting::{Fallback, Setting};

/// The table, one line per setting, as the README shows it.
pub fn markdown() -> String {
    let mut table =
        String::from("| Variable | Default | Read by | Meaning |\n| --- | --- | --- | --- |\n");
    for setting in KNOWN {
        push_row(&mut table, setting.name, &default_of(setting), setting);
    }
    table.push_str(
        "| `AETHERFLOW_PROVIDER_<NAME>_BASE_URL` | the provider's own | api, worker | \
         Where a provider answers; for the simulator, a proxy or a regional endpoint. |\n",
    );
    table
}

fn push_row(table: &mut String, name: &str, default: &str, setting: &Setting) {
    let programs: Vec<&str> = setting.programs.iter().map(|it| it.name()).collect();
    let (programs, meaning) = (programs.join(", "), setting.meaning);
    writeln!(table, "| `{name}` | {default} | {programs} | {meaning} |")
        .expect("writing to a String cannot fail");
}

fn default_of(setting: &Setting) -> String {
    match setting.fallback {
        Fallback::Required { .. } => "required".to_owned(),
        Fallback::Absent { .. } => "none".to_owned(),
        Fallback::Value(text) => format!("`{text}`"),
        Fallback::PerProgram(texts) => {
            let texts: Vec<String> =
                texts.iter().map(|(program, text)| format!("{program} `{text}`")).collect();
            texts.join(", ")
        }
    }
}
