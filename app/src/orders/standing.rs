//! How an order stands, in words: one headline, one sentence, and what can be done.

use crate::browser::Json;
use domain::order::{CancelReason, FulfilmentStatus, OrderState, PaymentStanding};

/// How an order, its payment and its goods stand, as pages and live news tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Where the order is in its life.
    pub state: OrderState,
    /// How its payment stands.
    pub payment: PaymentStanding,
    /// How its goods stand.
    pub fulfilment: FulfilmentStatus,
}

/// Payments by the names they have in the domain's JSON.
const PAYMENTS: [(&str, PaymentStanding); 5] = [
    ("open", PaymentStanding::Open),
    ("processing", PaymentStanding::Processing),
    ("declined", PaymentStanding::Declined),
    ("confirmed", PaymentStanding::Confirmed),
    ("refunded", PaymentStanding::Refunded),
];

/// Why an order ended, as news tell it.
pub fn cancel_reason<J: Json>(news: &J) -> Option<CancelReason> {
    CancelReason::parse(&news.text_of("cancel_reason")?)
}

impl Standing {
    /// Reads news: `{"state": "paid", "payment": "confirmed", "fulfilment": "unfulfilled"}`.
    pub fn read<J: Json>(json: &J) -> Option<Self> {
        let text = |name| json.text_of(name);
        Self::parse(&text("state")?, &text("payment")?, &text("fulfilment")?)
    }

    /// The standing by the names of its parts.
    pub fn parse(state: &str, payment: &str, fulfilment: &str) -> Option<Self> {
        let (_, payment) = PAYMENTS.iter().find(|(name, _)| *name == payment)?;
        let (state, fulfilment) = (OrderState::parse(state)?, FulfilmentStatus::parse(fulfilment)?);
        Some(Self { state, payment: *payment, fulfilment })
    }

