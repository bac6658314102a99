//! One event.

use super::{
    field::Field,
    goods::{self, Goods, misnamed},
    meaning::{self, Action, EventKind, Meaning, word},
};
use crate::{CountRow, Fault, Item, MovementRow, Name, Row, Said, digest, gs1};
use inventory::ToldKind;
use jiff::Timestamp;
use uuid::Uuid;

/// The longest name of a row that is told as it is; of a longer one its digest is.
const LONGEST_NAME: usize = 180;

/// Reads an event. What is wrong with it, it alone has.
pub fn read(event: &Field<'_>) -> Item {
    let name = event.get("eventID").and_then(|id| id.text().ok());
    let said = said(event).unwrap_or_else(Said::Wrong);
    Item { place: event.place(), name: name.unwrap_or_default().to_owned(), said }
}

/// What all events have.
struct Common<'a> {
    event: &'a Field<'a>,
    id: &'a str,
    at: Timestamp,
}

fn said(event: &Field<'_>) -> Result<Said, Fault> {
    let kind = event.needed("type")?;
    let kind = match kind.text()? {
        "ObjectEvent" => EventKind::Object,
        "AggregationEvent" => EventKind::Aggregation,
        "TransactionEvent" => EventKind::Transaction,
        "TransformationEvent" => EventKind::Transformation,
        "AssociationEvent" => EventKind::Association,
        _ => {
            let words = "It is none of the five kinds of events that the standard has.";
            return Ok(Said::Nothing { code: "unknown_event_type", words: words.to_owned() });
        }
    };
    let id = event.needed("eventID")?;
    if !id.text()?.contains(':') {
        return Err(id.fault("wrong_form", "It has to be a URI."));
    }
    let at = event.needed("eventTime")?.parsed("an instant, with the offset of its clock")?;
    offset(&event.needed("eventTimeZoneOffset")?)?;
    let common = Common { event, id: id.text()?, at };
    let action = match kind {
        EventKind::Transformation => None,
        _ => Some(action(&event.needed("action")?)?),
    };
    let step = known(event, "bizStep", "bizstep", meaning::STEPS)?;
    let condition = known(event, "disposition", "disp", meaning::CONDITIONS)?;
    let rows = match meaning::of(kind, action, step, condition) {
        Meaning::Nothing(code, words) => {
            return Ok(Said::Nothing { code, words: words.to_owned() });
        }
        Meaning::Moved(moved) => common.moved(&goods_of(event, kind)?, moved)?,
        Meaning::Counted => common.counted(&goods_of(event, kind)?)?,
        Meaning::Made { fit } => common.made(fit)?,
    };
    if rows.is_empty() {
        let words = "It names no goods.".to_owned();
        return Ok(Said::Nothing { code: "no_goods", words });
    }
    match event.get("errorDeclaration") {
        Some(declared) => taken_back(&declared, rows),
        None => Ok(Said::Rows(rows)),
    }
}

/// A word of a vocabulary, or somebody's own, which is a URI. A word that is neither is a slip, and must not be taken
/// for one that means nothing.
fn known<'a>(
    event: &Field<'a>,
    key: &str,
    list: &str,
    words: &str,
) -> Result<Option<&'a str>, Fault> {
    let Some(field) = event.get(key) else { return Ok(None) };
    let word = word(field.text()?, list);
    if words.split(' ').any(|known| known == word) || word.contains(':') {
        return Ok(Some(word));
    }
    Err(field.fault("unknown_value", "The vocabulary has no such word."))
}

fn goods_of(event: &Field<'_>, kind: EventKind) -> Result<Goods, Fault> {
    match kind {
        EventKind::Aggregation => goods::read(event, "childEPCs", "childQuantityList"),
        _ => goods::read(event, "epcList", "quantityList"),
    }
}

/// The event did not happen as it was told, so that nothing of it may be left.
fn taken_back(declared: &Field<'_>, rows: Vec<Row>) -> Result<Said, Fault> {
    declared.needed("declarationTime")?.parsed::<Timestamp>("an instant")?;
    let movement = |row| match row {
        Row::Movement(row) if row.order.is_some() => {
            // The order would have to get them again, and may have been told that it is on its way.
            let words =
                "What was sent for an order is not taken back so: tell what came back, or count.";
            Err(declared.fault("sent_for_an_order", words))
        }
        Row::Movement(row) => Ok(row),
        Row::Count(_) => {
            Err(declared.fault("counted", "A count is not taken back: count again, and tell that."))
        }
    };
    rows.into_iter().map(movement).collect::<Result<_, _>>().map(Said::TakenBack)
}

fn action(field: &Field<'_>) -> Result<Action, Fault> {
    match field.text()? {
        "ADD" => Ok(Action::Add),
        "OBSERVE" => Ok(Action::Observe),
        "DELETE" => Ok(Action::Delete),
        _ => Err(field.fault("unknown_value", "It has to be ADD, OBSERVE or DELETE.")),
    }
}

/// `+01:00`: what the clock showed where it happened.
fn offset(field: &Field<'_>) -> Result<(), Fault> {
    let text = field.text()?;
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    let fits = match text.as_bytes() {
        [b'+' | b'-', hours @ .., b':', tens, ones] => {
            hours.len() == 2
                && hours.iter().chain([tens, ones]).all(is_digit)
                && hours <= b"14".as_slice()
                && *tens <= b'5'
        }
        _ => false,
    };
    if fits { Ok(()) } else { Err(field.fault("wrong_form", "It has to be like +01:00.")) }
}

