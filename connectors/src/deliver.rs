//! From a document to the ledger, for every connector the same: names are looked up, rows are told under the names that
//! their source gave them, and each item is answered in its place. Safe to repeat as a whole, and so after a
//! crash at any point: what was told before is not told again.

use crate::{
    Batch, Became, Connector, Delivered, Document, Fault, Item, ItemAnswer, MOST_ROWS, Outcome,
    RowAnswer, Said,
    lines::{Line, Role, Told, lines, look_up},
};
use inventory::{
    Answer, Count, Error, Inventory, Mode, TellError, UnknownSkus,
    told::{self, LARGEST_BATCH},
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What is done where not all of a document is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Whether the rest is told or nothing. All or nothing goes for the movements of a document; a count stands for
    /// itself, and is withheld with them.
    pub mode: Mode,
    /// What happens to a SKU that never lay in the warehouse.
    pub unknown: UnknownSkus,
}

/// Why nothing of a document was told, or why it is not known how much of it: then it is to be delivered again.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// It cannot be read, for these reasons.
    #[error("the document cannot be read: {} mistakes", .0.len())]
    Unreadable(Vec<Fault>),
    /// No source may have this name.
    #[error("{0:?} is no name of a source")]
    BadSource(String),
    /// The database could not be used.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Reads a document and tells what stands in it.
pub async fn deliver(
    inventory: &Inventory,
    connector: &dyn Connector,
    document: &Document<'_>,
    policy: Policy,
) -> Result<Delivered, DeliverError> {
    let batch = connector.read(document).map_err(DeliverError::Unreadable)?;
    tell(inventory, document.source, &batch, policy).await
}

/// Tells what was read from a document of this source.
pub async fn tell(
    inventory: &Inventory,
    source: &str,
    batch: &Batch,
    policy: Policy,
) -> Result<Delivered, DeliverError> {
    if !told::is_source(source) {
        return Err(DeliverError::BadSource(source.to_owned()));
    }
    if batch.rows() > MOST_ROWS {
        return Err(too_many(MOST_ROWS));
    }
    let known = look_up(inventory, batch).await?;
    let mut work = Work { inventory, source, policy, lines: lines(batch, &known) };
    let is_wrong = |item: &Item| matches!(item.said, Said::Wrong(_));
    if policy.mode == Mode::Each || !batch.items.iter().any(is_wrong) {
        work.tell_movements().await?;
        work.tell_counts().await?;
    }
    Ok(answers(batch, work.lines))
}

fn too_many(most: usize) -> DeliverError {
    let words = format!("A document has {most} rows at most: send several.");
    DeliverError::Unreadable(vec![Fault::new("", "too_many_rows", words)])
}

struct Work<'a> {
    inventory: &'a Inventory,
    source: &'a str,
    policy: Policy,
    lines: Vec<Line>,
}

