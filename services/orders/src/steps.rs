//! Where a purchase may stop half-way: after which steps a test can make it stop, as if the process had
//! ended there. In the store nothing is ever stopped.

use crate::{Error, Orders};

/// A step of a purchase whose effect lasts, whatever becomes of the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Its stock is held.
    Held,
    /// The order is written.
    Written,
    /// What is owed is known to `payments`.
    IntentOpened,
    /// That money was taken is known to `payments`.
    Captured,
    /// The money is in the ledger.
    Posted,
    /// The stock is the order's own.
    Allocated,
    /// What was ordered has left the cart.
    CartEmptied,
    /// The order is paid.
    Paid,
    /// No money can come any more.
    PaymentCalledOff,
    /// The stock is given back.
    StockReleased,
    /// That the money goes back is remembered.
    RefundDue,
    /// The money went back.
    Refunded,
    /// That a paid order is to be cancelled is remembered.
    CallingOff,
    /// What a paid order had is given back, and the warehouses know.
    CalledOff,
    /// A return is written; no warehouse was told.
    ReturnRequested,
    /// A return was looked at; nothing was paid back.
    ReturnInspected,
}

#[cfg(feature = "testing")]
impl Step {
    /// Every step.
    pub const ALL: [Self; 14] = [
        Self::Held,
        Self::Written,
        Self::IntentOpened,
        Self::Captured,
        Self::Posted,
        Self::Allocated,
        Self::CartEmptied,
        Self::Paid,
        Self::PaymentCalledOff,
        Self::StockReleased,
        Self::RefundDue,
        Self::Refunded,
        Self::CallingOff,
        Self::CalledOff,
    ];
}

impl Orders {
    /// The same service, except that it stops after this step each time it comes there.
    #[cfg(feature = "testing")]
    pub fn stopping_after(mut self, step: Step) -> Self {
        self.stop_after = Some(step);
        self
    }

    pub(crate) fn reached(&self, step: Step) -> Result<(), Error> {
        match self.stop_after == Some(step) {
            true => Err(Error::BrokeOff(format!("after {step:?}"))),
            false => Ok(()),
        }
    }
}
