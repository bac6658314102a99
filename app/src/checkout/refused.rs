//! Where the checkout tells why an order was refused.

/// The checkout with the reason that the session holds.
pub const ADDRESS: &str = "/checkout?refused=1";

/// Whether a refusal with this code is told by the checkout loaded again, because what it shows has
/// moved. Any other is told beside the button.
pub fn shown_again(code: &str) -> bool {
    let moved = ["cart_empty", "cart_changed", "price_changed", "out_of_stock", "fields_invalid"];
    moved.contains(&code)
}
