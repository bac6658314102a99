//! In which parcels a cart would come, and when they would leave: by the same allocator that holds the pieces when
//! the order is placed. What is shown is no promise yet; only the hold is.

use crate::{Error, FreshCart, Orders};
use domain::{
    Cart, Country,
    checkout::CheckoutForm,
    stock::{Demand, Destination, Parcel, Strategy},
};
use inventory::HoldError;

impl Orders {
    /// The parcels of this cart to the country that was typed, or to the market's own; none where that cannot be
    /// said.
    pub(crate) async fn parcels(
        &self,
        fresh: &FreshCart,
        form: &CheckoutForm,
    ) -> Result<Vec<Parcel>, Error> {
        if fresh.cart.is_empty() || !fresh.shortages.is_empty() {
            return Ok(Vec::new());
        }
        let typed = Country::parse(&form.country).filter(|to| self.market.delivers_to(*to));
        let destination = destination(typed.unwrap_or(self.market.home));
        let (wanted, strategy) = (demands_of(&fresh.cart), Strategy::default());
        match self.inventory.preview(&wanted, Some(destination), strategy).await {
            Ok(preview) => Ok(preview.plan.parcels),
            // The shopper's own order holds the rest, or somebody was faster just now.
            Err(HoldError::OutOfStock(_)) => Ok(Vec::new()),
            Err(error) => Err(Error::inventory(error)),
        }
    }
}

/// What a cart asks the warehouses for.
pub(crate) fn demands_of(cart: &Cart) -> Vec<Demand> {
    let demand = |line: &domain::CartLine| Demand {
        sku: line.item.sku.clone(),
        quantity: line.quantity.get(),
    };
    cart.lines.iter().map(demand).collect()
}

/// Where an order goes. Of an address the country is all that is known of where on Earth it is.
pub(crate) fn destination(country: Country) -> Destination {
    Destination { country, place: None }
}
