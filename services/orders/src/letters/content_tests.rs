use super::*;
use crate::letters::{Dispatch, Packed};
use domain::{
    Address, Country, Currency, Email, Money, OrderNumber,
    order::{FulfilmentStatus, OrderLine, OrderState, PaymentStanding, PaymentStatus},
    pricing::{TaxPart, Totals},
    shipping::ShippingMethod,
    tax::BasisPoints,
};
use jiff::Timestamp;

const PAGE: &str = "https://shop.example/orders/V-7K2M-9QXD?key=a_b-c";

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn order(name: &str) -> OrderView {
    let line = OrderLine {
        sku: Sku::parse("LAMP").unwrap(),
        slug: "lamp".to_owned(),
        name: name.to_owned(),
        options: "brass, 40 W".to_owned(),
        quantity: 2,
        unit_price: eur(1_999),
        total: eur(3_998),
        tax_rate: BasisPoints(1_900),
    };
    let country = Country::parse("GR").unwrap();
    OrderView {
        number: OrderNumber::parse("V-7K2M-9QXD").unwrap(),
        state: OrderState::Paid,
        cancel_reason: None,
        payment: PaymentStanding::Confirmed,
        email: Email::parse("ada@example.org").unwrap(),
        address: Address::new("Ελένη Παπαδοπούλου", "Οδός Ερμού 1", "Αθήνα", "10563", country)
            .unwrap(),
        shipping_method: ShippingMethod::Standard,
        lines: vec![line],
        totals: Totals {
            items: eur(3_998),
            shipping: eur(990),
            total: eur(4_988),
            taxes: vec![TaxPart { rate: BasisPoints(2_400), gross: eur(4_988), tax: eur(965) }],
        },
        placed_at: Timestamp::UNIX_EPOCH,
        paid_at: None,
        payment_status: PaymentStatus::Paid,
        refunded: eur(0),
        fulfilment: FulfilmentStatus::Unfulfilled,
        parcels: Vec::new(),
        unsent: Vec::new(),
        returns: Vec::new(),
        returnable: Vec::new(),
        timeline: Vec::new(),
    }
}

fn written(order: &OrderView, tidings: &Tidings) -> Written {
    Content::new(order, PAGE.to_owned(), tidings).write().unwrap()
}

fn parcel(url: &str) -> Tidings {
    Tidings::Dispatch(Dispatch {
        parcel: "1".to_owned(),
        carrier: Some("Courier & Sons".to_owned()),
        tracking_number: Some("TRACK-1".to_owned()),
        tracking_url: Some(url.to_owned()),
        pieces: vec![Packed { sku: Sku::parse("LAMP").unwrap(), quantity: 1 }],
    })
}

fn refund() -> Tidings {
    Tidings::Refund { refund: "r".to_owned(), amount: eur(1_999) }
}

#[test]
fn text_and_html_say_all_that_a_customer_needs() {
    for tidings in [Tidings::Confirmation, parcel("https://track.example/1"), refund()] {
        let letter = written(&order("Lamp"), &tidings);
        assert!(letter.subject.contains("V-7K2M-9QXD"), "{}", letter.subject);
        for told in [
            "V-7K2M-9QXD",
            PAGE,
            "Lamp",
            "brass, 40 W",
            "€39.98",
            "€9.90",
            "€49.88",
            "€9.65 VAT (24 %)",
            "Ελένη Παπαδοπούλου",
            "Οδός Ερμού 1",
            "10563 Αθήνα",
            "Greece",
        ] {
            assert!(letter.text.contains(told), "{told} is not in {}", letter.text);
            assert!(letter.html.contains(told), "{told} is not in {}", letter.html);
        }
        assert!(!letter.text.contains("\n\n\n"), "no hole in the text: {}", letter.text);
    }
    assert!(written(&order("Lamp"), &refund()).text.contains("€19.99 back"));
}

#[test]
fn what_came_from_outside_is_no_markup() {
    let letter = written(&order("<script>alert(1)</script>\r\nBcc: x@y.z"), &Tidings::Confirmation);
    assert!(!letter.html.contains("<script"), "{}", letter.html);
    assert!(letter.html.contains("&#60;script&#62;"), "{}", letter.html);
    assert!(letter.text.contains("</script> Bcc: x@y.z, brass"), "one line: {}", letter.text);
}

#[test]
fn a_parcel_is_followed_at_an_address_of_the_web_alone() {
    let followed = written(&order("Lamp"), &parcel("https://track.example/?a=1&b=2"));
    assert!(
        followed.html.contains("href=\"https://track.example/?a=1&#38;b=2\""),
        "{}",
        followed.html
    );
    assert!(followed.html.contains("Courier &#38; Sons"));
    assert!(followed.text.contains("with Courier & Sons."), "{}", followed.text);
    for elsewhere in ["javascript:alert(1)", "http://track.example", "data:text/html,x"] {
        let letter = written(&order("Lamp"), &parcel(elsewhere));
        assert!(!letter.html.contains(elsewhere) && !letter.text.contains(elsewhere));
        assert!(letter.text.contains("TRACK-1"));
    }
}

#[test]
fn who_could_not_be_served_is_told_why_the_money_comes_back() {
    let mut order = order("Lamp");
    order.cancel_reason = Some(CancelReason::OutOfStock);
    let letter = written(&order, &refund());
    assert!(letter.text.contains("were sold while you paid"), "{}", letter.text);
    assert!(letter.html.contains("were sold while you paid"));
}
