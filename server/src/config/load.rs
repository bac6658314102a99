//! How the configuration is read: the defaults, overridden by a file, overridden by the environment.
//! Whatever is wrong is told in one message: each value is tried by itself, so that one mistake does
//! not hide another.

use super::Settings;
use crate::roles::{Need, Needs};
use config::{
    Config, ConfigError, Environment, File, FileFormat, Source, Value, ValueKind,
    builder::DefaultState,
};
use std::path::Path;

type Builder = config::ConfigBuilder<DefaultState>;

const DEFAULTS: &str = include_str!("../../../config/defaults.toml");

/// The variables by which the databases are known to more than this program.
const VARIABLES: [(&str, &str); 3] =
    [("DATABASE_URL", "database.url"), ("MONGODB_URL", "mongodb.url"), ("REDIS_URL", "redis.url")];

/// What has no default.
struct Required {
    key: &'static str,
    /// How to set it.
    how: &'static str,
    /// Stands in while the rest is looked at, and where nothing needs it.
    stand_in: &'static str,
    /// What needs it.
    by: &'static [Need],
}

const REQUIRED: [Required; 5] = [
    Required {
        key: "database.url",
        how: "DATABASE_URL, e.g. postgres://user:password@host/vitrine",
        stand_in: "postgres://missing",
        by: &[Need::Accounts, Need::Inventory, Need::Payments, Need::Orders],
    },
    Required {
        key: "mongodb.url",
        how: "MONGODB_URL, e.g. mongodb://host:27017/vitrine",
        stand_in: "mongodb://missing",
        by: &[Need::Mongodb],
    },
    Required {
        key: "redis.url",
        how: "REDIS_URL, e.g. redis://host:6379/0",
        stand_in: "redis://missing",
        by: &[Need::Redis],
    },
    Required {
        key: "payments.sandbox.secret",
        how: "VITRINE__PAYMENTS__SANDBOX__SECRET",
        stand_in: "missing, missing",
        by: &[Need::Provider],
    },
    Required {
        key: "payments.sandbox.webhook_secret",
        how: "VITRINE__PAYMENTS__SANDBOX__WEBHOOK_SECRET",
        stand_in: "missing, missing",
        by: &[Need::Provider],
    },
];

/// Why the configuration cannot be used: all that is wrong, a line each.
#[derive(Debug, thiserror::Error)]
#[error("the configuration cannot be used:\n{}", .0.iter().map(|line| format!("  - {line}")).collect::<Vec<_>>().join("\n"))]
pub struct Invalid(pub Vec<String>);

/// Reads the defaults, the file and the environment, and checks the whole. `ask` puts what the command
/// line says over it and answers what is needed: of the rest nothing has to be set.
pub fn load(
    file: Option<&Path>,
    ask: impl FnOnce(&mut Settings) -> Needs,
) -> Result<Settings, Invalid> {
    let mut wrong = Vec::new();
    let given = given(file, &mut wrong);
    let keys: Vec<String> = given.iter().map(|(key, _)| key.clone()).collect();
    let mut settings = defaults().map_err(|error| Invalid(vec![error.to_string()]))?;
    for (key, value) in given {
        settings = set(settings, &key, value, &mut wrong);
    }
    match read(settings) {
        Ok(mut settings) => {
            let needs = ask(&mut settings);
            wrong.extend(missing(&keys, &needs));
            wrong.extend(settings.line.missing(&needs));
            wrong.extend(settings.problems());
            if wrong.is_empty() { Ok(settings) } else { Err(Invalid(wrong)) }
        }
        Err(error) => {
            wrong.push(error.to_string());
            Err(Invalid(wrong))
        }
    }
}

/// What is needed and has no default, and was not set. A service's own database makes the common one
/// superfluous for it.
fn missing(given: &[String], needs: &Needs) -> Vec<String> {
    let is_given = |key: &str| given.iter().any(|given| given == key);
    let has_own = |need: Need| match need {
        Need::Accounts => is_given("database.accounts_url"),
        Need::Inventory => is_given("database.inventory_url"),
        Need::Payments => is_given("database.payments_url"),
        Need::Orders => is_given("database.orders_url"),
        _ => false,
    };
    let is_missing = |required: &&Required| {
        let mut by = required.by.iter().copied();
        !is_given(required.key) && by.any(|need| needs.has(need) && !has_own(need))
    };
    let words = |required: &Required| format!("{} is not set ({})", required.key, required.how);
    REQUIRED.iter().filter(is_missing).map(words).collect()
}

/// The defaults, and what stands in for all that has none.
fn defaults() -> Result<Builder, ConfigError> {
    let defaults = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
    REQUIRED.iter().try_fold(defaults, |settings, required| {
        settings.set_default(required.key, required.stand_in)
    })
}

/// What the file and then the environment say, by key. A variable that is empty says nothing.
fn given(file: Option<&Path>, wrong: &mut Vec<String>) -> Vec<(String, Value)> {
    let environment = Environment::with_prefix("VITRINE")
        .prefix_separator("__")
        .separator("__")
        .ignore_empty(true);
    let mut sources: Vec<Box<dyn Source>> = Vec::new();
    if let Some(file) = file {
        sources.push(Box::new(File::from(file)));
    }
    sources.push(Box::new(environment));
    let mut values = Vec::new();
    for source in sources {
        // A file that cannot be read hides nothing of what the environment says.
        match source.collect() {
            Ok(table) => leaves("", table, &mut values),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    for (variable, key) in VARIABLES {
        if let Some(value) = std::env::var(variable).ok().filter(|value| !value.is_empty()) {
            values.push((key.to_owned(), Value::new(Some(&variable.to_owned()), value)));
        }
    }
    values
}

fn leaves(above: &str, table: config::Map<String, Value>, values: &mut Vec<(String, Value)>) {
    for (name, value) in table {
        let key = if above.is_empty() { name } else { format!("{above}.{name}") };
        match value.kind {
            ValueKind::Table(table) => leaves(&key, table, values),
            _ => values.push((key, value)),
        }
    }
}

/// The settings with this value, or without it if it does not fit.
fn set(settings: Builder, key: &str, value: Value, wrong: &mut Vec<String>) -> Builder {
    let before = settings.clone();
    let tried = settings.set_override(key, value).and_then(|settings| {
        read(settings.clone())?;
        Ok(settings)
    });
    tried.unwrap_or_else(|error| {
        wrong.push(error.to_string());
        before
    })
}

fn read(settings: Builder) -> Result<Settings, ConfigError> {
    settings.build()?.try_deserialize()
}
