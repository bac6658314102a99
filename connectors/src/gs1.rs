//! GS1's names of things and places, in the forms in which EPCIS documents have them: EPC URNs (GS1's EPC Tag Data
//! Standard, section 6 and 8) and addresses (GS1 Digital Link, uncompressed). However it is written, one thing has one
//! identifier here: `gtin:` with fourteen digits, `gln:` with thirteen and what comes behind a slash, or the URI as it
//! stands. What an identifier stands for is the inventory's to know.
//!
//! Names of ours can be said outright: `urn:vitrine:sku:LAMP`, `urn:vitrine:warehouse:berlin`,
//! `urn:vitrine:order:` with the order's UUID.

use crate::Name;

const OUR_SKU: &str = "urn:vitrine:sku:";
const OUR_WAREHOUSE: &str = "urn:vitrine:warehouse:";
const OUR_ORDER: &str = "urn:vitrine:order:";

/// What an identifier in an event names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thing {
    /// Goods of a kind: all of a GTIN, or of one of its lots.
    Kind(Name),
    /// One piece, by its serial number, of a kind.
    Piece(Name),
    /// Something that may be either: a URI that GS1 does not know.
    Either(Name),
    /// A box or pallet with something in it (SSCC).
    LogisticUnit,
    /// Something that is used and not sold: a crate, a truck, a document.
    NoGoods,
}

/// Why an identifier names nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misnamed {
    /// It is not made as such an identifier is.
    Form,
    /// Its last digit is not what the others make it.
    CheckDigit,
}

/// What a URI names, as it stands in a list of things.
pub fn thing(uri: &str) -> Result<Thing, Misnamed> {
    if let Some(sku) = uri.strip_prefix(OUR_SKU) {
        return decoded(sku).map(|sku| Thing::Kind(Name::Ours(sku)));
    }
    if let Some(rest) = uri.strip_prefix("urn:epc:") {
        return of_urn(rest, uri);
    }
    if let Some(path) = path(uri) {
        return of_path(path, uri);
    }
    Ok(Thing::Either(theirs(uri)))
}

/// What a URI names, as it stands where places are named.
pub fn place(uri: &str) -> Result<Name, Misnamed> {
    if let Some(code) = uri.strip_prefix(OUR_WAREHOUSE) {
        return decoded(code).map(Name::Ours);
    }
    if let Some(rest) = uri.strip_prefix("urn:epc:id:sgln:") {
        let mut parts = rest.splitn(3, '.');
        let mut part = || parts.next().unwrap_or_default();
        let (digits, extension) = (format!("{}{}", part(), part()), part());
        let gln = with_check_digit(&digits, 12)?;
        return Ok(gln_name(&gln, Some(extension).filter(|extension| *extension != "0")));
    }
    let segments: Vec<_> = path(uri).unwrap_or_default().split('/').collect();
    if let Some(at) = segments.iter().position(|segment| *segment == "414") {
        let gln = segments.get(at + 1).copied().unwrap_or_default();
        check(gln, 13)?;
        let extension = match segments.get(at + 2..at + 4) {
            Some(["254", extension]) => Some(*extension),
            _ => None,
        };
        return Ok(gln_name(gln, extension));
    }
    Ok(theirs(uri))
}

/// The order that a URI names: ours outright, or by a UUID alone.
pub fn order(uri: &str) -> Option<uuid::Uuid> {
    let text = uri.strip_prefix(OUR_ORDER).or_else(|| uri.strip_prefix("urn:uuid:"))?;
    text.parse().ok()
}

/// The identifier under which the inventory is to know a SKU, in whatever form people write it: `gtin:` and the
/// digits as they stand under the bars, a URN, an address.
pub fn sku_identifier(text: &str) -> Result<String, Misnamed> {
    if let Some(gtin) = text.strip_prefix("gtin:") {
        return gtin_of(gtin).map(|gtin| format!("gtin:{gtin}"));
    }
    match thing(text)? {
        Thing::Kind(name) | Thing::Either(name) => Ok(name.as_told().to_owned()),
        Thing::Piece(_) | Thing::LogisticUnit | Thing::NoGoods => Err(Misnamed::Form),
    }
}

/// The same of a warehouse: `gln:` and the digits, a URN, an address.
pub fn warehouse_identifier(text: &str) -> Result<String, Misnamed> {
    if let Some(gln) = text.strip_prefix("gln:") {
        let (digits, extension) = gln.split_once('/').map_or((gln, None), |(a, b)| (a, Some(b)));
        check(digits, 13)?;
        return Ok(gln_name(digits, extension).as_told().to_owned());
    }
    place(text).map(|name| name.as_told().to_owned())
}

fn theirs(identifier: &str) -> Name {
    Name::Theirs(vec![identifier.to_owned()])
}

/// A place within a place is the place itself where nobody knows better.
fn gln_name(gln: &str, extension: Option<&str>) -> Name {
    let whole = format!("gln:{gln}");
    match extension {
        Some(extension) if !extension.is_empty() => {
            Name::Theirs(vec![format!("{whole}/{extension}"), whole])
        }
        _ => Name::Theirs(vec![whole]),
    }
}

