//! The cookies that tickets are kept in, one for each line: HttpOnly, SameSite=Lax, and over https with the
//! `__Host-` prefix, as the session's.

use crate::ProductDrop;
use domain::Slug;
use http::{HeaderMap, HeaderValue, header::COOKIE};
use jiff::Timestamp;
use std::collections::BTreeMap;

const PLAIN: &str = "ticket-";
const SECURE: &str = "__Host-ticket-";
/// No browser keeps one for longer: as long as a session, without which it is worth nothing.
const MOST_SECONDS: i64 = 30 * 24 * 3600;

/// What a request brings as tickets, by the name of the line. Whether they are any is not known yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tickets(BTreeMap<String, String>);

impl Tickets {
    /// Those in a request's cookies. Over https only the prefixed name counts.
    pub fn read(headers: &HeaderMap, secure: bool) -> Self {
        let prefix = if secure { SECURE } else { PLAIN };
        let mut tickets = BTreeMap::new();
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        for (name, value) in cookies.flat_map(pairs) {
            if let Some(line) = name.strip_prefix(prefix) {
                tickets.entry(line.to_owned()).or_insert_with(|| value.to_owned());
            }
        }
        Self(tickets)
    }

    /// What was brought for this line.
    pub fn of(&self, line: &Slug) -> Option<&str> {
        self.0.get(line.as_str()).map(String::as_str)
    }

    /// The same with one more.
    #[must_use]
    pub fn with(mut self, line: &Slug, ticket: String) -> Self {
        self.0.insert(line.to_string(), ticket);
        self
    }
}

fn pairs(cookies: &str) -> impl Iterator<Item = (&str, &str)> {
    cookies.split(';').filter_map(|pair| pair.trim().split_once('='))
}

/// The `Set-Cookie` value that gives a browser its ticket, for as long as the drop goes on.
pub fn set(drop: &ProductDrop, ticket: &str, now: Timestamp, secure: bool) -> HeaderValue {
    let (prefix, flag) = if secure { (SECURE, "; Secure") } else { (PLAIN, "") };
    let left = (drop.ends.as_second() - now.as_second()).clamp(1, MOST_SECONDS);
    let text = format!(
        "{prefix}{}={ticket}; Path=/; Max-Age={left}; HttpOnly; SameSite=Lax{flag}",
        drop.name
    );
    // A slug, base64 and the attributes above are visible ASCII, which every header may carry.
    let mut value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{num::NonZeroU32, time::Duration};

    fn request(cookies: &str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(cookies).unwrap())])
    }

    #[test]
    fn a_ticket_is_read_as_it_was_set_and_over_https_under_the_prefixed_name_only() {
        let name = Slug::parse("lamp").unwrap();
        let drop = ProductDrop {
            name: name.clone(),
            title: "Lamp".to_owned(),
            products: vec![name.clone()],
            skus: vec![],
            opens: Timestamp::UNIX_EPOCH,
            ends: Timestamp::from_second(7_200).unwrap(),
            admits_per_minute: NonZeroU32::MIN,
            admitted: Duration::ZERO,
            draw: Duration::ZERO,
        };
        for secure in [false, true] {
            let value = set(&drop, "signed", Timestamp::from_second(3_600).unwrap(), secure);
            let text = value.to_str().unwrap();
            assert!(text.contains("; Max-Age=3600; HttpOnly; SameSite=Lax"), "{text}");
            assert_eq!(text.contains("; Secure"), secure);
            let pair = text.split(';').next().unwrap();
            let tickets = Tickets::read(&request(&format!("session=x; {pair}")), secure);
            assert_eq!(tickets.of(&name), Some("signed"));
        }
        let planted = request("ticket-lamp=planted");
        assert_eq!(Tickets::read(&planted, true), Tickets::default());
    }
}
