//! The life of a mail that tells a customer of an order. The database refuses every step that is not legal here.

/// What a letter tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LetterKind {
    /// The order is paid.
    Confirmation,
    /// A parcel is on its way.
    Dispatch,
    /// Money went back.
    Refund,
}

impl LetterKind {
    /// Every kind there is.
    pub const ALL: [Self; 3] = [Self::Confirmation, Self::Dispatch, Self::Refund];

    /// The kind's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmation => "confirmation",
            Self::Dispatch => "dispatch",
            Self::Refund => "refund",
        }
    }
}

/// What became of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LetterState {
    /// It is sent until a mail server takes it.
    Waiting,
    /// A mail server took it.
    Sent,
    /// No mail server took it, and it is not sent any more, unless somebody says so.
    GivenUp,
}

impl LetterState {
    /// Every state there is.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Sent, Self::GivenUp];

    /// Whether a letter may go from this state to that one.
    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Waiting, Self::Sent | Self::GivenUp) | (Self::GivenUp, Self::Waiting)
        )
    }

    /// The state's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::GivenUp => "given_up",
        }
    }

    /// The state of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}
