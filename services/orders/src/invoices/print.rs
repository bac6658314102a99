//! What an invoice and a credit note look like, from the seller's name to the last sum.

pub(crate) use super::paper::Unprintable;
use super::{
    Facts,
    facts::FactLine,
    meaning::{Element, Role},
    paper::{Align, Look, MARGIN, Paper, Title, WIDTH},
    typeface::{Typeface, Weight},
};
use domain::{Money, invoice::InvoiceKind, pricing::TaxPart};
use jiff::civil::Date;
use std::sync::LazyLock;

/// What a document has been given when it was issued.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heading<'a> {
    pub number: &'a str,
    pub issued_on: Date,
}

static TYPEFACE: LazyLock<Option<Typeface>> = LazyLock::new(Typeface::load);

const LEFT: f32 = MARGIN;
const RIGHT: f32 = WIDTH - MARGIN;
/// The particulars stand to the right of the address.
const PARTICULARS: f32 = 340.0;
const PARTICULARS_VALUE: f32 = 430.0;

const BODY: Look = Look { weight: Weight::Regular, size: 9.5, is_quiet: false };
const STRONG: Look = Look { weight: Weight::Semibold, ..BODY };
const QUIET: Look = Look { size: 8.5, is_quiet: true, ..BODY };
const HEAD: Look = Look { weight: Weight::Semibold, ..QUIET };

/// A column of a table: its edges and how words stand between them.
type Column = (f32, f32, Align);

/// What it is, how many, what one costs, the tax rate, what it costs.
const ITEMS: [Column; 5] = [
    (LEFT, 320.0, Align::Left),
    (325.0, 360.0, Align::Right),
    (365.0, 430.0, Align::Right),
    (435.0, 475.0, Align::Right),
    (480.0, RIGHT, Align::Right),
];
/// The rate, net, tax, gross.
const TAXES: [Column; 4] = [
    (PARTICULARS - 80.0, 340.0, Align::Left),
    (345.0, 410.0, Align::Right),
    (415.0, 475.0, Align::Right),
    (480.0, RIGHT, Align::Right),
];

/// The document as a PDF. The same facts make the same bytes.
pub(super) fn pdf(heading: Heading<'_>, facts: &Facts) -> Result<Vec<u8>, Unprintable> {
    let typeface = TYPEFACE.as_ref().ok_or(Unprintable::Typeface)?;
    let mut paper = Paper::new(typeface);
    letterhead(&mut paper, facts);
    address_and_particulars(&mut paper, heading, facts);
    items(&mut paper, facts);
    totals(&mut paper, facts)?;
    last_words(&mut paper, facts);
    let seller = &facts.seller;
    paper.write(&Title {
        title: format!("{} {}", facts.kind().title(), heading.number),
        author: &seller.name,
        foot: format!("{} · VAT number {} · {}", seller.name, seller.vat_number, heading.number),
        day: heading.issued_on,
    })
}

fn letterhead(paper: &mut Paper<'_>, facts: &Facts) {
    let seller = &facts.seller;
    let look = Look { weight: Weight::Semibold, size: 13.0, is_quiet: false };
    let name = [&seller.name];
    let (height, words) = paper.put_block(&name, paper.y, (LEFT, RIGHT), Align::Left, look);
    paper.add(Element::of(Role::Paragraph, words));
    paper.y += height + 1.0;
    let mut where_it_is = seller.address.join(" · ");
    where_it_is = format!("{where_it_is} · {} · VAT number {}", seller.email, seller.vat_number);
    let (height, words) =
        paper.put_block(&[where_it_is], paper.y, (LEFT, RIGHT), Align::Left, QUIET);
    paper.add(Element::of(Role::Paragraph, words));
    paper.y += height + 8.0;
    paper.rule(LEFT, RIGHT);
    paper.y += 34.0;
}

fn address_and_particulars(paper: &mut Paper<'_>, heading: Heading<'_>, facts: &Facts) {
    let top = paper.y;
    let edges = (LEFT, PARTICULARS - 20.0);
    let (address, words) = paper.put_block(&facts.buyer, top, edges, Align::Left, BODY);
    paper.add(Element::of(Role::Paragraph, words));
    let mut particulars = vec![
        ("Number", heading.number.to_owned()),
        ("Date", day(heading.issued_on)),
        ("Order", facts.order.clone()),
        ("Ordered on", day(facts.ordered_on)),
        ("Paid on", day(facts.paid_on)),
    ];
    if let Some(invoice) = &facts.corrects {
        particulars.insert(2, ("Corrects", invoice.clone()));
    }
    let (mut height, mut rows) = (0.0, Vec::new());
    for (name, value) in particulars {
        let name = [name];
        let y = top + height;
        let edges = (PARTICULARS, PARTICULARS_VALUE);
        let (_, name) = paper.put_block(&name, y, edges, Align::Left, QUIET);
        let (high, value) =
            paper.put_block(&[value], y, (PARTICULARS_VALUE, RIGHT), Align::Left, BODY);
        height += high;
        let (name, value) = (Element::of(Role::RowHead, name), Element::of(Role::Cell, value));
        rows.push(Element::around(Role::Row, vec![name, value]));
    }
    paper.y = top + address.max(height) + 34.0;
    let look = Look { weight: Weight::Semibold, size: 22.0, is_quiet: false };
    let title = [format!("{} {}", facts.kind().title(), heading.number)];
    let (height, words) = paper.put_block(&title, paper.y, (LEFT, RIGHT), Align::Left, look);
    paper.add(Element::of(Role::Title, words));
    paper.add(Element::around(Role::Table, rows));
    paper.y += height + 14.0;
}

