//! What a letter tells, beyond what stands in the order.

use domain::{Money, Sku, letter::LetterKind};
use serde::{Deserialize, Serialize};

/// What happened that the customer is told. It is written down as it happened: when the letter is sent, the order may
/// have gone on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Tidings {
    /// The order is paid.
    Confirmation,
    /// A parcel is on its way.
    Dispatch(Dispatch),
    /// Money went back.
    Refund {
        /// Which refund: a letter is written for each.
        refund: String,
        /// How much.
        amount: Money,
    },
}

/// A parcel that is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispatch {
    /// Which parcel: a letter is written for each.
    pub parcel: String,
    /// Who carries it, in the carrier's own name.
    pub carrier: Option<String>,
    /// Under which number it can be followed.
    pub tracking_number: Option<String>,
    /// Where it can be followed: an address that begins with `https://`. Others are not shown.
    pub tracking_url: Option<String>,
    /// What is in it.
    pub pieces: Vec<Packed>,
}

/// Pieces of a SKU in a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    /// The SKU, which is one of the order's.
    pub sku: Sku,
    /// How many.
    pub quantity: u32,
}

impl Tidings {
    /// Of what kind the letter is.
    pub fn kind(&self) -> LetterKind {
        match self {
            Self::Confirmation => LetterKind::Confirmation,
            Self::Dispatch(_) => LetterKind::Dispatch,
            Self::Refund { .. } => LetterKind::Refund,
        }
    }

    /// What tells it from others of its kind for the same order.
    pub(crate) fn cause(&self) -> &str {
        match self {
            Self::Confirmation => "",
            Self::Dispatch(dispatch) => &dispatch.parcel,
            Self::Refund { refund, .. } => refund,
        }
    }
}
