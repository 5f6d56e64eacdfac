use std::collections::BTreeSet;

use secrecy::ExposeSecret;

use super::*;

fn settings(variables: &[(&str, &str)]) -> Settings {
    let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::from_variables(Program::Worker, owned)
}

/// Reads a setting by its form, as its reader would.
fn read_any(settings: &mut Settings, setting: &Setting) {
    match setting.form {
        Form::Text | Form::Choice { .. } => drop(settings.string(setting)),
        Form::Secret { .. } | Form::SecretUrl { .. } => drop(settings.secret(setting)),
        Form::Url { .. } => drop(settings.url(setting)),
        Form::Duration | Form::DurationOrZero => drop(settings.duration(setting)),
        Form::Decimal { .. } => drop(settings.decimal(setting)),
        Form::Integer { .. } => drop(settings.integer::<u64>(setting)),
        Form::Boolean => drop(settings.boolean(setting)),
        Form::Size => drop(settings.size(setting)),
        Form::List => drop(settings.list(setting)),
        Form::Address => drop(settings.address(setting)),
        Form::Rates { .. } => drop(settings.rates(setting)),
    }
}

#[test]
fn every_default_is_accepted_by_every_program_that_reads_it() {
    for setting in KNOWN {
        for program in setting.programs {
            let has_default = setting.default_for(*program).is_some();
            let needs_none =
                matches!(setting.fallback, Fallback::Required { .. } | Fallback::Absent { .. });
            assert!(has_default || needs_none, "{} for {program}", setting.name);
            if has_default {
                let mut settings = Settings::from_variables(*program, []);
                read_any(&mut settings, setting);
                assert_eq!(settings.finish(), Ok(()), "{}", setting.name);
            }
        }
    }
}

#[test]
fn names_are_unique_and_ours_or_customary() {
    let names: BTreeSet<&str> = KNOWN.iter().map(|it| it.name).collect();
    assert_eq!(names.len(), KNOWN.len());
    for name in names {
        assert!(name.starts_with("AETHERFLOW_") || ["DATABASE_URL", "REDIS_URL"].contains(&name));
    }
}

#[test]
fn all_problems_are_reported_together_with_why_and_an_example() {
    let mut settings = settings(&[
        ("AETHERFLOW_LEASE", "20"),
        ("AETHERFLOW_ATTEMPTS_MAX", "0"),
        ("AETHERFLOW_COMISSION_RATE", "0.2"),
    ]);
    settings.duration(&LEASE);
    settings.integer::<u32>(&ATTEMPTS_MAX);
    settings.secret(&REDIS_URL);

    let error = settings.finish().unwrap_err();

    assert_eq!(
        error.to_string(),
        "the environment cannot be used:
  AETHERFLOW_LEASE: '20' is not a duration; write e.g. 20s
  AETHERFLOW_ATTEMPTS_MAX: '0' is not between 1 and 100; write e.g. 6
  REDIS_URL: not set, and worker needs it (Redis, used only to wake workers, to answer waiting clients and to share request counts. TLS by `rediss://`); write e.g. redis://127.0.0.1:6379
  AETHERFLOW_COMISSION_RATE: there is no such setting; did you mean AETHERFLOW_COMMISSION_RATE?"
    );
}

#[test]
fn values_win_over_defaults_and_empty_ones_do_not_count() {
    let mut settings = settings(&[
        ("AETHERFLOW_LEASE", " 2s "),
        ("AETHERFLOW_ATTEMPT_TIMEOUT", ""),
        ("DATABASE_URL", "postgres://u:p@127.0.0.1/aetherflow"),
        ("AETHERFLOW_JWT_SECRET", "not read by a worker, and so not judged"),
    ]);

    assert_eq!(settings.duration(&LEASE), Duration::from_secs(2));
    assert_eq!(settings.duration(&ATTEMPT_TIMEOUT), Duration::from_secs(90));
    assert_eq!(settings.address(&METRICS_LISTEN), SocketAddr::from(([127, 0, 0, 1], 9101)));
    assert_eq!(settings.decimal(&COMMISSION_RATE), Decimal::new(10, 2));
    assert_eq!(settings.size(&BODY_BUDGET), 256 << 20);
    assert_eq!(settings.list(&CORS_ORIGINS), Vec::<String>::new());
    assert_eq!(
        settings.secret(&DATABASE_URL).expose_secret(),
        "postgres://u:p@127.0.0.1/aetherflow"
    );
    assert_eq!(settings.finish(), Ok(()));
}

#[test]
fn a_refused_secret_is_not_in_the_message() {
    let mut settings = settings(&[
        ("AETHERFLOW_JWT_SECRET", "hunter2"),
        ("DATABASE_URL", "mysql://root:hunter2@db/x"),
        ("AETHERFLOW_PROVIDER_STABILITY_BASE_URL", "ftp://key:hunter2@host"),
    ]);
    settings.secret(&JWT_SECRET);
    settings.secret(&DATABASE_URL);
    settings.provider_urls();

    let error = settings.finish().unwrap_err();

    assert_eq!(error.problems.len(), 3);
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[test]
fn base_urls_are_found_by_the_providers_name() {
    let mut settings = settings(&[
        ("AETHERFLOW_PROVIDER_STABILITY_BASE_URL", "http://127.0.0.1:4000"),
        ("AETHERFLOW_PROVIDER_OPENAI_BASE_URL", ""),
    ]);

    let urls = settings.provider_urls();

    assert_eq!(urls.keys().collect::<Vec<_>>(), ["stability"]);
    assert_eq!(urls["stability"].as_str(), "http://127.0.0.1:4000/");
    assert_eq!(settings.finish(), Ok(()));
}

#[test]
fn fail_points_are_read_in_debug_builds() {
    let mut settings = settings(&[("AETHERFLOW_FAILPOINT", "worker.after-claim")]);

    assert_eq!(settings.failpoints().as_deref(), Some("worker.after-claim"));
}

#[test]
fn what_s3_is_reached_with_is_passed_on_unread() {
    let settings =
        settings(&[("AWS_REGION", "eu-central-1"), ("AWS_ENDPOINT", ""), ("PATH", "/bin")]);

    let variables = settings.aws_variables();

    assert_eq!(variables, [("AWS_REGION".to_owned(), "eu-central-1".to_owned())]);
    assert_eq!(settings.finish(), Ok(()));
}

#[test]
fn the_readme_shows_this_table() {
    let readme = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let (_, after) = readme.split_once("<!-- settings:begin -->\n").unwrap();
    let (shown, _) = after.split_once("<!-- settings:end -->").unwrap();

    assert_eq!(shown, markdown(), "put the output of `ctl settings` between the README's markers");
}

#[test]
fn a_problem_found_by_a_reader_joins_the_others() {
    let mut settings = settings(&[]);
    settings.refuse(&MASTER_KEYS, "a key is not 32 bytes long");

    let error = settings.finish().unwrap_err();

    assert_eq!(error.problems[0].name, "AETHERFLOW_MASTER_KEYS");
}

#[test]
fn the_table_has_a_row_for_every_setting() {
    let table = markdown();
    for setting in KNOWN {
        assert!(table.contains(&format!("| `{}` |", setting.name)));
    }
    assert_eq!(table.lines().count(), KNOWN.len() + 3);
}
