//! Mails to customers.

use orders::letters::{MailSettings, Mailer, WrongMail};
use secrecy::SecretString;
use serde::Deserialize;
use std::time::Duration;

/// How mails are sent to customers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// The mail server; without it mails wait.
    pub url: Option<SecretString>,
    /// From whom they are.
    pub sender: Option<String>,
    /// To whom answers go, if not to the sender.
    pub reply_to: Option<String>,
    /// How long a mail server may take for a mail, in seconds.
    pub patience_seconds: u64,
}

impl Mail {
    /// Who sends them; nobody, if no mail server is named. That a sender stands there was looked at with the
    /// configuration.
    pub fn mailer(&self) -> Result<Option<Mailer>, WrongMail> {
        let Some(url) = &self.url else { return Ok(None) };
        let settings = MailSettings {
            url: url.clone(),
            sender: self.sender.clone().unwrap_or_default(),
            reply_to: self.reply_to.clone(),
            patience: Duration::from_secs(self.patience_seconds),
        };
        Mailer::new(&settings).map(Some)
    }

    /// Everything that makes no sense, a line each.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if !(1..=300).contains(&self.patience_seconds) {
            wrong.push("mail.patience_seconds must be from 1 to 300".to_owned());
        }
        if let Err(error) = self.mailer() {
            let key = match error {
                WrongMail::Server | WrongMail::Unencrypted => "mail.url",
                WrongMail::Sender => "mail.sender",
                WrongMail::ReplyTo => "mail.reply_to",
            };
            wrong.push(format!("{key}: {error}"));
        }
        wrong
    }
}
