//! What a cart costs: the one place that adds up an order, in the browser for the eye and on the
//! server for the charge.

use crate::{
    Cart, Country, Money,
    money::MoneyError,
    shipping::{ShippingMethod, ShippingOffer},
    tax::{self, BasisPoints},
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Tax contained in an order at one rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxPart {
    /// The rate.
    pub rate: BasisPoints,
    /// The gross amounts under this rate.
    pub gross: Money,
    /// The tax they contain.
    pub tax: Money,
}

/// What an order costs and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// The lines together, tax included.
    pub items: Money,
    /// Delivery, tax included.
    pub shipping: Money,
    /// What is paid.
    pub total: Money,
    /// The tax contained, by rate.
    pub taxes: Vec<TaxPart>,
}

/// What an order is made of for the books: goods, delivery and tax, each without the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Net {
    /// The lines together, without tax.
    pub items: Money,
    /// Delivery, without tax.
    pub shipping: Money,
    /// The tax, by rate.
    pub taxes: Vec<(BasisPoints, Money)>,
}

impl Totals {
    /// The parts that add up to the total. Delivery is under the standard rate, which is the highest of
    /// those there are; of that rate's tax, which was taken out of the sum, it bears its share.
    pub fn net(&self) -> Result<Net, MoneyError> {
        let zero = Money::zero(self.total.currency());
        let of_shipping = match self.taxes.iter().max_by_key(|part| part.rate) {
            Some(part) => {
                let items = part.gross.minus(self.shipping)?;
                part.tax.split_like(&[items, self.shipping])[1]
            }
            None => zero,
        };
        let taxes: Vec<_> = self.taxes.iter().map(|part| (part.rate, part.tax)).collect();
        let tax = Money::sum(self.total.currency(), taxes.iter().map(|(_, tax)| *tax))?;
        Ok(Net {
            items: self.items.minus(tax.minus(of_shipping)?)?,
            shipping: self.shipping.minus(of_shipping)?,
            taxes,
        })
    }
}

/// Why a cart cannot be priced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PricingError {
    /// There is nothing in it.
    #[error("the cart is empty")]
    Empty,
    /// The amounts do not add up to one amount of money.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// No tax rate is known for that country on that day.
    #[error("no tax rate for {country} on {on}")]
    NoTaxRate {
        /// The country of delivery.
        country: Country,
        /// The day of the order.
        on: Date,
    },
}

/// Adds up a cart at its lines' prices, with delivery, for a country and a day. Tax is contained in
/// all amounts and is taken out per rate on the sum, not line by line, so that no cent is lost.
pub fn totals(
    cart: &Cart,
    shipping: Option<ShippingOffer>,
    country: Country,
    on: Date,
) -> Result<Totals, PricingError> {
    let currency = cart.lines.first().ok_or(PricingError::Empty)?.item.price.currency();
    let mut by_rate = Vec::<(BasisPoints, Money)>::new();
    let mut add = |class, amount: Money| -> Result<(), PricingError> {
        let rate =
            tax::rate_of(country, class, on).ok_or(PricingError::NoTaxRate { country, on })?;
        match by_rate.binary_search_by_key(&rate, |(rate, _)| *rate) {
            Ok(at) => by_rate[at].1 = by_rate[at].1.plus(amount)?,
            Err(at) => by_rate.insert(at, (rate, amount)),
        }
        Ok(())
    };
    let mut items = Money::zero(currency);
    for line in &cart.lines {
        let total = line.item.price.times(line.quantity.get())?;
        add(line.item.tax_class, total)?;
        items = items.plus(total)?;
    }
    let freight = shipping.map_or(Money::zero(currency), |offer| offer.price);
    if shipping.is_some() {
        add(ShippingMethod::TAX_CLASS, freight)?;
    }
    let taxes = by_rate
        .into_iter()
        .map(|(rate, gross)| TaxPart { rate, gross, tax: rate.contained_in(gross) })
        .collect();
    Ok(Totals { items, shipping: freight, total: items.plus(freight)?, taxes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Currency, Quantity, Sku, Slug, product::Sellable, shipping::Zone, tax::TaxClass};
    use jiff::civil::date;
    use proptest::prelude::*;

    const TODAY: Date = date(2026, 11, 23);

    fn cart(lines: &[(i64, u32, TaxClass)]) -> Cart {
        let mut cart = Cart::default();
        for (index, (minor, quantity, tax_class)) in lines.iter().enumerate() {
            let item = Sellable {
                sku: Sku::parse(&format!("s{index}")).unwrap(),
                product_id: "p".to_owned(),
                slug: Slug::parse("p").unwrap(),
                name: "thing".to_owned(),
                options: String::new(),
                picture: None,
                price: Money::new(*minor, Currency::EUR),
                tax_class: *tax_class,
            };
            cart.add(item, Quantity::new(*quantity).unwrap()).unwrap();
        }
        cart
    }

    #[test]
    fn a_cart_with_delivery_adds_up_and_names_its_tax() {
        let cart = cart(&[(11_900, 2, TaxClass::Standard), (10_700, 1, TaxClass::Reduced)]);
        let offer = ShippingMethod::Standard.offer(Zone::Domestic);
        let totals = totals(&cart, Some(offer), Country::DE, TODAY).unwrap();
        assert_eq!(totals.items.minor(), 34_500);
        assert_eq!(totals.total.minor(), 34_990);
        let taxes: Vec<_> =
            totals.taxes.iter().map(|t| (t.rate.0, t.gross.minor(), t.tax.minor())).collect();
        assert_eq!(taxes, [(700, 10_700, 700), (1900, 24_290, 3_878)]);
        // 78 of the 3,878 are in the 490 for delivery.
        let net = totals.net().unwrap();
        assert_eq!((net.items.minor(), net.shipping.minor()), (30_000, 412));
    }

    #[test]
    fn nothing_costs_nothing_and_a_forgotten_day_is_refused() {
        assert_eq!(totals(&Cart::default(), None, Country::DE, TODAY), Err(PricingError::Empty));
        let past = date(1999, 1, 1);
        assert!(matches!(
            totals(&cart(&[(1, 1, TaxClass::Standard)]), None, Country::DE, past),
            Err(PricingError::NoTaxRate { .. })
        ));
    }

    proptest! {
        #[test]
        fn the_gross_amounts_by_rate_add_up_to_the_total(
            lines in prop::collection::vec((1i64..1_000_000, 1u32..999, 0usize..3), 1..20),
            country in 0usize..27,
        ) {
            let classes = [TaxClass::Standard, TaxClass::Reduced, TaxClass::Zero];
            let lines: Vec<_> = lines.iter().map(|(p, q, c)| (*p, *q, classes[*c])).collect();
            let offer = ShippingMethod::Express.offer(Zone::EuropeanUnion);
            let country = Country::EUROPEAN_UNION[country];
            let totals = totals(&cart(&lines), Some(offer), country, TODAY).unwrap();
            let gross: i64 = totals.taxes.iter().map(|part| part.gross.minor()).sum();
            prop_assert_eq!(gross, totals.total.minor());
            let net = totals.net().unwrap();
            let tax: i64 = net.taxes.iter().map(|(_, tax)| tax.minor()).sum();
            prop_assert_eq!(net.items.minor() + net.shipping.minor() + tax, totals.total.minor());
            prop_assert!(net.items.minor() >= 0 && net.shipping.minor() >= 0);
            for part in &totals.taxes {
                prop_assert!(part.tax.minor() >= 0 && part.tax.minor() < part.gross.minor().max(1));
            }
        }
    }
}
