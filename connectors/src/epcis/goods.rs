//! What things an event names, and how many of each kind.

use super::field::Field;
use crate::{
    Fault, Name,
    gs1::{self, Misnamed, Thing},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Units of measure that count pieces (UN/CEFACT Recommendation 20): each, piece, one.
const PIECES: [&str; 3] = ["EA", "H87", "C62"];

/// How many pieces of each kind, under the identifier of the kind.
pub type Goods = BTreeMap<String, (Name, i64)>;

/// The goods in a list of single things and in a list of quantities. Crates and other things that nobody sells are
/// left out; a pallet of which nobody says what is on it is a fault, for then nobody knows what has moved.
pub fn read(event: &Field<'_>, things: &str, quantities: &str) -> Result<Goods, Fault> {
    let mut goods = Goods::new();
    let mut add = |name: Name, pieces: i64| {
        let sum = &mut goods.entry(name.as_told().to_owned()).or_insert((name, 0)).1;
        // Far beyond what is absurd, and told so.
        *sum = sum.saturating_add(pieces);
    };
    let mut seen = BTreeSet::new();
    for field in event.items_of(things)? {
        let uri = field.text()?;
        match gs1::thing(uri).map_err(|why| misnamed(&field, why))? {
            Thing::Piece(name) | Thing::Either(name) => {
                if seen.insert(uri) {
                    add(name, 1);
                }
            }
            Thing::Kind(_) => {
                let words = "It names a kind of goods and no single piece: then the quantity is to be told.";
                return Err(field.fault("not_a_piece", words));
            }
            Thing::LogisticUnit => {
                let words = "It names a box or pallet, and what is in it is not told: name that.";
                return Err(field.fault("contents_not_told", words));
            }
            Thing::NoGoods => {}
        }
    }
    for field in event.items_of(quantities)? {
        let class = field.needed("epcClass")?;
        match gs1::thing(class.text()?).map_err(|why| misnamed(&class, why))? {
            Thing::Kind(name) | Thing::Either(name) => add(name, pieces(&field)?),
            Thing::Piece(_) | Thing::LogisticUnit => {
                let words = "It names a single thing, of which there cannot be a quantity.";
                return Err(class.fault("not_a_kind", words));
            }
            Thing::NoGoods => {}
        }
    }
    Ok(goods)
}

fn pieces(field: &Field<'_>) -> Result<i64, Fault> {
    if let Some(unit) = field.get("uom")
        && !PIECES.contains(&unit.text()?)
    {
        return Err(unit.fault("not_in_pieces", "Stock is kept in pieces, and this is a measure."));
    }
    let quantity = field.needed("quantity")?;
    match quantity.value {
        // What is written 12.0 was read as 12.
        Value::Number(number) => number.as_i64().ok_or_else(|| match number.is_f64() {
            true if number.as_f64().is_some_and(|number| number.fract() != 0.0) => {
                quantity.fault("not_whole", "There are no parts of pieces.")
            }
            _ => quantity.fault("absurd_quantity", "There are not so many pieces of anything."),
        }),
        _ => Err(quantity.fault("wrong_type", "It has to be a number.")),
    }
}

/// What is wrong with a name.
pub fn misnamed(field: &Field<'_>, why: Misnamed) -> Fault {
    match why {
        Misnamed::Form => field.fault("wrong_form", "It is not made as such an identifier is."),
        Misnamed::CheckDigit => {
            field.fault("wrong_check_digit", "Its last digit is not what the others make it.")
        }
    }
}