/// What stands behind `urn:epc:`.
fn of_urn(rest: &str, uri: &str) -> Result<Thing, Misnamed> {
    let (scheme, value) = rest.rsplit_once(':').ok_or(Misnamed::Form)?;
    match scheme {
        "id:sgtin" | "id:upui" => gtin_of_urn(value).map(Thing::Piece),
        "class:lgtin" | "idpat:sgtin" => gtin_of_urn(value).map(Thing::Kind),
        "id:sscc" => Ok(Thing::LogisticUnit),
        scheme if scheme.starts_with("id:") => Ok(Thing::NoGoods),
        scheme if scheme.starts_with("class:") || scheme.starts_with("idpat:") => {
            Ok(Thing::Kind(theirs(uri)))
        }
        _ => Err(Misnamed::Form),
    }
}

/// `COMPANY.ITEM.SERIAL`: the first digit of the item is the first of the GTIN, and the company comes behind it.
fn gtin_of_urn(value: &str) -> Result<Name, Misnamed> {
    let mut parts = value.splitn(3, '.');
    let (Some(company), Some(item), Some(serial)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(Misnamed::Form);
    };
    let (Some(indicator), Some(item)) = (item.get(..1), item.get(1..)) else {
        return Err(Misnamed::Form);
    };
    if serial.is_empty() {
        return Err(Misnamed::Form);
    }
    let gtin = with_check_digit(&format!("{indicator}{company}{item}"), 13)?;
    Ok(theirs(&format!("gtin:{gtin}")))
}

/// The path of an address, without what is asked of it.
fn path(uri: &str) -> Option<&str> {
    let rest = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"))?;
    let (_, path) = rest.split_once('/')?;
    path.split(['?', '#']).next()
}

/// A Digital Link: pairs of what is said and its value, the first of them what kind of thing it is.
fn of_path(path: &str, uri: &str) -> Result<Thing, Misnamed> {
    let segments: Vec<_> = path.split('/').collect();
    let value = |of: &str| {
        let at = segments.iter().position(|segment| *segment == of)?;
        segments.get(at + 1).copied().filter(|value| !value.is_empty())
    };
    let is_number =
        |value: &&str| value.len() >= 8 && value.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(gtin) = value("01").filter(is_number) {
        let name = theirs(&format!("gtin:{}", gtin_of(gtin)?));
        let is_piece = value("21").or_else(|| value("235")).is_some();
        return Ok(if is_piece { Thing::Piece(name) } else { Thing::Kind(name) });
    }
    if value("00").is_some_and(|sscc| sscc.len() == 18) {
        return Ok(Thing::LogisticUnit);
    }
    if ["8003", "8004", "253", "8017", "8018"].into_iter().any(|of| value(of).is_some()) {
        return Ok(Thing::NoGoods);
    }
    Ok(Thing::Either(theirs(uri)))
}

/// The fourteen digits of a GTIN that is written with 8, 12, 13 or 14.
fn gtin_of(text: &str) -> Result<String, Misnamed> {
    if ![8, 12, 13, 14].contains(&text.len()) {
        return Err(Misnamed::Form);
    }
    let gtin = format!("{text:0>14}");
    check(&gtin, 14)?;
    Ok(gtin)
}

/// Whether a text is so many digits, of which the last is what the others make it.
fn check(text: &str, digits: usize) -> Result<(), Misnamed> {
    let but_last = text.get(..text.len().saturating_sub(1)).ok_or(Misnamed::Form)?;
    if with_check_digit(but_last, digits - 1)? == text { Ok(()) } else { Err(Misnamed::CheckDigit) }
}

/// So many digits with the one behind them that they make: from the right, each second one counts three times
/// (GS1 General Specifications, section 7.9).
fn with_check_digit(text: &str, digits: usize) -> Result<String, Misnamed> {
    if text.len() != digits || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Misnamed::Form);
    }
    let weighted = text.bytes().rev().zip([3, 1].into_iter().cycle());
    let sum: u32 = weighted.map(|(byte, weight)| u32::from(byte - b'0') * weight).sum();
    Ok(format!("{text}{}", (10 - sum % 10) % 10))
}

