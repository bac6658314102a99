//! What a page asks to hear of, as it stands in the address.

use axum::http::StatusCode;
use domain::{OrderNumber, Sku, news::MOST_SKUS};

/// What a page shows.
#[derive(Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its SKUs, each once.
    pub skus: Vec<Sku>,
    /// Its order, with the key that is to open it.
    pub order: Option<OrderKey>,
}

/// An order and what opens it.
#[derive(Debug, PartialEq, Eq)]
pub struct OrderKey {
    /// The order.
    pub number: OrderNumber,
    /// The key, right or wrong.
    pub key: String,
}

/// Why there is no such stream.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Nothing is asked for.
    #[error("Name what is to be told: sku=… for each SKU, or order=… with its key=….")]
    Nothing,
    /// More SKUs than a page shows.
    #[error("At most {MOST_SKUS} SKUs are told to one page.")]
    TooMany,
    /// A SKU that is none, or something else that is not told.
    #[error("The request could not be read.")]
    Malformed,
    /// An order that cannot be, or one without its key. It is not told which.
    #[error("There is no such stream.")]
    NoSuchOrder,
}

impl Wrong {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing_asked",
            Self::TooMany => "too_many_skus",
            Self::Malformed => "malformed",
            Self::NoSuchOrder => "not_found",
        }
    }

    /// The HTTP status it is told with.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NoSuchOrder => StatusCode::NOT_FOUND,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

impl Shown {
    /// Reads `sku=A&sku=B&order=NUMBER&key=KEY`, in any order; a SKU may hold a comma, so each has a
    /// field of its own.
    pub fn parse(query: &str) -> Result<Self, Wrong> {
        let (mut skus, mut order, mut key) = (Vec::new(), None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "sku" => {
                    let sku = Sku::parse(&value).map_err(|_| Wrong::Malformed)?;
                    if !skus.contains(&sku) {
                        skus.push(sku);
                    }
                    if skus.len() > MOST_SKUS {
                        return Err(Wrong::TooMany);
                    }
                }
                "order" if order.is_none() => order = Some(value.into_owned()),
                "key" if key.is_none() => key = Some(value.into_owned()),
                _ => return Err(Wrong::Malformed),
            }
        }
        let order = match (order, key) {
            (None, None) if skus.is_empty() => return Err(Wrong::Nothing),
            (None, None) => None,
            (Some(number), Some(key)) => {
                let number = OrderNumber::parse(&number).map_err(|_| Wrong::NoSuchOrder)?;
                Some(OrderKey { number, key })
            }
            _ => return Err(Wrong::NoSuchOrder),
        };
        Ok(Self { skus, order })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(query: &str) -> Wrong {
        Shown::parse(query).unwrap_err()
    }

    #[test]
    fn a_page_names_its_skus_and_its_order() {
        let shown = Shown::parse("sku=L%2C13&order=V-7K2M-9QXD&sku=B&key=x&sku=B").unwrap();
        let skus: Vec<_> = shown.skus.iter().map(Sku::as_str).collect();
        assert_eq!(skus, ["L,13", "B"]);
        assert_eq!(shown.order.unwrap().number.as_str(), "V-7K2M-9QXD");
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_reason() {
        assert_eq!(wrong(""), Wrong::Nothing);
        for malformed in ["sku=", "sku=a%20b", "sku=a&page=2", &format!("sku={}", "x".repeat(65))] {
            assert_eq!(wrong(malformed), Wrong::Malformed, "{malformed}");
        }
        for unknown in ["order=V-1", "key=x", "sku=a&key=x", "order=v%201&key=x"] {
            assert_eq!(wrong(unknown), Wrong::NoSuchOrder, "{unknown}");
        }
        let many = |count| (0..count).map(|n| format!("sku=s{n}&")).collect::<String>();
        assert_eq!(
            Shown::parse(many(MOST_SKUS).trim_end_matches('&')).unwrap().skus.len(),
            MOST_SKUS
        );
        assert_eq!(wrong(many(MOST_SKUS + 1).trim_end_matches('&')), Wrong::TooMany);
    }
}