fn items(paper: &mut Paper<'_>, facts: &Facts) {
    const HEADS: [&str; 5] = ["Item", "Pieces", "Each", "VAT", "Amount"];
    let mut rows = vec![heads(paper, &ITEMS, &HEADS)];
    for line in &facts.lines {
        rows.push(item(paper, line, &HEADS));
    }
    paper.add(Element::around(Role::Table, rows));
    paper.y += 10.0;
}

/// A row of names above columns.
fn heads(paper: &mut Paper<'_>, columns: &[Column], heads: &[&str]) -> Element {
    let cells = columns.iter().zip(heads).map(|((left, right, align), head)| {
        let words = [head];
        let (_, words) = paper.put_block(&words, paper.y, (*left, *right), *align, HEAD);
        Element::of(Role::ColumnHead, words)
    });
    let row = Element::around(Role::Row, cells.collect());
    paper.y += Paper::line_height(HEAD.size) + 3.0;
    paper.rule(columns.first().map_or(LEFT, |first| first.0), RIGHT);
    paper.y += 5.0;
    row
}

fn item(paper: &mut Paper<'_>, line: &FactLine, names: &[&str; 5]) -> Element {
    let width = ITEMS[0].1 - ITEMS[0].0;
    let typeface = paper.typeface();
    let lines = typeface.wrap(&line.name, BODY.weight, BODY.size, width).len();
    let details = match line.details.is_empty() {
        true => 0,
        false => typeface.wrap(&line.details, QUIET.weight, QUIET.size, width).len(),
    };
    let height = lines as f32 * Paper::line_height(BODY.size)
        + details as f32 * Paper::line_height(QUIET.size);
    if paper.make_room(height) {
        paper.silently(|paper| {
            heads(paper, &ITEMS, names);
        });
    }
    let y = paper.y;
    let edges = (ITEMS[0].0, ITEMS[0].1);
    let (high, mut what) = paper.put_block(&[&line.name], y, edges, Align::Left, BODY);
    if details > 0 {
        let (_, more) = paper.put_block(&[&line.details], y + high, edges, Align::Left, QUIET);
        what.extend(more);
    }
    let cells = [
        line.quantity.map(|quantity| quantity.to_string()),
        line.unit.map(|unit| unit.to_string()),
        line.rate.map(|rate| rate.percent()),
        Some(line.total.to_string()),
    ];
    let mut row = vec![Element::of(Role::RowHead, what)];
    for ((left, right, align), cell) in ITEMS[1..].iter().zip(cells) {
        // No cell is empty: a row has as many as the table has columns, also for who hears it.
        let cell = cell.unwrap_or_else(|| "–".to_owned());
        let (_, words) = paper.put_block(&[cell], y, (*left, *right), *align, BODY);
        row.push(Element::of(Role::Cell, words));
    }
    paper.y = y + height + 5.0;
    Element::around(Role::Row, row)
}

fn totals(paper: &mut Paper<'_>, facts: &Facts) -> Result<(), Unprintable> {
    let (net, tax) = facts.net_and_tax()?;
    let rows = facts.taxes.len() as f32 + 4.0;
    paper.make_room(rows * Paper::line_height(BODY.size) + 40.0);
    paper.rule(TAXES[0].0, RIGHT);
    paper.y += 8.0;
    let mut table = vec![heads(paper, &TAXES, &["VAT rate", "Net", "VAT", "Gross"])];
    for part in &facts.taxes {
        let TaxPart { rate, gross, tax } = *part;
        let net = gross.minus(tax)?;
        table.push(sum(paper, rate.percent(), [net, tax, gross], BODY));
    }
    let name = match facts.kind() {
        InvoiceKind::Invoice => "Total",
        InvoiceKind::CreditNote => "Total credited",
    };
    paper.rule(TAXES[0].0, RIGHT);
    paper.y += 5.0;
    let look = Look { size: 11.0, ..STRONG };
    table.push(sum(paper, name.to_owned(), [net, tax, facts.total], look));
    paper.add(Element::around(Role::Table, table));
    paper.y += 24.0;
    Ok(())
}

fn sum(paper: &mut Paper<'_>, name: String, amounts: [Money; 3], look: Look) -> Element {
    let words = std::iter::once(name).chain(amounts.map(|amount| amount.to_string()));
    let mut row = Vec::new();
    for ((left, right, align), words) in TAXES.iter().zip(words) {
        let role = if row.is_empty() { Role::RowHead } else { Role::Cell };
        let (_, words) = paper.put_block(&[words], paper.y, (*left, *right), *align, look);
        row.push(Element::of(role, words));
    }
    paper.y += Paper::line_height(look.size) + 3.0;
    Element::around(Role::Row, row)
}

fn last_words(paper: &mut Paper<'_>, facts: &Facts) {
    let words = match &facts.corrects {
        None => format!(
            "All prices include VAT. Paid in full on {}; nothing is left to be paid.",
            day(facts.paid_on)
        ),
        Some(invoice) => format!(
            "This credit note takes back a part or all of invoice {invoice}. The amount was sent back the way it was \
             paid; nothing is left for you to do."
        ),
    };
    let typeface = paper.typeface();
    let lines = typeface.wrap(&words, QUIET.weight, QUIET.size, RIGHT - LEFT).len();
    paper.make_room(lines as f32 * Paper::line_height(QUIET.size));
    let (height, words) = paper.put_block(&[words], paper.y, (LEFT, RIGHT), Align::Left, QUIET);
    paper.add(Element::of(Role::Paragraph, words));
    paper.y += height;
}

fn day(day: Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}

#[cfg(test)]
#[path = "print_tests.rs"]
mod tests;
