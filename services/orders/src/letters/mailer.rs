//! The mail server that letters are handed to, over SMTP, and what it may say to that.

use super::{content::Written, in_one_line};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use secrecy::{ExposeSecret, SecretString};
use std::{
    net::IpAddr,
    time::{Duration, SystemTime},
};
use uuid::Uuid;

/// How letters are sent.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// The mail server: `smtps://user:password@host`, or `smtp://` with `?tls=required`. A password in it is why it is
    /// a secret.
    pub url: SecretString,
    /// From whom letters are, e.g. `Vitrine <orders@shop.example>`.
    pub sender: String,
    /// To whom answers go, if not to the sender.
    pub reply_to: Option<String>,
    /// How long a mail server may take for a letter, from the first word to the last.
    pub patience: Duration,
}

/// Why no letter can be sent so. What was given for the mail server is not repeated: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongMail {
    /// It is no address of a mail server.
    #[error("it is no address of a mail server, e.g. smtps://user:password@mail.example:465")]
    Server,
    /// Letters hold the keys of orders, and would go as they are.
    #[error(
        "letters would not be encrypted on their way: use smtps://, or smtp:// with ?tls=required at its end"
    )]
    Unencrypted,
    /// The sender is nobody who could be written to.
    #[error("it is no sender, e.g. Vitrine <orders@shop.example>")]
    Sender,
    /// Nor is who is answered.
    #[error("it is no address, e.g. Vitrine <service@shop.example>")]
    ReplyTo,
}

/// Hands letters to a mail server, a connection for each: a shop sends few, and a connection that was kept may be dead.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    sender: Mailbox,
    reply_to: Option<Mailbox>,
    patience: Duration,
}

/// A letter with its name and its date, which are the same however often it is sent.
pub(super) struct Post {
    pub id: Uuid,
    pub to_name: String,
    pub to: String,
    pub written_at: SystemTime,
    pub written: Written,
}

/// Why a letter was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotTaken {
    /// What was said.
    pub words: String,
    /// Whether it would be said again.
    pub is_final: bool,
}

impl Mailer {
    /// For this mail server. Nothing is connected yet.
    pub fn new(settings: &MailSettings) -> Result<Self, WrongMail> {
        let url = settings.url.expose_secret();
        let builder =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|_| WrongMail::Server)?;
        if is_unencrypted(url) {
            return Err(WrongMail::Unencrypted);
        }
        let reply_to = settings.reply_to.as_deref().map(str::parse::<Mailbox>).transpose();
        Ok(Self {
            transport: builder.timeout(Some(settings.patience)).build(),
            sender: settings.sender.parse().map_err(|_| WrongMail::Sender)?,
            reply_to: reply_to.map_err(|_| WrongMail::ReplyTo)?,
            patience: settings.patience,
        })
    }

    /// How long a letter may take.
    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// Whether the mail server answers and knows the store; what it says, if it does not.
    pub async fn check(&self) -> Result<(), String> {
        match tokio::time::timeout(self.patience, self.transport.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err("the mail server hung up".to_owned()),
            Ok(Err(error)) => Err(in_words(&error)),
            Err(_) => Err("no answer".to_owned()),
        }
    }

    pub(super) async fn send(&self, post: Post) -> Result<(), NotTaken> {
        let message = self.message(post)?;
        let sent = tokio::time::timeout(self.patience, self.transport.send(message)).await;
        match sent {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => {
                Err(NotTaken { words: in_words(&error), is_final: is_refusal(&error) })
            }
            Err(_) => Err(NotTaken { words: "no answer in time".to_owned(), is_final: false }),
        }
    }

    fn message(&self, post: Post) -> Result<Message, NotTaken> {
        let unwritable = |what: &str, error: &dyn std::fmt::Display| NotTaken {
            words: in_one_line(&format!("{what}: {error}")),
            is_final: true,
        };
        let address =
            post.to.parse::<Address>().map_err(|error| unwritable("the address", &error))?;
        let domain = self.sender.email.domain();
        let builder = Message::builder()
            .from(self.sender.clone())
            .to(Mailbox::new(Some(post.to_name), address))
            .subject(post.written.subject)
            .date(post.written_at)
            .message_id(Some(format!("<{}@{domain}>", post.id)))
            // No machine is to answer it (RFC 3834).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        let builder = match &self.reply_to {
            Some(reply_to) => builder.reply_to(reply_to.clone()),
            None => builder,
        };
        let body = MultiPart::alternative_plain_html(post.written.text, post.written.html);
        builder.multipart(body).map_err(|error| unwritable("the letter", &error))
    }
}

/// Whether letters to this mail server could be read on their way. On this machine there is no way.
fn is_unencrypted(url: &str) -> bool {
    let Ok(url) = url.parse::<http::Uri>() else { return true };
    let host = url.host().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let is_here = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    let is_encrypted = url.scheme_str() == Some("smtps")
        || url.query().is_some_and(|query| query.split('&').any(|pair| pair == "tls=required"));
    !(is_here || is_encrypted)
}

/// Whether the mail server will never take this letter: it knows no such mailbox, or does not want what is in it. Other
/// failures that call themselves permanent are about the store and not about the letter (it has to sign in, its address
/// is not known here), and end when somebody has seen to them.
fn is_refusal(error: &lettre::transport::smtp::Error) -> bool {
    error.status().is_some_and(|code| (550..=555).contains(&u16::from(code)))
}

fn in_words(error: &lettre::transport::smtp::Error) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        let more = error.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        source = error.source();
    }
    in_one_line(&words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailer(url: &str) -> Result<Mailer, WrongMail> {
        Mailer::new(&MailSettings {
            url: url.into(),
            sender: "Vitrine <orders@shop.example>".to_owned(),
            reply_to: None,
            patience: Duration::from_secs(1),
        })
    }

    #[test]
    fn letters_are_encrypted_on_their_way_to_another_machine() {
        for fine in [
            "smtps://user:secret@mail.example",
            "smtp://mail.example:587?tls=required",
            "smtp://127.0.0.1:2525",
            "smtp://[::1]:2525",
            "smtp://localhost:2525",
        ] {
            assert!(mailer(fine).is_ok(), "{fine}");
        }
        for open in ["smtp://mail.example", "smtp://10.0.0.1:25?tls=opportunistic"] {
            assert_eq!(mailer(open).err(), Some(WrongMail::Unencrypted), "{open}");
        }
        for none in ["", "mail.example", "https://mail.example", "smtp://"] {
            assert!(mailer(none).is_err(), "{none}");
        }
    }

    #[test]
    fn a_password_is_not_told() {
        let wrong = mailer("smtp//user:hunter2@mail.example").err().unwrap();
        assert!(!format!("{wrong} {wrong:?}").contains("hunter2"));
    }

    #[test]
    fn who_sends_and_who_is_answered_can_be_written_to() {
        let settings = |sender: &str, reply_to: Option<&str>| MailSettings {
            url: "smtp://localhost".into(),
            sender: sender.to_owned(),
            reply_to: reply_to.map(str::to_owned),
            patience: Duration::from_secs(1),
        };
        assert!(Mailer::new(&settings("orders@shop.example", Some("Büro <a@b.example>"))).is_ok());
        let wrong = [
            (settings("Vitrine", None), WrongMail::Sender),
            (settings("a@b.example\r\nBcc: x@y.example", None), WrongMail::Sender),
            (settings("a@b.example", Some("nobody")), WrongMail::ReplyTo),
        ];
        for (settings, why) in wrong {
            assert_eq!(Mailer::new(&settings).err(), Some(why), "{settings:?}");
        }
    }
}