impl Work<'_> {
    async fn tell_movements(&mut self) -> Result<(), DeliverError> {
        if self.policy.mode == Mode::All {
            let movements = self.movements(|_| true);
            if movements.len() > LARGEST_BATCH {
                return Err(too_many(LARGEST_BATCH));
            }
            self.tell_some(Mode::All, &movements).await?;
        } else {
            for some in self.movements(|role| role == Role::Itself).chunks(LARGEST_BATCH) {
                self.tell_some(Mode::Each, some).await?;
            }
            self.take_back().await?;
        }
        for at in self.movements(|role| role == Role::Undoes) {
            // What is told only to be taken back has no answer of its own: what stands in its way is said here.
            if let Outcome::Moved(answer) = self.lines[at - 1].outcome
                && !answer.is_in()
            {
                self.lines[at].outcome = Outcome::TakenBack(answer);
            }
        }
        Ok(())
    }

    /// A movement and its opposite are written both or neither, whatever becomes of others: one without the other would
    /// put something into the books that never was. Many are told together, and by halves where one keeps the others
    /// out.
    async fn take_back(&mut self) -> Result<(), DeliverError> {
        let pairs = self.movements(|role| role == Role::Undoes);
        let mut waiting: Vec<_> = pairs.chunks(LARGEST_BATCH / 2).rev().collect();
        while let Some(pairs) = waiting.pop() {
            let some: Vec<_> = pairs.iter().flat_map(|at| [at - 1, *at]).collect();
            self.tell_some(Mode::All, &some).await?;
            if pairs.len() > 1 && some.iter().any(|at| !self.lines[*at].outcome.is_in()) {
                let (first, second) = pairs.split_at(pairs.len() / 2);
                waiting.extend([second, first]);
            }
        }
        Ok(())
    }

    /// Which lines are movements that are told for this.
    fn movements(&self, role: impl Fn(Role) -> bool) -> Vec<usize> {
        let is = |line: &Line| matches!(line.told, Told::Movement(_)) && role(line.role);
        (0..self.lines.len()).filter(|at| is(&self.lines[*at])).collect()
    }

    async fn tell_some(&mut self, mode: Mode, some: &[usize]) -> Result<(), DeliverError> {
        if some.is_empty() {
            return Ok(());
        }
        let movement = |at: &usize| match &self.lines[*at].told {
            Told::Movement(movement) => Some(movement.clone()),
            Told::Count(..) | Told::Part(_) => None,
        };
        let rows: Vec<_> = some.iter().filter_map(movement).collect();
        let unknown = self.policy.unknown;
        let answers = self.inventory.apply_movements(self.source, mode, unknown, &rows).await;
        for (at, answer) in some.iter().zip(answers.map_err(refusal)?) {
            let line = &mut self.lines[*at];
            line.outcome = match (line.role, answer) {
                (_, Answer::Withheld) => Outcome::Withheld,
                (Role::Undoes, answer) => Outcome::TakenBack(answer),
                (_, answer) => Outcome::Moved(answer),
            };
        }
        Ok(())
    }

    /// Counts after movements, the earlier first: so each is compared with all that the document knows.
    async fn tell_counts(&mut self) -> Result<(), DeliverError> {
        let is_out = |line: &Line| matches!(line.told, Told::Movement(_)) && !line.outcome.is_in();
        if self.policy.mode == Mode::All && self.lines.iter().any(is_out) {
            return Ok(());
        }
        let mut by_instant = BTreeMap::<Timestamp, Vec<(usize, Count)>>::new();
        for (at, line) in self.lines.iter().enumerate() {
            if let Told::Count(as_of, count) = &line.told {
                by_instant.entry(*as_of).or_default().push((at, count.clone()));
            }
        }
        for (as_of, counts) in by_instant {
            for some in counts.chunks(LARGEST_BATCH) {
                let rows: Vec<_> = some.iter().map(|(_, count)| count.clone()).collect();
                let unknown = self.policy.unknown;
                let answers =
                    self.inventory.reconcile_counts(self.source, as_of, unknown, &rows).await;
                let outcomes: Vec<_> = match answers {
                    Ok(answers) => answers.into_iter().map(Outcome::Counted).collect(),
                    Err(TellError::FromTheFuture { .. }) => vec![Outcome::Future; some.len()],
                    Err(error) => return Err(refusal(error)),
                };
                for ((at, _), outcome) in some.iter().zip(outcomes) {
                    self.lines[*at].outcome = outcome;
                }
            }
        }
        Ok(())
    }
}

fn refusal(error: TellError) -> DeliverError {
    match error {
        TellError::BadSource { source_name } => DeliverError::BadSource(source_name),
        TellError::TooManyRows { .. } => too_many(LARGEST_BATCH),
        TellError::FromTheFuture { as_of } => {
            let words = format!("Nobody can have counted as of {as_of} yet.");
            DeliverError::Unreadable(vec![Fault::new("", "not_yet", words)])
        }
        TellError::Storage(error) => DeliverError::Storage(error),
    }
}

/// Each item with what became of it.
fn answers(batch: &Batch, lines: Vec<Line>) -> Delivered {
    let mut of_items: Vec<Vec<RowAnswer>> = batch.items.iter().map(|_| Vec::new()).collect();
    for line in lines.into_iter().filter(|line| line.role != Role::Undone) {
        let (kind, quantity) = match &line.told {
            Told::Movement(movement) => (Some(movement.kind), movement.quantity),
            Told::Count(_, count) => (None, count.on_hand),
            Told::Part(on_hand) => (None, *on_hand),
        };
        let Line { item, warehouse, sku, outcome, .. } = line;
        of_items[item].push(RowAnswer { warehouse, sku, kind, quantity, outcome });
    }
    let answer = |(item, rows): (&Item, Vec<RowAnswer>)| {
        let became = match &item.said {
            Said::Rows(_) | Said::TakenBack(_) => Became::Told(rows),
            Said::Nothing { code, words } => Became::Skipped { code, words: words.clone() },
            Said::Wrong(fault) => Became::Refused(fault.clone()),
        };
        ItemAnswer { place: item.place.clone(), name: item.name.clone(), became }
    };
    Delivered { items: batch.items.iter().zip(of_items).map(answer).collect() }
}
