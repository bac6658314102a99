//! Carts of programs: an app or a till opens one, and whoever knows its name has it. The name is the token of a
//! session, so that everything that holds for a visitor's cart holds for these.

use crate::{CartFailure, Error, FreshCart, Orders, Wanted, prepare::today};
use accounts::SessionToken;
use domain::{
    Cart, Country, Money,
    checkout::CheckoutForm,
    pricing::{self, Totals},
    shipping::{ShippingMethod, ShippingOffer, Zone},
};

/// A cart as whoever knows its name sees it.
#[derive(Debug, Clone)]
pub struct CartNow {
    /// What is in it, at current prices where these were looked up.
    pub fresh: FreshCart,
    /// What was said of its delivery.
    pub form: CheckoutForm,
    /// What it costs: with delivery once a way was chosen, by the taxes of the country that was named or of the
    /// market's own. `None` for an empty one.
    pub totals: Option<Totals>,
}

/// A way of delivery for a cart.
#[derive(Debug, Clone)]
pub struct DeliveryOffer {
    /// The way, and what it costs.
    pub offer: ShippingOffer,
    /// What the cart costs with it; `None` for an empty one.
    pub total: Option<Money>,
}

/// Who puts something into a cart.
#[derive(Clone, Copy)]
pub(crate) enum Holder<'a> {
    /// A visitor, whose session begins with it.
    Visitor(Option<&'a SessionToken>),
    /// A program, which has opened a cart before.
    Program(&'a SessionToken),
}

impl<'a> Holder<'a> {
    pub(crate) fn token(self) -> Option<&'a SessionToken> {
        match self {
            Self::Visitor(token) => token,
            Self::Program(token) => Some(token),
        }
    }
}

impl Orders {
    /// Opens an empty cart. One round trip.
    pub async fn open_cart(&self) -> Result<(SessionToken, CartNow), Error> {
        let (token, cart) = self.sessions.open().await?;
        let fresh = FreshCart { cart, ..FreshCart::default() };
        Ok((token, CartNow { fresh, form: CheckoutForm::default(), totals: None }))
    }

    /// The cart at current prices, with what changed and what is short; `None` if there is none of this name.
    pub async fn cart_now(&self, token: &SessionToken) -> Result<Option<CartNow>, Error> {
        let id = token.id();
        let Some((cart, draft)) = self.sessions.find(&id).await? else { return Ok(None) };
        let fresh = self.look_at(&id, cart).await?;
        self.priced(fresh, draft.form).map(Some)
    }

    /// Adds pieces to a cart that was opened, as [`Orders::add_to_cart`] does to a visitor's, for two round trips. The
    /// lines are told as they were last shown.
    pub async fn add_to_opened(
        &self,
        token: &SessionToken,
        wanted: &Wanted,
    ) -> Result<CartNow, CartFailure> {
        let added = self.add(Holder::Program(token), wanted).await?;
        let fresh = FreshCart { cart: added.cart, ..FreshCart::default() };
        Ok(self.priced(fresh, added.form)?)
    }

    /// Writes down of a cart's delivery what is said of it here, which was checked; what is empty stays as it was.
    pub async fn note_delivery(
        &self,
        token: &SessionToken,
        said: CheckoutForm,
    ) -> Result<Option<CartNow>, Error> {
        let CheckoutForm { full_name, address, city, postal_code, country, delivery, .. } = said;
        let fields = [
            ("full_name", full_name),
            ("address", address),
            ("city", city),
            ("postal_code", postal_code),
            ("country", country),
            ("delivery", delivery),
        ];
        let fields: Vec<_> = fields.into_iter().filter(|(_, said)| !said.is_empty()).collect();
        let id = token.id();
        let Some((cart, draft)) = self.sessions.note(&id, &fields).await? else { return Ok(None) };
        let fresh = self.look_at(&id, cart).await?;
        self.priced(fresh, draft.form).map(Some)
    }

    /// The ways of delivery to this country, or to the one that was named before; `None` if there is no such cart.
    pub async fn delivery_offers(
        &self,
        token: &SessionToken,
        country: Option<Country>,
    ) -> Result<Option<Vec<DeliveryOffer>>, Error> {
        let Some(CartNow { fresh, mut form, .. }) = self.cart_now(token).await? else {
            return Ok(None);
        };
        if let Some(country) = country {
            form.country = country.code().to_owned();
        }
        let offer = |method: ShippingMethod| {
            let offer = method.offer(Zone::of(self.country_of(&form), self.market.home));
            let form = CheckoutForm { delivery: method.code().to_owned(), ..form.clone() };
            let totals = self.totals_of(&fresh.cart, &form)?;
            Ok(DeliveryOffer { offer, total: totals.map(|totals| totals.total) })
        };
        ShippingMethod::ALL.into_iter().map(offer).collect::<Result<_, Error>>().map(Some)
    }

    fn priced(&self, fresh: FreshCart, form: CheckoutForm) -> Result<CartNow, Error> {
        let totals = self.totals_of(&fresh.cart, &form)?;
        Ok(CartNow { fresh, form, totals })
    }

    fn totals_of(&self, cart: &Cart, form: &CheckoutForm) -> Result<Option<Totals>, Error> {
        if cart.is_empty() {
            return Ok(None);
        }
        let country = self.country_of(form);
        let method = ShippingMethod::parse(&form.delivery);
        let offer = method.map(|method| method.offer(Zone::of(country, self.market.home)));
        Ok(Some(pricing::totals(cart, offer, country, today())?))
    }

    /// Where a cart goes, as far as that was said.
    fn country_of(&self, form: &CheckoutForm) -> Country {
        let named = Country::parse(&form.country).filter(|to| self.market.delivers_to(*to));
        named.unwrap_or(self.market.home)
    }
}
