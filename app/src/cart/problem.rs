//! Why a change of the cart was refused: as a code in an address, for a form sent without scripts,
//! and as the sentence beside the field.

use crate::waiting_line::WAITING_ROOM;
use domain::{Cart, quantity::QuantityError};
use std::fmt;

/// Why the cart is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The quantity is not one that can be ordered.
    Quantity(QuantityError),
    /// Not enough is left.
    OutOfStock {
        /// How many can be bought.
        left: u32,
        /// How many of these are in the cart already.
        in_cart: u32,
    },
    /// No more different things fit.
    Full,
    /// The thing is not in the cart (any more).
    NotInCart,
    /// There is no such thing, or not in this combination of options.
    NotSold,
    /// It is sold by a line, and it is not the shopper's turn.
    WaitingRoom,
    /// Something is away on our side.
    Unavailable,
    /// Something is wrong on our side.
    Internal,
}

impl Problem {
    const QUANTITY: [QuantityError; 5] = [
        QuantityError::Zero,
        QuantityError::Negative,
        QuantityError::Fractional,
        QuantityError::TooMany,
        QuantityError::NotANumber,
    ];

    /// Stable code, without the numbers.
    pub fn code(self) -> &'static str {
        match self {
            Self::Quantity(QuantityError::Zero) => "quantity_zero",
            Self::Quantity(QuantityError::Negative) => "quantity_negative",
            Self::Quantity(QuantityError::Fractional) => "quantity_fractional",
            Self::Quantity(QuantityError::TooMany) => "quantity_too_many",
            Self::Quantity(QuantityError::NotANumber) => "quantity_not_a_number",
            Self::OutOfStock { .. } => "out_of_stock",
            Self::Full => "cart_full",
            Self::NotInCart => "not_in_cart",
            Self::NotSold => "not_sold",
            Self::WaitingRoom => "waiting_room",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// Reads what [`Problem`] writes into an address: `out_of_stock-2-1`. Anything else is no problem
    /// of the cart's.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let code = parts.next()?;
        if code == "out_of_stock" {
            let mut number = || parts.next().map_or(Ok(0), str::parse);
            let (left, in_cart) = (number().ok()?, number().ok()?);
            return Some(Self::OutOfStock { left, in_cart });
        }
        let plain = [
            Self::Full,
            Self::NotInCart,
            Self::NotSold,
            Self::WaitingRoom,
            Self::Unavailable,
            Self::Internal,
        ];
        let quantities = Self::QUANTITY.map(Self::Quantity);
        plain.into_iter().chain(quantities).find(|problem| problem.code() == code)
    }

    /// The HTTP status it is told with.
    pub fn status(self) -> u16 {
        match self {
            Self::Quantity(_) => 422,
            Self::OutOfStock { .. } | Self::Full | Self::WaitingRoom => 409,
            Self::NotInCart | Self::NotSold => 404,
            Self::Unavailable => 503,
            Self::Internal => 500,
        }
    }

    /// The sentence for the shopper.
    pub fn message(self) -> String {
        match self {
            Self::Quantity(error) => error.to_string(),
            Self::OutOfStock { left: 0, .. } => "This is sold out.".to_owned(),
            Self::OutOfStock { left, in_cart: 0 } => format!("Only {left} left."),
            Self::OutOfStock { left, in_cart } if in_cart >= left => {
                format!("Only {left} left, and you have {in_cart} in your cart already.")
            }
            Self::OutOfStock { left, in_cart } => {
                format!("Only {left} left, {in_cart} of them in your cart already.")
            }
            Self::Full => format!("A cart holds at most {} different items.", Cart::MAX_LINES),
            Self::NotInCart => "This item is no longer in your cart.".to_owned(),
            Self::NotSold => "We do not sell this combination. Please choose another.".to_owned(),
            Self::WaitingRoom => WAITING_ROOM.to_owned(),
            Self::Unavailable => {
                "Your cart cannot be changed just now. Please try again.".to_owned()
            }
            Self::Internal => "Something went wrong on our side. Please try again.".to_owned(),
        }
    }
}

/// As an address carries it.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfStock { left, in_cart } => write!(f, "{}-{left}-{in_cart}", self.code()),
            _ => f.write_str(self.code()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_comes_back_from_the_address_as_it_went() {
        let all = Problem::QUANTITY.map(Problem::Quantity).into_iter().chain([
            Problem::OutOfStock { left: 2, in_cart: 1 },
            Problem::Full,
            Problem::NotInCart,
            Problem::NotSold,
            Problem::WaitingRoom,
            Problem::Unavailable,
            Problem::Internal,
        ]);
        for problem in all {
            assert_eq!(Problem::parse(&problem.to_string()), Some(problem));
            assert!(!problem.message().is_empty());
        }
    }

    #[test]
    fn what_nobody_wrote_is_no_problem() {
        for text in ["", "-", "out_of_stock-x", "out_of_stock--1", "<script>", "quantity"] {
            assert_eq!(Problem::parse(text), None, "{text}");
        }
        let short = Problem::OutOfStock { left: 3, in_cart: 0 };
        assert_eq!(Problem::parse("out_of_stock-3"), Some(short));
    }

    #[test]
    fn the_sentence_says_how_many_can_be_had() {
        let message = |left, in_cart| Problem::OutOfStock { left, in_cart }.message();
        assert_eq!(message(0, 0), "This is sold out.");
        assert_eq!(message(2, 0), "Only 2 left.");
        assert_eq!(message(5, 1), "Only 5 left, 1 of them in your cart already.");
        assert_eq!(message(2, 2), "Only 2 left, and you have 2 in your cart already.");
    }
}
