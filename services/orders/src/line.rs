//! What is sold by a line: nobody's cart and nobody's order gets past it.

use crate::{CartFailure, Orders};
use accounts::{SessionId, SessionToken};
use admissions::{Asker, Barred, Tickets};
use domain::{Cart, product::Sellable};
use jiff::Timestamp;

impl Orders {
    /// Whether it is the shopper's turn to have this. Whoever holds a ticket has been given the token that it is
    /// bound to, and their session begins under that.
    pub(crate) async fn admit_to_cart(
        &self,
        token: Option<&SessionToken>,
        tickets: &Tickets,
        item: &Sellable,
        now: Timestamp,
    ) -> Result<(), CartFailure> {
        let Some(token) = token else { return Ok(self.admissions.check(item, None, now)?) };
        let id = token.id();
        let asker = Asker { tickets, cart: id.as_str() };
        self.admissions.check(item, Some(asker), now)?;
        if self.admissions.vouches(asker, now) {
            self.sessions.begin_as(token).await?;
        }
        Ok(())
    }

    /// Whether it is the shopper's turn for all that lies in the cart.
    pub(crate) fn admit_to_checkout(
        &self,
        cart: &Cart,
        tickets: &Tickets,
        id: &SessionId,
    ) -> Result<(), Barred> {
        let (now, asker) = (Timestamp::now(), Asker { tickets, cart: id.as_str() });
        cart.lines.iter().try_for_each(|line| self.admissions.check(&line.item, Some(asker), now))
    }
}
