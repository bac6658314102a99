//! `vitrine mail`: mails to customers that were not sent.

use super::table;
use crate::{
    cli::Mail,
    config::Settings,
    roles::{Need, Needs},
    stores::Connections,
};
use domain::letter::LetterState;
use jiff::Timestamp;
use orders::letters::{LetterNow, Letters};
use std::{
    io::{self, Write},
    process::ExitCode,
};

/// So many lines are shown of what has no end.
const SHOWN: u32 = 100;

/// Does what the command line asks for.
pub async fn run(settings: Settings, what: Mail) -> anyhow::Result<ExitCode> {
    let connections = Connections::open(&settings, &Needs::only(Need::Orders)).await?;
    let letters = connections.letters(&settings)?;
    match what {
        Mail::List => list(&settings, &letters).await?,
        Mail::Retry { id: Some(id), .. } => {
            if !letters.retry(id).await? {
                writeln!(
                    io::stdout(),
                    "No mail {id} was given up; `vitrine mail list` shows all that were."
                )?;
                return Ok(ExitCode::FAILURE);
            }
            writeln!(io::stdout(), "{id} is sent anew.")?;
        }
        Mail::Retry { id: None, .. } => {
            let retried = letters.retry_all().await?;
            writeln!(io::stdout(), "{retried} are sent anew.")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(settings: &Settings, letters: &Letters) -> anyhow::Result<()> {
    let heads = ["id", "since", "order", "kind", "to", "attempts", "state", "what was the matter"];
    let rows: Vec<_> = letters.list_unsent(SHOWN).await?.into_iter().map(row).collect();
    table::print(heads, &rows)?;
    let unsent = letters.count_unsent().await?;
    let mut out = io::stdout().lock();
    writeln!(out, "{} wait, {} were given up.", unsent.waiting, unsent.given_up)?;
    if settings.mail.url.is_none() {
        writeln!(out, "No mail server is named (VITRINE__MAIL__URL): mails wait for one.")?;
    }
    Ok(())
}

fn row(letter: LetterNow) -> [String; 8] {
    let state = match letter.state {
        LetterState::Waiting => format!("again at {}", minute(letter.next_at)),
        state => state.as_str().replace('_', " "),
    };
    [
        letter.id.to_string(),
        minute(letter.written_at),
        letter.order,
        letter.kind,
        letter.to,
        letter.attempts.to_string(),
        state,
        letter.failure.unwrap_or_default(),
    ]
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
