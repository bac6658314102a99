//! The key by which a ticket is known for one of ours, and by which places are drawn.

use crate::{
    ProductDrop,
    product_drop::plus,
    ticket::{BYTES, Ticket},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use rand::RngCore;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// So much may another node's clock be ahead of this one's, in microseconds. A ticket from a later moment was
/// written by a clock that is wrong, and is none.
const CLOCKS_DIFFER: i64 = 60_000_000;

/// What a signature is of, so that none is ever taken for another.
const OF_A_TICKET: &[u8] = b"vitrine: a ticket, 1";
const OF_THE_DRAW: &[u8] = b"vitrine: the draw, 1";

pub(crate) struct Key(Hmac<Sha256>);

impl Key {
    /// A key made of the store's secret. Without one it is made up, and nobody else knows it.
    pub fn new(secret: Option<&SecretString>) -> Self {
        let mut made_up = [0; 32];
        rand::rng().fill_bytes(&mut made_up);
        let secret = secret.map_or(&made_up[..], |secret| secret.expose_secret().as_bytes());
        Self(Hmac::new_from_slice(secret).expect("HMAC takes a key of any length"))
    }

    /// A ticket for a drop and a cart, as the browser keeps it.
    pub fn sign(&self, drop: &ProductDrop, cart: &str, ticket: &Ticket) -> String {
        let bytes = ticket.to_bytes();
        let signature = self.of_a_ticket(drop, cart, &bytes).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([&bytes[..], &signature[..]].concat())
    }

    /// The ticket that a browser brings, if it was signed for this drop and this cart.
    pub fn read(
        &self,
        drop: &ProductDrop,
        cart: &str,
        text: &str,
        now: Timestamp,
    ) -> Option<Ticket> {
        // What is longer than any ticket is not worth decoding.
        let bytes = (text.len() < 100).then(|| URL_SAFE_NO_PAD.decode(text).ok())??;
        let (told, signature) = bytes.split_at_checked(BYTES)?;
        self.of_a_ticket(drop, cart, told).verify_slice(signature).ok()?;
        let ticket = Ticket::from_bytes(told)?;
        (ticket.written() <= plus(now, CLOCKS_DIFFER)).then_some(ticket)
    }

    /// What chance has given to a ticket: a part of 2^64, which nobody can tell from looking at it.
    pub fn share(&self, drop: &ProductDrop, ticket: &Ticket) -> u64 {
        let chance = self.about(OF_THE_DRAW, drop).chain_update(ticket.number).finalize();
        let bytes = chance.into_bytes();
        u64::from_be_bytes(std::array::from_fn(|at| bytes[at]))
    }

    fn of_a_ticket(&self, drop: &ProductDrop, cart: &str, ticket: &[u8]) -> Hmac<Sha256> {
        // The ticket has one length, so that nothing of the cart's name is taken for it.
        self.about(OF_A_TICKET, drop).chain_update(ticket).chain_update(cart)
    }

    /// A drop of the same name at another time is another drop.
    fn about(&self, what: &[u8], drop: &ProductDrop) -> Hmac<Sha256> {
        let name = drop.name.as_str().as_bytes();
        let opens = drop.opens.as_microsecond().to_be_bytes();
        self.0.clone().chain_update(what).chain_update(name).chain_update(b"\0").chain_update(opens)
    }
}
