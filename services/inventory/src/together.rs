//! What one transaction does for all who are served together: all orders are locked, then all levels that they
//! concern, each in the one order in which everybody locks; then it is decided for each in turn, in the order in
//! which they came, and what was decided is written by one statement of each kind. Nobody is answered before all of
//! it is committed.

use crate::{
    AllocateError, Allocated, Error, HoldError, Taken, end,
    queries::{self, holds::Placed},
    standing::Room,
};
use domain::stock::{Allocation, Demand, Destination, HoldState, Strategy};
use sqlx::{PgConnection, PgPool};
use std::{io, time::Duration};
use tokio::sync::oneshot;
use uuid::Uuid;

/// One who waits, and for what.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// The order.
    pub reference: Uuid,
    wish: Wish,
}

/// What is wanted.
#[derive(Debug)]
enum Wish {
    Hold(Hold, Answer<Vec<Allocation>, HoldError>),
    Allocate(Answer<Allocated, AllocateError>),
}

/// What was decided, until it is committed, and whom to tell then.
#[derive(Debug)]
struct Answer<T, E> {
    decided: Option<Result<T, E>>,
    to: oneshot::Sender<Result<T, E>>,
}

/// Pieces that an order wants set aside.
#[derive(Debug)]
pub(crate) struct Hold {
    /// What is wanted, summed.
    pub wanted: Vec<Demand>,
    /// Where it goes.
    pub destination: Option<Destination>,
    /// For how long.
    pub ttl: Duration,
}

/// What is to be written for all of them.
#[derive(Default)]
struct Writes {
    extended: Vec<(Uuid, Duration)>,
    replaced: Vec<Uuid>,
    placed: Vec<Placed>,
    allocated: Vec<Uuid>,
}

type Answered<T, E> = oneshot::Receiver<Result<T, E>>;

impl<T, E> Answer<T, E> {
    fn new() -> (Self, Answered<T, E>) {
        let (to, answered) = oneshot::channel();
        (Self { decided: None, to }, answered)
    }

    /// Who has gone meanwhile is told nothing; what was decided stands.
    fn tell(self) {
        if let Some(decided) = self.decided {
            let _ = self.to.send(decided);
        }
    }
}

impl Waiting {
    /// One who wants pieces set aside.
    pub fn to_hold(reference: Uuid, hold: Hold) -> (Self, Answered<Vec<Allocation>, HoldError>) {
        let (answer, answered) = Answer::new();
        (Self { reference, wish: Wish::Hold(hold, answer) }, answered)
    }

    /// One who has paid.
    pub fn to_allocate(reference: Uuid) -> (Self, Answered<Allocated, AllocateError>) {
        let (answer, answered) = Answer::new();
        (Self { reference, wish: Wish::Allocate(answer) }, answered)
    }

    /// Whether it is about something that was paid for.
    pub fn is_paid(&self) -> bool {
        matches!(self.wish, Wish::Allocate(_))
    }

    fn is_gone(&self) -> bool {
        match &self.wish {
            Wish::Hold(_, answer) => answer.to.is_closed(),
            Wish::Allocate(answer) => answer.to.is_closed(),
        }
    }

    fn wanted(&self) -> &[Demand] {
        match &self.wish {
            Wish::Hold(hold, _) => &hold.wanted,
            Wish::Allocate(_) => &[],
        }
    }

    fn decide(&mut self, room: &mut Room, writes: &mut Writes) {
        match &mut self.wish {
            Wish::Hold(hold, answer) => {
                answer.decided = Some(decide_hold(self.reference, hold, room, writes));
            }
            Wish::Allocate(answer) => {
                answer.decided = Some(decide_allocate(self.reference, room, writes));
            }
        }
    }

    fn fail(&mut self, error: Error) {
        match &mut self.wish {
            Wish::Hold(_, answer) => answer.decided = Some(Err(error.into())),
            Wish::Allocate(answer) => answer.decided = Some(Err(error.into())),
        }
    }

    fn tell(self) {
        match self.wish {
            Wish::Hold(_, answer) => answer.tell(),
            Wish::Allocate(answer) => answer.tell(),
        }
    }
}

/// Serves all of these. If the database refuses what was to be done for them together, each is served alone, so
/// that one who cannot be served spoils nothing for the others.
pub(crate) async fn serve(pool: PgPool, mut here: Vec<Waiting>) {
    here.retain(|waiting| !waiting.is_gone());
    match attempt(&pool, &mut here).await {
        Ok(()) => {}
        Err(error) if here.len() == 1 || platform::is_absence(&error) => fail(&mut here, error),
        Err(error) => {
            tracing::warn!(%error, orders = here.len(), "not to be served together");
            for mut waiting in here {
                if let Err(error) = attempt(&pool, std::slice::from_mut(&mut waiting)).await {
                    waiting.fail(error.into());
                }
                // At once: the next one may wait long for a lock.
                waiting.tell();
            }
            return;
        }
    }
    here.into_iter().for_each(Waiting::tell);
}

