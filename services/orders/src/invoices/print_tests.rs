use super::*;
use crate::invoices::Seller;
use domain::{Currency, tax::BasisPoints};
use jiff::civil::date;
use std::{
    io::Write,
    process::{Command, Stdio},
};

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn line(name: &str, quantity: u32, unit: i64) -> FactLine {
    FactLine {
        name: name.to_owned(),
        details: "brass, LAMP-1".to_owned(),
        quantity: Some(quantity),
        unit: Some(eur(unit)),
        rate: Some(BasisPoints(1_900)),
        total: eur(unit * i64::from(quantity)),
    }
}

fn facts(buyer: &str, lines: Vec<FactLine>) -> Facts {
    let total = Money::sum(Currency::EUR, lines.iter().map(|line| line.total)).unwrap();
    let rate = BasisPoints(1_900);
    Facts {
        seller: Seller {
            name: "Lampenhaus GmbH".to_owned(),
            address: vec![
                "Unter den Linden 1".to_owned(),
                "10117 Berlin".to_owned(),
                "Germany".to_owned(),
            ],
            vat_number: "DE999999999".to_owned(),
            email: "orders@shop.example".to_owned(),
        },
        buyer: vec![
            buyer.to_owned(),
            "Οδός Ερμού 1".to_owned(),
            "10563 Αθήνα".to_owned(),
            "Greece".to_owned(),
        ],
        order: "V-7K2M-9QXD".to_owned(),
        ordered_on: date(2026, 11, 27),
        paid_on: date(2026, 11, 28),
        corrects: None,
        lines,
        taxes: vec![TaxPart { rate, gross: total, tax: rate.contained_in(total) }],
        total,
    }
}

fn printed(facts: &Facts) -> Vec<u8> {
    let heading = Heading { number: "INV-2026-000042", issued_on: date(2026, 11, 28) };
    pdf(heading, facts).unwrap()
}

/// What poppler reads in it, as it stands on the page.
fn told(program: &str, arguments: &[&str], pdf: &[u8]) -> String {
    let mut reader = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} (poppler-utils) does not run: {error}"));
    reader.stdin.take().unwrap().write_all(pdf).unwrap();
    let output = reader.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn text(pdf: &[u8]) -> String {
    told("pdftotext", &["-layout", "-", "-"], pdf)
}

/// Where whoever looks at a document finds it.
fn keep(name: &str, pdf: &[u8]) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../var/log");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), pdf).unwrap();
}

#[test]
fn an_invoice_says_all_that_the_law_wants_on_it() {
    let pdf = printed(&facts(
        "Ελένη Παπαδοπούλου",
        vec![line("Lamp", 2, 1_999), line("Стол", 1, 100_000)],
    ));
    keep("invoice.pdf", &pdf);
    let text = text(&pdf);
    for told in [
        "Lampenhaus GmbH",
        "Unter den Linden 1",
        "10117 Berlin",
        "DE999999999",
        "Invoice INV-2026-000042",
        "28 November 2026",
        "27 November 2026",
        "V-7K2M-9QXD",
        "Ελένη Παπαδοπούλου",
        "Οδός Ερμού 1",
        "10563 Αθήνα",
        "Greece",
        "Lamp",
        "Стол",
        "brass, LAMP-1",
        "€19.99",
        "€39.98",
        "€1,000.00",
        "19 %",
        "€873.93",
        "€166.05",
        "€1,039.98",
        "Page 1 of 1",
    ] {
        assert!(text.contains(told), "{told} is not in {text}");
    }
    let row = text.lines().find(|line| line.trim_start().starts_with("Lamp ")).unwrap();
    let cells: Vec<_> = row.split_whitespace().collect();
    assert_eq!(cells, ["Lamp", "2", "€19.99", "19", "%", "€39.98"]);
}

#[test]
fn a_credit_note_says_what_it_corrects() {
    let mut facts = facts("Ada Lovelace", vec![line("Lamp", 1, 1_999)]);
    facts.corrects = Some("INV-2026-000007".to_owned());
    let text = text(&printed(&facts));
    for told in
        ["Credit note INV-2026-000042", "Corrects", "invoice INV-2026-000007", "Total credited"]
    {
        assert!(text.contains(told), "{told} is not in {text}");
    }
    assert!(!text.contains("nothing is left to be paid"), "{text}");
}

#[test]
fn the_same_facts_make_the_same_bytes_and_others_do_not() {
    let lamp = || facts("Ada Lovelace", vec![line("Lamp", 1, 1_999)]);
    assert_eq!(printed(&lamp()), printed(&lamp()));
    assert_ne!(printed(&lamp()), printed(&facts("Ada King", vec![line("Lamp", 1, 1_999)])));
}

#[test]
fn a_long_order_goes_on_on_the_next_page_and_every_line_is_there_once() {
    let lines: Vec<_> =
        (0..90).map(|n| line(&format!("Lamp number {n}, with a shade"), 1, 1_000 + n)).collect();
    let pdf = printed(&facts("Ada Lovelace", lines));
    keep("invoice-long.pdf", &pdf);
    let text = text(&pdf);
    for n in 0..90 {
        assert_eq!(text.matches(&format!("Lamp number {n},")).count(), 1, "{n}: {text}");
    }
    let pages = text.matches("Page ").count();
    assert!(pages > 2 && text.contains(&format!("Page {pages} of {pages}")), "{text}");
    assert!(
        text.matches("Pieces").count() >= pages - 1,
        "the columns are named on every page: {text}"
    );
}

#[test]
fn it_is_heard_in_the_order_in_which_it_is_read_with_its_tables() {
    let pdf = printed(&facts("Ada Lovelace", vec![line("Lamp", 2, 1_999)]));
    let info = told("pdfinfo", &["-"], &pdf);
    for told in [
        "Title:           Invoice INV-2026-000042",
        "Author:          Lampenhaus GmbH",
        "Tagged:          yes",
    ] {
        assert!(info.contains(told), "{told} is not in {info}");
    }
    assert!(
        told("pdfinfo", &["-meta", "-"], &pdf).contains("<pdfuaid:part>1</pdfuaid:part>"),
        "PDF/UA-1"
    );
    let structure = told("pdfinfo", &["-struct-text", "-"], &pdf);
    let at = |words: &str| {
        structure.find(words).unwrap_or_else(|| panic!("{words} is not in {structure}"))
    };
    assert!(at("\"Lampenhaus GmbH\"") < at("\"Ada Lovelace\""), "{structure}");
    assert!(at("H1") < at("\"Lamp\"") && at("\"Lamp\"") < at("\"Total\""), "{structure}");
    assert!(
        structure.contains("Table") && structure.contains("TH") && structure.contains("TD"),
        "{structure}"
    );
    assert!(!structure.contains("Page 1 of 1"), "the foot is not read out: {structure}");
}

#[test]
fn a_name_whose_letters_the_typeface_lacks_stands_in_the_text_all_the_same() {
    let pdf = printed(&facts("山田 太郎", vec![line("Lamp", 1, 1_999)]));
    keep("invoice-boxes.pdf", &pdf);
    let text = text(&pdf);
    assert!(text.contains("山田 太郎"), "{text}");
    let meta = told("pdfinfo", &["-meta", "-"], &pdf);
    assert!(!meta.contains("pdfuaid:part"), "it does not claim to be for everyone: {meta}");
}
