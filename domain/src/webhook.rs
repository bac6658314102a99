//! The life of a message that is sent to whoever wants to be told. The database refuses every step that is not legal
//! here.

/// What became of a message on its way to one of its receivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// It is sent until it is taken.
    Waiting,
    /// It was taken.
    Delivered,
    /// It was not taken for so long that it is not sent any more, unless somebody says so.
    Dead,
}

impl DeliveryState {
    /// Every state there is.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Dead];

    /// Whether a delivery may go from this state to that one.
    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Waiting, Self::Delivered | Self::Dead) | (Self::Dead, Self::Waiting)
        )
    }

    /// The state's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }
}
