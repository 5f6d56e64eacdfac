//! What holds for a process, for people who look at it. Secrets are only said to be set.

use super::Settings;
use super::known::KNOWN;
use super::setting::{Form, Setting};

/// A setting as it holds for one program.
#[derive(Debug, Clone)]
pub struct EffectiveSetting {
    /// The row of the table.
    pub setting: &'static Setting,
    /// What holds; `None`: nothing, or another program reads it.
    pub value: Option<String>,
    /// What would hold without the variable.
    pub default: Option<&'static str>,
    /// Whether this program reads it.
    pub is_own: bool,
}

impl Settings {
    /// Every setting there is.
    pub fn effective(&self) -> Vec<EffectiveSetting> {
        KNOWN.iter().map(|setting| self.effective_of(setting)).collect()
    }

    fn effective_of(&self, setting: &'static Setting) -> EffectiveSetting {
        let is_own = setting.programs.contains(&self.program);
        let program = if is_own { Some(self.program) } else { setting.programs.first().copied() };
        let default = program.and_then(|it| setting.default_for(it));
        let given = self.variables.get(setting.name).filter(|it| is_own && !it.is_empty());
        let shown = given.map(|text| shown(setting.form, text));
        let value = shown.or_else(|| default.filter(|_| is_own).map(str::to_owned));
        EffectiveSetting { setting, value, default, is_own }
    }
}

/// The text, unless it opens something. A URL may have a password in it.
fn shown(form: Form, text: &str) -> String {
    let secret = match form {
        Form::Secret { .. } | Form::SecretUrl { .. } => true,
        Form::Url { .. } => text.contains('@'),
        _ => false,
    };
    if secret { "set".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Program;

    #[test]
    fn what_holds_is_shown_and_secrets_are_only_said_to_be_set() {
        let variables = [
            ("DATABASE_URL", "postgres://aether_api:hush@127.0.0.1/aetherflow"),
            ("AETHERFLOW_JWT_SECRET", "hush hush hush hush hush hush hush hush"),
            ("AETHERFLOW_OBJECT_STORE", "s3://id:hush@bucket/images"),
            ("AETHERFLOW_COMMISSION_RATE", "0.2"),
            ("AETHERFLOW_LEASE", "20s"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let effective = Settings::from_variables(Program::Api, variables).effective();
        let of = |name: &str| effective.iter().find(|it| it.setting.name == name).unwrap();
        let value = |name: &str| of(name).value.as_deref();

        assert_eq!(value("AETHERFLOW_COMMISSION_RATE"), Some("0.2"));
        assert_eq!(value("AETHERFLOW_QUEUE_MAX"), Some("10000"));
        assert_eq!(value("AETHERFLOW_METRICS_LISTEN"), Some("127.0.0.1:9100"));
        assert_eq!(value("AETHERFLOW_CORS_ORIGINS"), None);
        for name in ["DATABASE_URL", "AETHERFLOW_JWT_SECRET", "AETHERFLOW_OBJECT_STORE"] {
            assert_eq!(value(name), Some("set"), "{name}");
        }
        assert_eq!(value("REDIS_URL"), None, "not set");
        let lease = of("AETHERFLOW_LEASE");
        assert_eq!(
            (lease.is_own, lease.value.as_deref(), lease.default),
            (false, None, Some("20s"))
        );
        assert!(!format!("{effective:?}").contains("hush"));
    }
}
