//! Connectors for tables as somebody might write them in a hurry, each with one fault.

use connectors::{
    Batch, Became, Connector, Csv, Delivered, Document, Fault, MovementRow, Row, Said,
    conformance::Rule,
};
use inventory::{ToldKind, told::MOST_PIECES};
use std::{
    collections::BTreeSet,
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

type Read = dyn Fn(&Document<'_>) -> Result<Batch, Vec<Fault>> + Send + Sync;
type Answer = dyn Fn(&Delivered) -> Vec<u8> + Send + Sync;

/// The connector for tables, with something in its way.
struct Broken {
    rule: Rule,
    read: Box<Read>,
    answer: Box<Answer>,
}

impl fmt::Debug for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "whoever breaks {:?}", self.rule)
    }
}

impl Connector for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }

    fn takes(&self, file_name: &str) -> bool {
        Csv.takes(file_name)
    }

    fn read(&self, document: &Document<'_>) -> Result<Batch, Vec<Fault>> {
        (self.read)(document)
    }

    fn answers_end(&self) -> &'static str {
        Csv.answers_end()
    }

    fn answer(&self, delivered: &Delivered) -> Vec<u8> {
        (self.answer)(delivered)
    }
}

/// A connector that breaks this rule.
pub fn breaks(rule: Rule) -> Box<dyn Connector> {
    let read: Box<Read> = match rule {
        // It takes what came back for what was thrown away.
        Rule::SaysWhatWasWritten => Box::new(|document| {
            each(Csv.read(document)?, |_, row| {
                if row.kind == ToldKind::Returned {
                    row.kind = ToldKind::Scrapped;
                }
            })
        }),
        // It counts what it has read, and calls that the source's own order.
        Rule::IsPure => {
            let counted = AtomicI64::new(0);
            Box::new(move |document| {
                each(Csv.read(document)?, |_, row| {
                    row.sequence = Some(counted.fetch_add(1, Ordering::Relaxed));
                })
            })
        }
        // It makes up names.
        Rule::ToldTwiceIsToldOnce => {
            let counted = AtomicI64::new(0);
            Box::new(move |document| {
                each(Csv.read(document)?, |_, row| {
                    row.external_id = counted.fetch_add(1, Ordering::Relaxed).to_string();
                })
            })
        }
        // It names rows by their lines.
        Rule::RowsInAnyOrder => Box::new(|document| {
            each(Csv.read(document)?, |place, row| row.external_id = place.to_owned())
        }),
        // It does not look when something happened.
        Rule::DocumentsInAnyOrder => {
            Box::new(|document| each(Csv.read(document)?, |_, row| row.occurred_at = None))
        }
        // It is kind to a last line that is not ended.
        Rule::CutOffSaysNothingElse => Box::new(|document| {
            let bytes = [document.bytes, b"\n"].concat();
            Csv.read(&Document { bytes: &bytes, ..*document })
        }),
        // What it cannot read it takes for nothing.
        Rule::NonsenseIsRefused => Box::new(|document| Ok(Csv.read(document).unwrap_or_default())),
        // It remembers what it has read, to save work.
        Rule::SourcesHaveNamesOfTheirOwn => {
            let seen = Mutex::new(BTreeSet::new());
            Box::new(move |document| match seen.lock().unwrap().insert(document.bytes.to_vec()) {
                true => Csv.read(document),
                false => Ok(Batch::default()),
            })
        }
        Rule::EveryRowIsAnsweredOnce => Box::new(|document| Csv.read(document)),
        // It makes numbers plausible.
        Rule::WhatCannotBeIsTold => Box::new(|document| {
            each(Csv.read(document)?, |_, row| row.quantity = row.quantity.clamp(1, MOST_PIECES))
        }),
        // It takes the sign for a matter of taste where things leave.
        Rule::AbsurdQuantitiesAreTold => Box::new(|document| {
            each(Csv.read(document)?, |_, row| {
                if row.kind == ToldKind::Shipped {
                    row.quantity = row.quantity.saturating_abs();
                }
            })
        }),
        // It leaves out what it cannot read.
        Rule::AllOrNothing => Box::new(|document| {
            let mut batch = Csv.read(document)?;
            batch.items.retain(|item| !matches!(item.said, Said::Wrong(_)));
            Ok(batch)
        }),
        // It reads as much as it likes.
        Rule::TooManyRowsAreRefused => Box::new(|document| {
            let lines = document.bytes.split_inclusive(|byte| *byte == b'\n');
            let bytes: Vec<u8> = lines.take(1_000).flatten().copied().collect();
            Csv.read(&Document { bytes: &bytes, ..*document })
        }),
    };
    let answer: Box<Answer> = match rule {
        // It answers only what went wrong.
        Rule::EveryRowIsAnsweredOnce => Box::new(|delivered| {
            let mut refused = delivered.clone();
            refused.items.retain(|item| matches!(item.became, Became::Refused(_)));
            Csv.answer(&refused)
        }),
        _ => Box::new(|delivered| Csv.answer(delivered)),
    };
    Box::new(Broken { rule, read, answer })
}

/// By what the rule knows who breaks it.
pub fn found_by(rule: Rule) -> &'static str {
    match rule {
        Rule::SaysWhatWasWritten => "lie there, and",
        Rule::IsPure => "the same bytes are another batch",
        Rule::ToldTwiceIsToldOnce => "told again, it moves something",
        Rule::RowsInAnyOrder => "in another order it is not the same any more: [\"conflict\"",
        Rule::DocumentsInAnyOrder => "} and not {",
        Rule::CutOffSaysNothingElse => "cut off at",
        Rule::NonsenseIsRefused => "passes for a document",
        Rule::SourcesHaveNamesOfTheirOwn => "} and not {",
        Rule::EveryRowIsAnsweredOnce => "is answered 0 times",
        Rule::WhatCannotBeIsTold => "\"applied\", \"applied\", \"applied\"",
        Rule::AbsurdQuantitiesAreTold => "Moved(Shipped, -1) is told applied",
        Rule::AllOrNothing => "applied: 5",
        Rule::TooManyRowsAreRefused => "100001 rows are taken",
    }
}

/// The batch with each of its movements changed, by its place.
fn each(mut batch: Batch, change: impl Fn(&str, &mut MovementRow)) -> Result<Batch, Vec<Fault>> {
    for item in &mut batch.items {
        let Said::Rows(rows) = &mut item.said else { continue };
        for row in rows {
            if let Row::Movement(row) = row {
                change(&item.place, row);
            }
        }
    }
    Ok(batch)
}
