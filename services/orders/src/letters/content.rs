//! What a letter says: its subject, and its text and HTML, which say the same. The words stand in `templates/letters`;
//! the HTML ones escape whatever is put into them.

use super::{Tidings, in_one_line};
use askama::Template;
use domain::{
    Sku,
    order::{CancelReason, OrderView},
};

/// Everything that is put into a template.
pub(super) struct Content {
    number: String,
    name: String,
    /// The address of the order's page, with the key that opens it.
    page: String,
    lines: Vec<Line>,
    items: String,
    shipping: String,
    total: String,
    taxes: Vec<String>,
    address: Vec<String>,
    delivery: &'static str,
    says: Says,
}

/// A line of the order or of a parcel.
struct Line {
    count: u32,
    name: String,
    options: String,
    total: String,
}

/// What is particular to each kind.
enum Says {
    Confirmation,
    Dispatch { carrier: String, tracking_number: String, tracking_url: String, parcel: Vec<Line> },
    Refund { amount: String, was_out_of_stock: bool },
}

#[derive(Template)]
#[template(path = "letters/letter.html")]
struct Html<'a> {
    letter: &'a Content,
    subject: &'a str,
}

#[derive(Template)]
#[template(path = "letters/letter.txt")]
struct Text<'a> {
    letter: &'a Content,
}

/// A letter as it is read.
#[derive(Debug)]
pub(super) struct Written {
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Content {
    /// What is to be said of this order.
    pub fn new(order: &OrderView, page: String, tidings: &Tidings) -> Self {
        let line = |line: &domain::order::OrderLine| Line {
            count: line.quantity,
            name: in_one_line(&line.name),
            options: in_one_line(&line.options),
            total: line.total.to_string(),
        };
        let (address, totals) = (&order.address, &order.totals);
        let taxes = totals.taxes.iter().filter(|part| part.rate.0 > 0);
        Self {
            number: order.number.to_string(),
            name: address.full_name().to_owned(),
            page,
            lines: order.lines.iter().map(line).collect(),
            items: totals.items.to_string(),
            shipping: totals.shipping.to_string(),
            total: totals.total.to_string(),
            taxes: taxes
                .map(|part| format!("{} VAT ({})", part.tax, part.rate.percent()))
                .collect(),
            address: vec![
                address.full_name().to_owned(),
                address.street().to_owned(),
                format!("{} {}", address.postal_code(), address.city()),
                address.country().name().to_owned(),
            ],
            delivery: order.shipping_method.name(),
            says: Says::new(order, tidings),
        }
    }

    /// The letter in words.
    pub fn write(&self) -> Result<Written, askama::Error> {
        let number = &self.number;
        let subject = match self.says {
            Says::Confirmation => format!("Your order {number} is confirmed"),
            Says::Dispatch { .. } => format!("Your order {number} is on its way"),
            Says::Refund { .. } => format!("Your refund for order {number}"),
        };
        let html = Html { letter: self, subject: &subject }.render()?;
        Ok(Written { text: Text { letter: self }.render()?, html, subject })
    }
}

impl Says {
    fn new(order: &OrderView, tidings: &Tidings) -> Self {
        match tidings {
            Tidings::Confirmation => Self::Confirmation,
            Tidings::Refund { amount, .. } => Self::Refund {
                amount: amount.to_string(),
                was_out_of_stock: order.cancel_reason == Some(CancelReason::OutOfStock),
            },
            Tidings::Dispatch(dispatch) => {
                let words =
                    |text: &Option<String>| text.as_deref().map(in_one_line).unwrap_or_default();
                let url = words(&dispatch.tracking_url);
                Self::Dispatch {
                    carrier: words(&dispatch.carrier),
                    tracking_number: words(&dispatch.tracking_number),
                    // What is no address of the web is no link: a `javascript:` least of all.
                    tracking_url: if url.starts_with("https://") { url } else { String::new() },
                    parcel: dispatch
                        .pieces
                        .iter()
                        .map(|p| packed(order, &p.sku, p.quantity))
                        .collect(),
                }
            }
        }
    }
}

/// Pieces of one of the order's lines; a SKU that is none of them is told by its own name.
fn packed(order: &OrderView, sku: &Sku, count: u32) -> Line {
    let line = order.lines.iter().find(|line| line.sku == *sku);
    let name = line.map_or_else(|| sku.to_string(), |line| in_one_line(&line.name));
    let options = line.map(|line| in_one_line(&line.options)).unwrap_or_default();
    Line { count, name, options, total: String::new() }
}

#[cfg(test)]
#[path = "content_tests.rs"]
mod tests;