    /// The name of how the payment stands, as the page carries it.
    #[cfg(any(feature = "ssr", test))]
    pub fn payment_name(self) -> &'static str {
        let named = PAYMENTS.iter().find(|(_, payment)| *payment == self.payment);
        named.map_or("", |(name, _)| name)
    }

    /// What the status region reads.
    pub fn headline(self) -> &'static str {
        match (self.state, self.payment) {
            (_, PaymentStanding::Refunded) => "Payment refunded",
            (OrderState::Cancelled, _) => "Order cancelled",
            (OrderState::Paid, _) => match self.fulfilment {
                FulfilmentStatus::Unfulfilled => "Payment confirmed",
                FulfilmentStatus::PartiallyFulfilled => "Partly on its way",
                FulfilmentStatus::Fulfilled => "On its way",
                FulfilmentStatus::Delivered => "Delivered",
                FulfilmentStatus::PartiallyReturned => "Partly returned",
                FulfilmentStatus::Returned => "Returned",
            },
            (_, PaymentStanding::Confirmed) => "Payment confirmed",
            (_, PaymentStanding::Declined) => "Payment was declined",
            (_, PaymentStanding::Open | PaymentStanding::Processing) => {
                "Waiting for the payment provider\u{2026}"
            }
        }
    }

    /// What it means and what happens next, with the reason why it ended, where that is known.
    pub fn meaning(self, cancelled: Option<CancelReason>) -> &'static str {
        match (self.state, self.payment) {
            (_, PaymentStanding::Refunded) => match cancelled {
                Some(CancelReason::OutOfStock) => {
                    "The last piece was sold while you paid. Your money is on its way back to you; \
                     we are sorry."
                }
                Some(CancelReason::Shopper) => {
                    "You cancelled the order. Your money is on its way back to you."
                }
                Some(CancelReason::Staff) => {
                    "We could not carry out your order and cancelled it. Your money is on its way back to \
                     you; we are sorry."
                }
                _ => "Your money is on its way back to you.",
            },
            (OrderState::Cancelled, _) => match cancelled {
                Some(CancelReason::Expired) => {
                    "The time to pay ran out and what was held for you was given back. Nothing was \
                     charged. You can order again at any time."
                }
                Some(CancelReason::Superseded) => {
                    "You changed your cart or your details and placed another order in its stead. \
                     Nothing was charged for this one."
                }
                Some(CancelReason::OutOfStock) => {
                    "The last piece was sold while you paid. What you paid goes back to you."
                }
                Some(CancelReason::Shopper) => match self.payment {
                    PaymentStanding::Processing => {
                        "You cancelled the order. What you paid goes back to you."
                    }
                    _ => "You cancelled the order. Nothing was charged.",
                },
                Some(CancelReason::Staff) => match self.payment {
                    PaymentStanding::Processing => {
                        "We could not carry out your order and cancelled it. What you paid goes back to \
                         you; we are sorry."
                    }
                    _ => {
                        "We could not carry out your order and cancelled it. Nothing was charged; we are \
                         sorry."
                    }
                },
                None => "It was not paid. Nothing was charged.",
            },
            (OrderState::Paid, _) if self.fulfilment != FulfilmentStatus::Unfulfilled => {
                self.goods()
            }
            (OrderState::Paid, _) | (_, PaymentStanding::Confirmed) => {
                "Thank you. We pack your order within one working day and hand it to the carrier. \
                 There is nothing more for you to do."
            }
            (_, PaymentStanding::Declined) => {
                "Nothing was charged. Your order is still held for you: please try again, with \
                 another card if you like."
            }
            (_, PaymentStanding::Processing) => {
                "This takes a moment. This page tells you as soon as it is confirmed."
            }
            (_, PaymentStanding::Open) => {
                "The payment is not finished yet. If you left the provider's page too early, you can \
                 go back to it. Your order is held for you meanwhile."
            }
        }
    }

    /// What it means for the goods of a paid order of which something was sent.
    fn goods(self) -> &'static str {
        match self.fulfilment {
            FulfilmentStatus::Unfulfilled | FulfilmentStatus::PartiallyFulfilled => {
                "Some of your order has left us, and the rest follows. Below you see what is in which parcel."
            }
            FulfilmentStatus::Fulfilled => {
                "All of your order has left us. Below you see what is in which parcel."
            }
            FulfilmentStatus::Delivered => {
                "All of your order has arrived. We hope that you like it."
            }
            FulfilmentStatus::PartiallyReturned => "We have taken back what you returned.",
            FulfilmentStatus::Returned => "We have taken back all of your order.",
        }
    }

    /// Whether the shopper can pay now.
    pub fn can_pay(self) -> bool {
        let wanted = matches!(self.payment, PaymentStanding::Open | PaymentStanding::Declined);
        self.state == OrderState::AwaitingPayment && wanted
    }

    /// Whether news are to be expected: of the payment, or of money on its way back.
    pub fn is_pending(self) -> bool {
        let returning = self.payment == PaymentStanding::Processing;
        match self.state {
            OrderState::AwaitingPayment => true,
            OrderState::Cancelled => returning,
            OrderState::Paid => false,
        }
    }

    /// Whether something may still become of it that its open page should tell.
    pub fn goes_on(self) -> bool {
        self.is_pending() || self.is_paid()
    }

    /// Whether it ended without being carried out.
    pub fn is_over(self) -> bool {
        self.state == OrderState::Cancelled || self.payment == PaymentStanding::Refunded
    }

    /// Whether the order was paid and is being carried out.
    pub fn is_paid(self) -> bool {
        self.state == OrderState::Paid && self.payment != PaymentStanding::Refunded
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use OrderState::*;
    use PaymentStanding::*;
    use domain::order::OrderNews;

    fn standing(state: OrderState, payment: PaymentStanding) -> Standing {
        Standing { state, payment, fulfilment: FulfilmentStatus::Unfulfilled }
    }

    #[test]
    fn the_headline_says_how_the_payment_stands() {
        assert_eq!(standing(Paid, Confirmed).headline(), "Payment confirmed");
        assert_eq!(standing(AwaitingPayment, Declined).headline(), "Payment was declined");
        for payment in [Open, Processing] {
            let waiting = "Waiting for the payment provider\u{2026}";
            assert_eq!(standing(AwaitingPayment, payment).headline(), waiting);
        }
        assert_eq!(standing(Cancelled, Open).headline(), "Order cancelled");
        assert_eq!(standing(Cancelled, Refunded).headline(), "Payment refunded");
    }

    #[test]
    fn what_was_sent_is_the_news_once_it_is_paid() {
        let headlines: Vec<_> = FulfilmentStatus::ALL
            .into_iter()
            .map(|fulfilment| Standing { fulfilment, ..standing(Paid, Confirmed) }.headline())
            .collect();
        let all = [
            "Payment confirmed",
            "Partly on its way",
            "On its way",
            "Delivered",
            "Partly returned",
            "Returned",
        ];
        assert_eq!(headlines, all);
        let sent =
            Standing { fulfilment: FulfilmentStatus::Fulfilled, ..standing(Paid, Confirmed) };
        assert!(sent.goes_on() && !sent.is_pending());
        assert!(!standing(Cancelled, Refunded).goes_on());
    }

    #[test]
    fn who_cancelled_reads_what_becomes_of_the_money() {
        let mine = |payment| standing(Cancelled, payment).meaning(Some(CancelReason::Shopper));
        assert!(mine(Open).contains("Nothing was charged"));
        assert!(mine(Processing).contains("goes back to you"));
        assert!(mine(Refunded).contains("on its way back to you"));
    }

    #[test]
    fn news_are_expected_until_the_money_is_where_it_belongs() {
        assert!(standing(AwaitingPayment, Open).is_pending());
        assert!(standing(Cancelled, Processing).is_pending());
        for over in [standing(Cancelled, Open), standing(Cancelled, Refunded)] {
            assert!(!over.is_pending());
        }
        assert!(!standing(Paid, Confirmed).is_pending());
    }

    #[test]
    fn only_an_order_that_awaits_payment_can_be_paid() {
        assert!(standing(AwaitingPayment, Declined).can_pay());
        assert!(standing(AwaitingPayment, Open).can_pay());
        assert!(!standing(AwaitingPayment, Processing).can_pay());
        assert!(!standing(Paid, Confirmed).can_pay());
        assert!(!standing(Cancelled, Declined).can_pay());
    }

    #[test]
    fn news_are_read_as_the_server_writes_them() {
        for (name, payment) in PAYMENTS {
            for state in OrderState::ALL {
                let fulfilment = FulfilmentStatus::Unfulfilled;
                let news = OrderNews { state, payment, cancel_reason: None, fulfilment };
                let news = serde_json::to_value(news).unwrap();
                assert_eq!(Standing::read(&news), Some(standing(state, payment)));
                assert_eq!(cancel_reason(&news), None);
                assert_eq!(standing(state, payment).payment_name(), name);
            }
        }
        for reason in CancelReason::ALL {
            let (state, payment) = (Cancelled, Refunded);
            let fulfilment = FulfilmentStatus::Unfulfilled;
            let news = OrderNews { state, payment, cancel_reason: Some(reason), fulfilment };
            assert_eq!(cancel_reason(&serde_json::to_value(news).unwrap()), Some(reason));
        }
        assert_eq!(Standing::parse("paid", "unheard", "unfulfilled"), None);
        assert_eq!(Standing::parse("paid", "confirmed", "lost"), None);
    }
}
