//! The domain's values as the server writes them in JSON. The tests hold this beside what `domain`
//! itself writes.

use super::Json;
use domain::{
    Cart, CartLine, Country, Currency, Market, Money, Quantity, Sku, Slug,
    market::PriceDisplay,
    product::{Offer, Picture, Sellable, Variant},
    stock::StockClass,
    tax::TaxClass,
};

/// A cart.
pub fn cart<J: Json>(json: &J) -> Option<Cart> {
    let version = json.number_of("version")?.try_into().ok()?;
    Some(Cart { version, lines: each(json, "lines", line)? })
}

/// What can be put into a cart.
pub fn sellable<J: Json>(json: &J) -> Option<Sellable> {
    Some(Sellable {
        sku: sku(json)?,
        product_id: json.text_of("product_id")?,
        slug: Slug::parse(&json.text_of("slug")?).ok()?,
        name: json.text_of("name")?,
        options: json.text_of("options")?,
        picture: json.member("picture").and_then(|json| picture(&json)),
        price: money(json)?,
        tax_class: tax_class(json)?,
    })
}

/// A variant with how much of it there is.
pub fn offer<J: Json>(json: &J) -> Option<Offer> {
    let variant = json.member("variant")?;
    let stock = stock(&json.member("stock")?)?;
    let variant = Variant {
        sku: sku(&variant)?,
        gtin: variant.text_of("gtin"),
        options: each(&variant, "options", J::text)?,
        price: money(&variant)?,
        tax_class: tax_class(&variant)?,
    };
    Some(Offer { variant, stock })
}

/// How much there is; also news of it.
pub fn stock<J: Json>(json: &J) -> Option<StockClass> {
    Some(match json.text_of("class")?.as_str() {
        "in_stock" => StockClass::InStock,
        "few_left" => StockClass::FewLeft { left: json.number_of("left")?.try_into().ok()? },
        _ => StockClass::SoldOut,
    })
}

/// A market.
pub fn market<J: Json>(json: &J) -> Option<Market> {
    let country = |json: &J| Country::parse(&json.text()?);
    Some(Market {
        id: json.text_of("id")?,
        locale: json.text_of("locale")?,
        currency: Currency::from_code(&json.text_of("currency")?)?,
        prices: PriceDisplay::TaxIncluded,
        home: country(&json.member("home")?)?,
        countries: each(json, "countries", country)?,
    })
}

/// What `one` reads of each element of the list of this name.
pub fn each<J: Json, T>(json: &J, name: &str, one: impl FnMut(&J) -> Option<T>) -> Option<Vec<T>> {
    json.member(name)?.list()?.iter().map(one).collect()
}

fn line<J: Json>(json: &J) -> Option<CartLine> {
    let quantity = Quantity::new(json.number_of("quantity")?.try_into().ok()?).ok()?;
    Some(CartLine { item: sellable(&json.member("item")?)?, quantity })
}

fn picture<J: Json>(json: &J) -> Option<Picture> {
    let pixels = |name: &str| json.number_of(name)?.try_into().ok();
    Some(Picture {
        base: json.text_of("base")?,
        widths: each(json, "widths", |width| width.number()?.try_into().ok())?,
        width: pixels("width")?,
        height: pixels("height")?,
        placeholder: json.text_of("placeholder")?,
        alt: json.text_of("alt")?,
        credit: json.text_of("credit"),
    })
}

fn sku<J: Json>(json: &J) -> Option<Sku> {
    Sku::parse(&json.text_of("sku")?).ok()
}

/// What one piece costs, also as news; nothing where there is no price.
pub fn money<J: Json>(json: &J) -> Option<Money> {
    let price = json.member("price")?;
    Some(Money::new(price.number_of("minor")?, Currency::from_code(&price.text_of("currency")?)?))
}

fn tax_class<J: Json>(json: &J) -> Option<TaxClass> {
    match json.text_of("tax_class")?.as_str() {
        "standard" => Some(TaxClass::Standard),
        "reduced" => Some(TaxClass::Reduced),
        "zero" => Some(TaxClass::Zero),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::news::{PriceNews, StockNews};
    use serde_json::to_value;

    fn item(tax_class: TaxClass, picture: Option<Picture>) -> Sellable {
        Sellable {
            sku: Sku::parse("L2201308").unwrap(),
            product_id: "01a2".to_owned(),
            slug: Slug::parse("laptop").unwrap(),
            name: "Laptop \u{201c}Pro\u{201d}".to_owned(),
            options: "13 inch, 8GB".to_owned(),
            picture,
            price: Money::new(129_900, Currency::EUR),
            tax_class,
        }
    }

    fn photograph() -> Picture {
        Picture {
            base: "/media/ab/laptop".to_owned(),
            widths: vec![320, 640],
            width: 640,
            height: 480,
            placeholder: "data:image/webp;base64,AA==".to_owned(),
            alt: "Laptop".to_owned(),
            credit: None,
        }
    }

    #[test]
    fn a_cart_is_read_as_the_domain_writes_it() {
        let mut written = Cart::default();
        assert_eq!(cart(&to_value(&written).unwrap()), Some(Cart::default()));
        for (class, name) in
            [TaxClass::Standard, TaxClass::Reduced, TaxClass::Zero].iter().zip("abc".chars())
        {
            let item = Sellable {
                sku: Sku::parse(&name.to_string()).unwrap(),
                ..item(*class, (name == 'b').then(photograph))
            };
            written.add(item, Quantity::new(7).unwrap()).unwrap();
        }
        assert_eq!(cart(&to_value(&written).unwrap()), Some(written));
    }

    #[test]
    fn an_offer_is_read_with_every_class_of_stock() {
        for left in [0, 2, 100] {
            let variant = Variant {
                sku: Sku::parse("a").unwrap(),
                gtin: (left == 0).then(|| "4006381333931".to_owned()),
                options: vec!["13 inch".to_owned(), "8GB".to_owned()],
                price: Money::new(1, Currency::JPY),
                tax_class: TaxClass::Standard,
            };
            let written = Offer { variant, stock: StockClass::of(left) };
            assert_eq!(offer(&to_value(&written).unwrap()), Some(written));
        }
    }

    #[test]
    fn news_is_read_as_the_server_writes_it() {
        let sku = || Sku::parse("a").unwrap();
        for left in [0, 2, 100] {
            let written = StockNews { sku: sku(), stock: StockClass::of(left), version: 7 };
            assert_eq!(stock(&to_value(&written).unwrap()), Some(written.stock));
        }
        for price in [None, Some(Money::new(1_900, Currency::EUR))] {
            let written = PriceNews { sku: sku(), price, version: 7 };
            assert_eq!(money(&to_value(&written).unwrap()), price);
        }
    }

    #[test]
    fn a_market_is_read_with_its_countries() {
        let written = Market::european_union();
        assert_eq!(market(&to_value(&written).unwrap()), Some(written));
    }

    #[test]
    fn what_makes_no_sense_is_nothing() {
        for text in
            ["null", "{}", "[]", r#"{"version":-1,"lines":[]}"#, r#"{"version":1,"lines":[{}]}"#]
        {
            assert_eq!(
                cart(&serde_json::from_str::<serde_json::Value>(text).unwrap()),
                None,
                "{text}"
            );
        }
    }
}
