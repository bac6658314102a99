//! The rule about quantities that cannot be.

use super::{
    facts::{Fact, What, fact, levels},
    rules::{Exam, Kept, code, ensure},
    world::World,
};
use inventory::{Mode, ToldKind, told::MOST_PIECES};

/// Beyond what there is of anything, up to where a sign or a sum goes wrong.
const ABSURD: [i64; 6] =
    [MOST_PIECES + 1, -MOST_PIECES - 1, i64::MAX - 1, i64::MAX, i64::MIN + 1, i64::MIN];

impl Exam<'_> {
    pub async fn absurd_quantities_are_told(&self) -> Kept {
        let mut moved = Vec::new();
        for kind in ToldKind::ALL {
            // None is never a movement, and fewer than none only where more or fewer were found than were known.
            let few: &[i64] = if kind == ToldKind::Adjusted { &[0] } else { &[0, -1, -7] };
            moved.extend(ABSURD.iter().chain(few).map(|pieces| What::Moved(kind, *pieces)));
        }
        let counted: Vec<_> = ABSURD.into_iter().chain([-1]).map(What::Counted).collect();
        // What is right among them is taken in, of each kind.
        let right = [What::Moved(ToldKind::Received, 7), What::Counted(70)];
        for (absurd, right) in [moved, counted].into_iter().zip(right) {
            self.absurd_are_told(&absurd, right).await?;
        }
        Ok(())
    }

    async fn absurd_are_told(&self, absurd: &[What], right: What) -> Kept {
        let mut random = self.random();
        let all = absurd.iter().chain([&right]).filter(|what| self.scribe.can_say(what));
        let facts: Vec<Fact> =
            all.enumerate().map(|(nth, what)| fact(&mut random, nth, *what)).collect();
        let Some((last, absurd)) = facts.split_last().filter(|(last, _)| last.what == right) else {
            return Ok(());
        };
        let world = World::new().await;
        let delivered = self.deliver(&world, "wms", &self.scribe.write(&facts), Mode::Each).await?;
        let (items, rows) = (delivered.items.len(), facts.len());
        ensure(items == rows, || format!("{rows} rows have {items} answers"))?;
        for (fact, item) in absurd.iter().zip(&delivered.items) {
            let told = code(item);
            ensure(told == "absurd_quantity", || format!("{:?} is told {told}", fact.what))?;
        }
        let (found, expected) = (world.levels().await, levels(std::slice::from_ref(last)));
        ensure(found == expected, || format!("{found:?} and not {expected:?}"))
    }
}