/// A name in a URN, where what URNs cannot have is written `%20`.
fn decoded(text: &str) -> Result<String, Misnamed> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else { return Err(Misnamed::Form) };
        // Two hexadecimal digits are a byte.
        bytes.push((high * 16 + low) as u8);
    }
    String::from_utf8(bytes).ok().filter(|name| !name.is_empty()).ok_or(Misnamed::Form)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gtin(digits: &str) -> Name {
        theirs(&format!("gtin:{digits}"))
    }

    #[test]
    fn one_kind_of_goods_has_one_identifier_however_it_is_written() {
        // The standard's own example: EPC Tag Data Standard, section 7.1.
        for kind in [
            "urn:epc:idpat:sgtin:0614141.112345.*",
            "urn:epc:class:lgtin:0614141.112345.A-1",
            "https://id.gs1.org/01/10614141123459",
            "https://id.gs1.org/01/10614141123459/10/A-1",
            "https://shop.example/p/01/10614141123459?linkType=all",
        ] {
            assert_eq!(thing(kind), Ok(Thing::Kind(gtin("10614141123459"))), "{kind}");
            assert_eq!(sku_identifier(kind).as_deref(), Ok("gtin:10614141123459"), "{kind}");
        }
        for piece in [
            "urn:epc:id:sgtin:0614141.112345.400",
            "https://id.gs1.org/01/10614141123459/21/400",
            "https://id.gs1.org/01/10614141123459/10/A-1/21/400",
        ] {
            assert_eq!(thing(piece), Ok(Thing::Piece(gtin("10614141123459"))), "{piece}");
            assert_eq!(sku_identifier(piece), Err(Misnamed::Form), "a piece is no SKU: {piece}");
        }
        for (written, digits) in [
            ("gtin:4006381333931", "04006381333931"),
            ("gtin:96385074", "00000096385074"),
            ("gtin:614141999996", "00614141999996"),
        ] {
            assert_eq!(sku_identifier(written), Ok(format!("gtin:{digits}")));
        }
    }

    #[test]
    fn what_is_no_goods_is_told_apart() {
        let both =
            ["urn:epc:id:sscc:0614141.1234567890", "https://id.gs1.org/00/106141412345678908"];
        for unit in both {
            assert_eq!(thing(unit), Ok(Thing::LogisticUnit), "{unit}");
        }
        for asset in ["urn:epc:id:grai:0614141.12345.400", "https://id.gs1.org/8004/0614141A1"] {
            assert_eq!(thing(asset), Ok(Thing::NoGoods), "{asset}");
        }
        let unheard_of = "https://maker.example/things/7";
        assert_eq!(thing(unheard_of), Ok(Thing::Either(theirs(unheard_of))));
        assert_eq!(thing("urn:vitrine:sku:a%2Fb"), Ok(Thing::Kind(Name::Ours("a/b".to_owned()))));
    }

    #[test]
    fn a_place_within_a_place_is_known_by_both() {
        let both =
            Name::Theirs(vec!["gln:0614141123452/32a".to_owned(), "gln:0614141123452".to_owned()]);
        assert_eq!(place("urn:epc:id:sgln:0614141.12345.32a"), Ok(both.clone()));
        assert_eq!(place("https://id.gs1.org/414/0614141123452/254/32a"), Ok(both));
        let whole = Ok(theirs("gln:0614141123452"));
        assert_eq!(place("urn:epc:id:sgln:0614141.12345.0"), whole);
        assert_eq!(place("https://id.gs1.org/414/0614141123452"), whole);
        assert_eq!(
            warehouse_identifier("gln:0614141123452/32a").as_deref(),
            Ok("gln:0614141123452/32a")
        );
        assert_eq!(place("urn:vitrine:warehouse:berlin"), Ok(Name::Ours("berlin".to_owned())));
    }

    #[test]
    fn what_is_misnamed_is_told_so() {
        for (uri, why) in [
            ("urn:epc:id:sgtin:0614141.12345.400", Misnamed::Form),
            ("urn:epc:id:sgtin:0614141.112345", Misnamed::Form),
            ("urn:epc:id:sgtin:0614141.112345.", Misnamed::Form),
            ("urn:epc:id:sgtin:061414é.112345.1", Misnamed::Form),
            ("urn:epc:id:sgtin:.é.1", Misnamed::Form),
            ("urn:epc:nonsense", Misnamed::Form),
            ("urn:vitrine:sku:", Misnamed::Form),
            ("urn:vitrine:sku:%f", Misnamed::Form),
            ("urn:vitrine:sku:%ff", Misnamed::Form),
            ("https://id.gs1.org/01/10614141123458", Misnamed::CheckDigit),
            ("https://id.gs1.org/01/1061414112345", Misnamed::CheckDigit),
        ] {
            assert_eq!(thing(uri), Err(why), "{uri}");
        }
        assert_eq!(place("urn:epc:id:sgln:0614141.1234.0"), Err(Misnamed::Form));
        assert_eq!(place("https://id.gs1.org/414/0614141123453"), Err(Misnamed::CheckDigit));
        assert_eq!(place("https://id.gs1.org/414"), Err(Misnamed::Form));
        assert_eq!(sku_identifier("gtin:1"), Err(Misnamed::Form));
    }

    #[test]
    fn an_order_is_named_outright() {
        let id = "0f3a77d1-1111-7222-8333-444455556666";
        let order_id = id.parse().ok();
        assert_eq!(order(&format!("urn:vitrine:order:{id}")), order_id);
        assert_eq!(order(&format!("urn:uuid:{id}")), order_id);
        for other in [id, "urn:epcglobal:cbv:bt:0614141073467:1152", "urn:uuid:4711"] {
            assert_eq!(order(other), None, "{other}");
        }
    }
}
