//! The codes by which programs tell problems apart.

use axum::http::StatusCode;

/// What kind of problem it is. A code is never renamed and never means something else later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The body or the address cannot be read at all.
    Malformed,
    /// The name that was given to the request is none.
    IdempotencyKeyInvalid,
    /// There is no key, or it lets nobody in.
    Unauthenticated,
    /// The key does not have the scope.
    ScopeMissing,
    /// Nothing is there.
    NotFound,
    /// The address knows other methods only.
    MethodNotAllowed,
    /// The first request of this name is still being worked on.
    IdempotencyInFlight,
    /// It does not go with what the store knows.
    DoesNotFit,
    /// The id was given to another one before.
    IdTaken,
    /// It has come too far for this, or not far enough.
    WrongState,
    /// Pieces are not there, or are promised.
    NotToBeHad,
    /// The body is larger than the route takes.
    TooLarge,
    /// The body is in no format that the route takes.
    UnsupportedMediaType,
    /// What was sent can be read, and does not fit.
    Invalid,
    /// The name was given to another request before.
    IdempotencyKeyReused,
    /// The key asks too often.
    TooManyRequests,
    /// Somebody at this address tries keys that there are not.
    TooManyFailures,
    /// The fault is ours.
    Internal,
    /// A database that is needed is away.
    Unavailable,
    /// The node has more to do than it can.
    Busy,
    /// There is nothing in the cart.
    CartEmpty,
    /// No more different things fit into the cart.
    CartFull,
    /// The cart does not hold it.
    NotInCart,
    /// Nothing with this SKU is sold.
    NotSold,
    /// Not so many are left.
    OutOfStock,
    /// It costs something else than was expected.
    PriceChanged,
    /// The cart is another one than was expected.
    CartChanged,
    /// It is sold by a line.
    WaitingRoom,
    /// The payment was declined.
    Declined,
    /// The order ended.
    OrderCancelled,
    /// The payment provider is away.
    PaymentUnavailable,
    /// Another node of the store serves this.
    Misdirected,
}

impl Code {
    /// Every code with its name, its status and what it says in a few words.
    pub const ALL: [(Self, &'static str, StatusCode, &'static str); 32] = [
        (Self::Malformed, "malformed", StatusCode::BAD_REQUEST, "The request cannot be read"),
        (
            Self::IdempotencyKeyInvalid,
            "idempotency_key_invalid",
            StatusCode::BAD_REQUEST,
            "Idempotency-Key has 1 to 255 visible characters",
        ),
        (
            Self::Unauthenticated,
            "unauthenticated",
            StatusCode::UNAUTHORIZED,
            "A valid key is needed",
        ),
        (Self::ScopeMissing, "scope_missing", StatusCode::FORBIDDEN, "The key lacks a scope"),
        (Self::NotFound, "not_found", StatusCode::NOT_FOUND, "Nothing is there"),
        (
            Self::MethodNotAllowed,
            "method_not_allowed",
            StatusCode::METHOD_NOT_ALLOWED,
            "This address knows other methods only",
        ),
        (
            Self::IdempotencyInFlight,
            "idempotency_in_flight",
            StatusCode::CONFLICT,
            "The first request of this name is not answered yet",
        ),
        (
            Self::DoesNotFit,
            "does_not_fit",
            StatusCode::CONFLICT,
            "It does not go with what the store knows",
        ),
        (Self::IdTaken, "id_taken", StatusCode::CONFLICT, "This id was given to another one"),
        (
            Self::WrongState,
            "wrong_state",
            StatusCode::CONFLICT,
            "It has come too far for this, or not far enough",
        ),
        (
            Self::NotToBeHad,
            "not_to_be_had",
            StatusCode::CONFLICT,
            "Pieces are not there, or are promised",
        ),
        (Self::TooLarge, "too_large", StatusCode::PAYLOAD_TOO_LARGE, "The body is too large"),
        (
            Self::UnsupportedMediaType,
            "unsupported_media_type",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The body has to be JSON",
        ),
        (Self::Invalid, "invalid", StatusCode::UNPROCESSABLE_ENTITY, "What was sent does not fit"),
        (
            Self::IdempotencyKeyReused,
            "idempotency_key_reused",
            StatusCode::UNPROCESSABLE_ENTITY,
            "This name was given to another request",
        ),
        (
            Self::TooManyRequests,
            "too_many_requests",
            StatusCode::TOO_MANY_REQUESTS,
            "The key asks too often",
        ),
        (
            Self::TooManyFailures,
            "too_many_failures",
            StatusCode::TOO_MANY_REQUESTS,
            "Too many keys were tried that there are not",
        ),
        (
            Self::Internal,
            "internal",
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong on our side",
        ),
        (
            Self::Unavailable,
            "unavailable",
            StatusCode::SERVICE_UNAVAILABLE,
            "This cannot be done just now",
        ),
        (Self::Busy, "busy", StatusCode::SERVICE_UNAVAILABLE, "There is too much to do just now"),
        (Self::CartEmpty, "cart_empty", StatusCode::CONFLICT, "There is nothing in the cart"),
        (Self::CartFull, "cart_full", StatusCode::CONFLICT, "No more different items fit"),
        (Self::NotInCart, "not_in_cart", StatusCode::NOT_FOUND, "The cart does not hold it"),
        (Self::NotSold, "not_sold", StatusCode::NOT_FOUND, "Nothing with this SKU is sold"),
        (Self::OutOfStock, "out_of_stock", StatusCode::CONFLICT, "Not so many are left"),
        (
            Self::PriceChanged,
            "price_changed",
            StatusCode::CONFLICT,
            "It costs something else than was expected",
        ),
        (
            Self::CartChanged,
            "cart_changed",
            StatusCode::CONFLICT,
            "The cart is another one than was expected",
        ),
        (
            Self::WaitingRoom,
            "waiting_room",
            StatusCode::CONFLICT,
            "It is sold by a line, in the shop's pages",
        ),
        (Self::Declined, "declined", StatusCode::PAYMENT_REQUIRED, "The payment was declined"),
        (
            Self::OrderCancelled,
            "order_cancelled",
            StatusCode::CONFLICT,
            "The order ended; what was taken goes back",
        ),
        (
            Self::PaymentUnavailable,
            "payment_unavailable",
            StatusCode::SERVICE_UNAVAILABLE,
            "The payment provider cannot be reached",
        ),
        (
            Self::Misdirected,
            "misdirected",
            StatusCode::MISDIRECTED_REQUEST,
            "Another node of the store serves this",
        ),
    ];

    pub(super) fn facts(self) -> (&'static str, StatusCode, &'static str) {
        let known = Self::ALL.iter().find(|(code, ..)| *code == self);
        known.map_or(
            ("internal", StatusCode::INTERNAL_SERVER_ERROR, ""),
            |(_, name, status, title)| (*name, *status, *title),
        )
    }

    /// The code for an answer of which nothing is known but its status.
    pub(super) fn of_status(status: StatusCode) -> Self {
        let known = Self::ALL.iter().find(|(_, _, known, _)| *known == status);
        known.map_or(Self::Internal, |(code, ..)| *code)
    }
}
