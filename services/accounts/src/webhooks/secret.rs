//! What webhooks are signed with, and how it is kept. It has to be known whenever something is sent, so that no hash
//! of it will do; with a key that only the configuration has, what lies in the database is of use to nobody.

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use std::{fmt, sync::Arc};
use uuid::Uuid;

/// Random bytes of a secret: as many as the signature's hash has, which is what the specification recommends.
const LENGTH: usize = 32;
/// The first byte of what is kept.
const PLAIN: u8 = 0;
const SEALED: u8 = 1;

/// A secret that webhooks are signed with. Nobody is shown it but by [`expose`](Self::expose).
#[derive(Clone)]
pub struct SigningSecret(SecretSlice<u8>);

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret")
    }
}

impl SigningSecret {
    /// One that nobody knows.
    pub(crate) fn random() -> Self {
        Self(SecretSlice::from(rand::random::<[u8; LENGTH]>().to_vec()))
    }

    /// As Standard Webhooks has it: `whsec_` and base64.
    pub fn expose(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.bytes()))
    }

    /// The key itself.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

/// How secrets are kept. Cheap to clone.
#[derive(Clone, Default)]
pub struct Seal(Option<Arc<LessSafeKey>>);

/// The key is not shown.
impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Seal" } else { "no seal" })
    }
}

/// What is to seal secrets is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the key has to be 32 bytes in base64, e.g. from `openssl rand -base64 32`")]
pub struct NotASealingKey;

/// A secret cannot be read: it was sealed with another key, or for another endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the secret cannot be read: it was sealed with a key that is not configured here")]
pub struct CannotOpen;

impl Seal {
    /// Keeps secrets sealed with this key.
    pub fn with(key: &SecretString) -> Result<Self, NotASealingKey> {
        let bytes = STANDARD.decode(key.expose_secret()).map_err(|_| NotASealingKey)?;
        let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes).map_err(|_| NotASealingKey)?;
        Ok(Self(Some(Arc::new(LessSafeKey::new(key)))))
    }

    /// Whether secrets are sealed at all.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// A secret as it is kept, for this endpoint alone.
    pub(crate) fn close(&self, endpoint: Uuid, secret: &SigningSecret) -> Vec<u8> {
        let Some(key) = &self.0 else { return [&[PLAIN], secret.bytes()].concat() };
        // At random: there will never be so many secrets that two have the same.
        let nonce: [u8; NONCE_LEN] = rand::random();
        let mut sealed = secret.bytes().to_vec();
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(endpoint.as_bytes()),
            &mut sealed,
        )
        .expect("a few bytes are not too long to be sealed");
        [&[SEALED], &nonce[..], &sealed].concat()
    }

    /// What was kept.
    pub(crate) fn open(&self, endpoint: Uuid, kept: &[u8]) -> Result<SigningSecret, CannotOpen> {
        match (kept.split_first(), &self.0) {
            (Some((&PLAIN, secret)), _) => Ok(SigningSecret(secret.to_vec().into())),
            (Some((&SEALED, sealed)), Some(key)) => {
                let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or(CannotOpen)?;
                let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| CannotOpen)?;
                let mut secret = sealed.to_vec();
                let opened = key
                    .open_in_place(nonce, Aad::from(endpoint.as_bytes()), &mut secret)
                    .map_err(|_| CannotOpen)?;
                Ok(SigningSecret(opened.to_vec().into()))
            }
            _ => Err(CannotOpen),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(byte: u8) -> Seal {
        Seal::with(&STANDARD.encode([byte; 32]).into()).unwrap()
    }

    #[test]
    fn a_sealed_secret_is_opened_with_its_key_for_its_endpoint_and_else_not() {
        let (secret, endpoint) = (SigningSecret::random(), Uuid::now_v7());
        let kept = seal(1).close(endpoint, &secret);
        assert!(!kept.windows(8).any(|part| part == &secret.bytes()[..8]));
        assert_ne!(kept, seal(1).close(endpoint, &secret), "each time another");
        assert_eq!(seal(1).open(endpoint, &kept).unwrap().expose(), secret.expose());
        for (seal, endpoint, kept) in [
            (seal(2), endpoint, &kept[..]),
            (Seal::default(), endpoint, &kept),
            (seal(1), Uuid::now_v7(), &kept),
            (seal(1), endpoint, &kept[..kept.len() - 1]),
            (seal(1), endpoint, &kept[..5]),
            (seal(1), endpoint, &[]),
            (seal(1), endpoint, &[7, 7]),
        ] {
            assert_eq!(seal.open(endpoint, kept).unwrap_err(), CannotOpen);
        }
    }

    #[test]
    fn what_was_kept_before_there_was_a_key_can_be_read_with_one() {
        let (secret, endpoint) = (SigningSecret::random(), Uuid::now_v7());
        let kept = Seal::default().close(endpoint, &secret);
        assert_eq!(seal(1).open(endpoint, &kept).unwrap().expose(), secret.expose());
    }

    #[test]
    fn what_is_no_key_is_refused_and_nothing_is_shown() {
        for text in ["", "short", &STANDARD.encode([1; 31]), &STANDARD.encode([1; 33])] {
            assert_eq!(Seal::with(&text.into()).unwrap_err(), NotASealingKey, "{text:?}");
        }
        let secret = SigningSecret::random();
        assert_eq!(format!("{secret:?} {:?}", seal(1)), "SigningSecret Seal");
        let key = secret.expose();
        assert_eq!(STANDARD.decode(key.strip_prefix("whsec_").unwrap()).unwrap(), secret.bytes());
    }
}