impl Common<'_> {
    fn moved(&self, goods: &Goods, kind: ToldKind) -> Result<Vec<Row>, Fault> {
        if goods.is_empty() {
            return Ok(Vec::new());
        }
        let leaves = matches!(kind, ToldKind::Shipped | ToldKind::Scrapped);
        let warehouse = self.warehouse(leaves)?;
        let elsewhere = self.elsewhere(kind)?;
        let order = if kind == ToldKind::Shipped { self.order()? } else { None };
        let row = |(key, (sku, quantity)): (&String, &(Name, i64))| {
            let mut row = self.row(key, warehouse.clone(), sku.clone(), kind, *quantity);
            row.elsewhere = elsewhere.clone();
            row.order = order;
            Row::Movement(row)
        };
        Ok(goods.iter().map(row).collect())
    }

    fn counted(&self, goods: &Goods) -> Result<Vec<Row>, Fault> {
        if goods.is_empty() {
            return Ok(Vec::new());
        }
        let warehouse = self.counted_place()?;
        let row = |(sku, on_hand): &(Name, i64)| {
            Row::Count(CountRow {
                as_of: self.at,
                warehouse: warehouse.clone(),
                sku: sku.clone(),
                on_hand: *on_hand,
            })
        };
        Ok(goods.values().map(row).collect())
    }

    /// What went in is there no more, and what came out is, if anybody can buy it.
    fn made(&self, fit: bool) -> Result<Vec<Row>, Fault> {
        let gone = goods::read(self.event, "inputEPCList", "inputQuantityList")?;
        let mut new = goods::read(self.event, "outputEPCList", "outputQuantityList")?;
        if (gone.is_empty() || new.is_empty()) && self.event.get("transformationID").is_none() {
            let words = "Of what goes in and what comes out one is not told, nor transformationID.";
            return Err(self.event.fault("missing", words));
        }
        if !fit {
            new.clear();
        }
        let warehouse = self.warehouse(false)?;
        let rows = |goods: &Goods, way: &str, sign: i64| -> Vec<Row> {
            let row = |(key, (sku, pieces)): (&String, &(Name, i64))| {
                let (key, quantity) = (format!("{way}/{key}"), pieces.saturating_mul(sign));
                let kind = ToldKind::Adjusted;
                Row::Movement(self.row(&key, warehouse.clone(), sku.clone(), kind, quantity))
            };
            goods.iter().map(row).collect()
        };
        if let Some((key, _)) = gone.iter().chain(&new).find(|(_, (_, pieces))| *pieces < 1) {
            let words = format!("Of {key} none went in or came out, or fewer than none.");
            return Err(self.event.fault("absurd_quantity", words));
        }
        Ok([rows(&gone, "in", -1), rows(&new, "out", 1)].concat())
    }

    fn row(
        &self,
        key: &str,
        warehouse: Name,
        sku: Name,
        kind: ToldKind,
        quantity: i64,
    ) -> MovementRow {
        let name = format!("{}#{key}", self.id);
        let external_id = match name.chars().count() > LONGEST_NAME {
            true => format!("sha256:{}", digest(name.as_bytes(), 64)),
            false => name,
        };
        MovementRow {
            external_id,
            sequence: None,
            warehouse,
            sku,
            kind,
            quantity,
            order: None,
            occurred_at: Some(self.at),
            elsewhere: None,
        }
    }

    /// Where it happened. After an event that things leave by, they are where they have gone, and the reader says
    /// where they were; after any other they are where it says.
    fn warehouse(&self, leaves: bool) -> Result<Name, Fault> {
        let (first, second) =
            if leaves { ("readPoint", "bizLocation") } else { ("bizLocation", "readPoint") };
        let place = self.event.get(first).or_else(|| self.event.get(second));
        let place = place.ok_or_else(|| {
            self.event
                .fault("no_place", "It says neither in readPoint nor in bizLocation where it was.")
        })?;
        self.named_place(&place.needed("id")?)
    }

    /// What was counted: where the things are, unless the reader was in a part of it and so has seen that part alone.
    fn counted_place(&self) -> Result<Name, Fault> {
        let place = self.warehouse(false)?;
        let Some(reader) = self.event.get("readPoint") else { return Ok(place) };
        let reader = self.named_place(&reader.needed("id")?)?;
        let is_within = |place: &Name| matches!(place, Name::Theirs(names) if names.len() > 1);
        Ok(if is_within(&reader) && !is_within(&place) { reader } else { place })
    }

    /// Where the things come from or go to, if that is a place.
    fn elsewhere(&self, kind: ToldKind) -> Result<Option<Name>, Fault> {
        let (list, key) = match kind {
            ToldKind::Received => ("sourceList", "source"),
            ToldKind::Shipped => ("destinationList", "destination"),
            _ => return Ok(None),
        };
        for field in self.event.items_of(list)? {
            if word(field.needed("type")?.text()?, "sdt") == "location" {
                return self.named_place(&field.needed(key)?).map(Some);
            }
        }
        Ok(None)
    }

    fn named_place(&self, field: &Field<'_>) -> Result<Name, Fault> {
        gs1::place(field.text()?).map_err(|why| misnamed(field, why))
    }

    /// The order that it was sent for, where the papers name one of ours.
    fn order(&self) -> Result<Option<Uuid>, Fault> {
        for field in self.event.items_of("bizTransactionList")? {
            let kind = field.text_of("type")?.map(|kind| word(kind, "btt"));
            let is_order = matches!(kind, Some("po" | "desadv"));
            let order = gs1::order(field.needed("bizTransaction")?.text()?);
            if is_order && order.is_some() {
                return Ok(order);
            }
        }
        Ok(None)
    }
}
