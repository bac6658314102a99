//! The secret that a program holds, and what may be known of it.

use rand::TryRngCore;
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};
use subtle::ConstantTimeEq;

/// Letters and digits: none that a double click does not select, a URL escapes or a shell reads.
const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 71 bits: two keys never have the same.
const ID: usize = 12;
/// 43 of 62 letters are 256 bits.
const SECRET: usize = 43;
/// 32 bits, in six of 62 letters.
const CHECKSUM: usize = 6;

/// Who a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// A server of the merchant's: nobody else ever sees it.
    Secret,
    /// An app: whoever has the app has it too.
    Publishable,
}

impl KeyKind {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Publishable => "publishable",
        }
    }

    /// What a key of this kind begins with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Secret => "vtr_sk_",
            Self::Publishable => "vtr_pk_",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Secret, Self::Publishable].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A key as its owner holds it: `vtr_sk_ID_SECRET`, where the last six letters are a checksum of all before
/// them. By its form it is found where it must not be (in a repository, in a log), and by its checksum a
/// slip of the pen is told from a key without asking anybody. It is never logged and never stored; see
/// [`ApiKey::hash`].
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    kind: KeyKind,
    id: KeyId,
    secret: String,
}

/// The part of a key by which people speak of it. It is no secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyId(String);

/// The SHA-256 of a key's secret. The secret is 256 random bits, which nobody guesses one by one, so that a
/// hash made to be slow would protect nothing and cost every request.
#[derive(Clone)]
pub struct KeyHash([u8; 32]);

/// A text that is no key, or one with a slip of the pen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an API key")]
pub struct NotAKey;

impl ApiKey {
    /// A new key from the operating system's random source.
    pub fn random(kind: KeyKind) -> Self {
        Self { kind, id: KeyId(letters(ID)), secret: letters(SECRET) }
    }

    /// Who it is for.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// By what people speak of it.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// What is stored of it.
    pub fn hash(&self) -> KeyHash {
        KeyHash(Sha256::digest(self.secret.as_bytes()).into())
    }

    /// The whole text, for its owner.
    pub fn expose(&self) -> String {
        let text = format!("{}{}_{}", self.kind.prefix(), self.id.0, self.secret);
        let checksum = checksum(&text);
        text + &checksum
    }
}

impl FromStr for ApiKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let kinds = [KeyKind::Secret, KeyKind::Publishable];
        let kind = kinds.into_iter().find(|kind| text.starts_with(kind.prefix())).ok_or(NotAKey)?;
        let (id, rest) = text[kind.prefix().len()..].split_once('_').ok_or(NotAKey)?;
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if id.len() != ID || rest.len() != SECRET + CHECKSUM || !is_plain(id) || !is_plain(rest) {
            return Err(NotAKey);
        }
        let (secret, told) = rest.split_at(SECRET);
        if checksum(&text[..text.len() - CHECKSUM]) != told {
            return Err(NotAKey);
        }
        Ok(Self { kind, id: KeyId(id.to_owned()), secret: secret.to_owned() })
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({}{}_…)", self.kind.prefix(), self.id)
    }
}

impl KeyId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes the id out of what somebody calls a key: the id itself, or with the prefix before it. Whoever
    /// has the whole key at hand may give that, too.
    pub fn named(text: &str) -> Self {
        let text = text.trim();
        let kinds = [KeyKind::Secret, KeyKind::Publishable];
        let bare = kinds.iter().find_map(|kind| text.strip_prefix(kind.prefix())).unwrap_or(text);
        Self(bare.split('_').next().unwrap_or_default().to_owned())
    }
}

impl From<String> for KeyId {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl KeyHash {
    /// Whether both are of one secret. It takes as long whether they differ early or late.
    pub fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// A hash as it was stored. What has another length is that of no secret.
    pub(crate) fn stored(bytes: &[u8]) -> Self {
        Self(bytes.try_into().unwrap_or_default())
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(…)")
    }
}

/// Random letters, each as likely as any other.
fn letters(count: usize) -> String {
    let mut text = String::with_capacity(count);
    while text.len() < count {
        let mut bytes = [0; 64];
        if let Err(error) = rand::rngs::OsRng.try_fill_bytes(&mut bytes) {
            // Without randomness no secret can be made, and a weak one must not be.
            panic!("the operating system gives no random bytes: {error}");
        }
        // Six bits are one of 64; two of those have no letter and are drawn again.
        let drawn = bytes.iter().filter_map(|byte| LETTERS.get(usize::from(byte & 0x3f)));
        text.extend(drawn.take(count - text.len()).map(|letter| char::from(*letter)));
    }
    text
}

/// The first 32 bits of the text's SHA-256, in letters.
fn checksum(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut number = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    let mut letters = [b'0'; CHECKSUM];
    for letter in letters.iter_mut().rev() {
        *letter = LETTERS[(number % 62) as usize];
        number /= 62;
    }
    letters.iter().map(|letter| char::from(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_and_shows_its_secret_to_nobody() {
        for kind in [KeyKind::Secret, KeyKind::Publishable] {
            let key = ApiKey::random(kind);
            let text = key.expose();
            let again: ApiKey = text.parse().unwrap();
            assert_eq!(again, key);
            assert!(again.hash().is(&key.hash()));
            assert!(!ApiKey::random(kind).hash().is(&key.hash()));
            let shown = format!("{key:?} {:?}", key.hash());
            assert!(shown.contains(key.id().as_str()) && !shown.contains(&key.secret), "{shown}");
        }
    }

    #[test]
    fn a_scanner_finds_a_key_by_its_form() {
        let text = ApiKey::random(KeyKind::Secret).expose();
        let (id, rest) = text.strip_prefix("vtr_sk_").unwrap().split_once('_').unwrap();
        assert_eq!((id.len(), rest.len()), (12, 49));
        assert!((id.to_owned() + rest).bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }

    #[test]
    fn a_slip_of_the_pen_is_no_key() {
        let text = ApiKey::random(KeyKind::Secret).expose();
        for at in 0..text.len() {
            let mut slip = text.clone().into_bytes();
            slip[at] = if slip[at] == b'x' { b'y' } else { b'x' };
            let slip = String::from_utf8(slip).unwrap();
            assert_eq!(slip.parse::<ApiKey>(), Err(NotAKey), "{slip}");
        }
        for wrong in
            ["", "vtr_sk_", "vtr_sk_é", &text[1..], &text[..text.len() - 1], &format!("{text}0")]
        {
            assert_eq!(wrong.parse::<ApiKey>(), Err(NotAKey), "{wrong}");
        }
    }

    #[test]
    fn a_key_is_named_by_its_id_with_or_without_what_stands_around_it() {
        let key = ApiKey::random(KeyKind::Publishable);
        let id = key.id().as_str().to_owned();
        for name in [id.clone(), format!("vtr_pk_{id}"), format!(" vtr_pk_{id} "), key.expose()] {
            assert_eq!(KeyId::named(&name), *key.id(), "{name}");
        }
    }
}