/// The same error for all of these.
fn fail(here: &mut [Waiting], error: sqlx::Error) {
    let words = error.to_string();
    let same = || io::Error::new(io::ErrorKind::ConnectionAborted, words.clone());
    let errors = std::iter::once(error).chain(std::iter::repeat_with(|| same().into()));
    here.iter_mut().zip(errors).for_each(|(waiting, error)| waiting.fail(error.into()));
}

async fn attempt(pool: &PgPool, here: &mut [Waiting]) -> Result<(), sqlx::Error> {
    if here.is_empty() {
        return Ok(());
    }
    let mut transaction = pool.begin().await?;
    let decided = decide(&mut transaction, here).await;
    end(transaction, decided).await
}

async fn decide(connection: &mut PgConnection, here: &mut [Waiting]) -> Result<(), sqlx::Error> {
    let references: Vec<_> = here.iter().map(|waiting| waiting.reference).collect();
    // A statement of its own: the next one then sees what the last holders of the locks committed.
    queries::holds::lock_references(connection, &references).await?;
    let mut skus: Vec<_> =
        here.iter().flat_map(Waiting::wanted).map(|demand| demand.sku.as_str()).collect();
    skus.sort_unstable();
    skus.dedup();
    let mut room = queries::shelves::lock(connection, &references, &skus).await?;
    let mut writes = Writes::default();
    here.iter_mut().for_each(|waiting| waiting.decide(&mut room, &mut writes));
    writes.write(connection).await
}

fn decide_hold(
    reference: Uuid,
    Hold { wanted, destination, ttl }: &Hold,
    room: &mut Room,
    writes: &mut Writes,
) -> Result<Vec<Allocation>, HoldError> {
    let standing = room.standing(reference);
    let state = standing.state();
    if state == Some(HoldState::Allocated) {
        return Err(HoldError::AlreadyAllocated { reference });
    }
    if state == Some(HoldState::Held) && standing.is_for(wanted) {
        writes.extended.push((reference, *ttl));
        return Ok(standing.allocations());
    }
    let plan = standing.plan(wanted, *destination, Strategy::default());
    let plan = plan.map_err(HoldError::OutOfStock)?.allocations();
    let round = standing.next_round();
    if state == Some(HoldState::Held) {
        writes.replaced.push(reference);
    }
    room.replace(reference, &plan);
    writes.placed.extend(plan.iter().map(|part| Placed::new(reference, round, part, *ttl)));
    Ok(plan)
}

fn decide_allocate(
    reference: Uuid,
    room: &mut Room,
    writes: &mut Writes,
) -> Result<Allocated, AllocateError> {
    let standing = room.standing(reference);
    let (allocations, taken) = match standing.state() {
        None => return Err(AllocateError::NeverHeld { reference }),
        Some(HoldState::Held) => (standing.allocations(), Taken::FromHold),
        Some(HoldState::Released) => {
            // Where it goes was known when it was held; whatever is left serves now.
            let plan = standing.plan(&standing.demands(), None, Strategy::default());
            (plan.map_err(AllocateError::OutOfStock)?.allocations(), Taken::Anew)
        }
        Some(_) => (standing.allocations(), Taken::Before),
    };
    if taken == Taken::Anew {
        // Held and at once allocated: a hold has no other beginning. Its expiry is never looked at.
        let (round, ttl) = (standing.next_round(), Duration::ZERO);
        room.replace(reference, &allocations);
        writes
            .placed
            .extend(allocations.iter().map(|part| Placed::new(reference, round, part, ttl)));
    }
    if taken != Taken::Before {
        writes.allocated.push(reference);
    }
    Ok(Allocated { allocations, taken })
}

impl Writes {
    /// What was held is given back before anything is placed: it may be what is placed.
    async fn write(self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        if !self.extended.is_empty() {
            queries::holds::extend(connection, &self.extended).await?;
        }
        if !self.replaced.is_empty() {
            queries::holds::release(connection, &self.replaced, "replaced").await?;
        }
        if !self.placed.is_empty() {
            queries::holds::place(connection, &self.placed).await?;
        }
        if !self.allocated.is_empty() {
            queries::holds::allocate(connection, &self.allocated).await?;
        }
        Ok(())
    }
}
