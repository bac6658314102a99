//! The search behind the allocator: the fewest warehouses that have everything together, and among as few the
//! nearest, then those that are done soonest, then those that go first. It knows numbers alone, neither names
//! nor why there is how much.

use super::Decided;
use std::cmp::Reverse;

/// How many sets of warehouses are looked at, whole or begun, before the search contents itself with what it has. All
/// sets of up to three of twenty warehouses are 1,350.
const PATIENCE: u32 = 20_000;

/// A warehouse that could give something.
#[derive(Debug)]
pub(super) struct Candidate {
    /// How far it is.
    pub metres: u64,
    /// The day on which its parcel leaves, as a number.
    pub leaves: i32,
    /// Lower goes first.
    pub priority: i32,
    /// Pieces of each wanted SKU.
    pub gives: Vec<u32>,
}

/// What a set of warehouses costs: compared in this order, less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    metres: u64,
    /// When its last parcel leaves.
    latest: i32,
    priority: i64,
}

/// The warehouses that were chosen.
#[derive(Debug)]
pub(super) struct Found {
    /// Their positions among the candidates, ascending.
    pub chosen: Vec<usize>,
    /// What told them from the next best.
    pub decided: Decided,
    /// Whether nothing better was left unseen.
    pub exact: bool,
}

/// The best set of candidates that have what is needed. The candidates are sorted by metres, day, priority and
/// then by name, and all together have enough.
///
/// What is guaranteed: as few warehouses as possible, and the best of as few, unless the search ran out of
/// [patience](PATIENCE). Then the set is the best of those that were seen or, where none was, what always
/// taking the warehouse with the most of what is missing comes to; and none of the set can be left out.
pub(super) fn cover(candidates: &[Candidate], need: &[u32]) -> Found {
    let need: Vec<i64> = need.iter().map(|pieces| i64::from(*pieces)).collect();
    let greedy = greedy(candidates, &need);
    let mut search = Search::new(candidates, need.clone());
    for count in at_least(candidates, &need)..=greedy.len() {
        search.left.clone_from(&need);
        search.look(0, count, Cost { metres: 0, latest: i32::MIN, priority: 0 });
        let exact = search.patience > 0;
        if let Some((best, chosen)) = search.best.take() {
            return Found { chosen, decided: Decided::between(best, search.second), exact };
        }
        if !exact {
            break;
        }
    }
    Found { chosen: greedy, decided: Decided::Unsaid, exact: false }
}

impl Decided {
    fn between(best: Cost, second: Option<Cost>) -> Self {
        match second {
            None => Self::NoOther,
            Some(second) if best.metres != second.metres => Self::Nearest,
            Some(second) if best.latest != second.latest => Self::Soonest,
            Some(second) if best.priority != second.priority => Self::GoesFirst,
            Some(_) => Self::Unsaid,
        }
    }
}

/// A branch and bound through the sets of one size.
struct Search<'a> {
    candidates: &'a [Candidate],
    /// For each candidate and SKU the most that it or a later one gives.
    most: Vec<Vec<i64>>,
    /// What the candidates before each are away, all together.
    metres_before: Vec<u64>,
    /// What is still missing; below zero where there is more than enough.
    left: Vec<i64>,
    taken: Vec<usize>,
    best: Option<(Cost, Vec<usize>)>,
    second: Option<Cost>,
    patience: u32,
}

impl<'a> Search<'a> {
    fn new(candidates: &'a [Candidate], left: Vec<i64>) -> Self {
        let mut most = vec![vec![0; left.len()]; candidates.len() + 1];
        for (index, candidate) in candidates.iter().enumerate().rev() {
            most[index] = most[index + 1]
                .iter()
                .zip(&candidate.gives)
                .map(|(later, gives)| i64::from(*gives).max(*later))
                .collect();
        }
        let mut metres_before = vec![0];
        for candidate in candidates {
            metres_before.push(metres_before[metres_before.len() - 1] + candidate.metres);
        }
        let (taken, best, second) = (Vec::new(), None, None);
        Self { candidates, most, metres_before, left, taken, best, second, patience: PATIENCE }
    }

    /// Takes `more` of the candidates from `from` on, in every way that may lead to something.
    fn look(&mut self, from: usize, more: usize, so_far: Cost) {
        if more == 0 {
            if self.left.iter().all(|left| *left <= 0) {
                self.found(so_far);
            }
            return;
        }
        for index in from..=self.candidates.len() - more {
            // The later candidates give no more than this one and those after it, and are no nearer.
            if !self.could_do(index, more) || self.is_too_far(index, more, so_far.metres) {
                return;
            }
            if self.patience == 0 {
                return;
            }
            self.patience -= 1;
            let Candidate { metres, leaves, priority, ref gives } = self.candidates[index];
            self.left.iter_mut().zip(gives).for_each(|(left, gives)| *left -= i64::from(*gives));
            self.taken.push(index);
            let with = Cost {
                metres: so_far.metres + metres,
                latest: so_far.latest.max(leaves),
                priority: so_far.priority + i64::from(priority),
            };
            self.look(index + 1, more - 1, with);
            self.taken.pop();
            self.left.iter_mut().zip(gives).for_each(|(left, gives)| *left += i64::from(*gives));
        }
    }

    fn could_do(&self, from: usize, more: usize) -> bool {
        let more = i64::try_from(more).unwrap_or(i64::MAX);
        self.left
            .iter()
            .zip(&self.most[from])
            .all(|(left, most)| *left <= most.saturating_mul(more))
    }

    /// Whether even the nearest that are left would be farther than the second best set, which is looked for
    /// because it says what decided.
    fn is_too_far(&self, from: usize, more: usize, metres: u64) -> bool {
        let least = metres + self.metres_before[from + more] - self.metres_before[from];
        self.second.is_some_and(|second| least > second.metres)
    }

    fn found(&mut self, cost: Cost) {
        match &self.best {
            // Of equals the one that was seen first stays: it is the first by name.
            Some((best, _)) if *best <= cost => {
                self.second = Some(self.second.map_or(cost, |second| second.min(cost)));
            }
            before => {
                self.second = before.as_ref().map(|(cost, _)| *cost);
                self.best = Some((cost, self.taken.clone()));
            }
        }
    }
}

/// With fewer candidates than this some SKU cannot be served, whichever are taken.
fn at_least(candidates: &[Candidate], need: &[i64]) -> usize {
    let for_one = |(sku, need): (usize, &i64)| {
        let mut gives: Vec<_> = candidates.iter().map(|candidate| candidate.gives[sku]).collect();
        gives.sort_unstable_by_key(|gives| Reverse(*gives));
        let mut left = *need;
        gives
            .iter()
            .take_while(|gives| {
                let short = left > 0;
                left -= i64::from(**gives);
                short
            })
            .count()
    };
    need.iter().enumerate().map(for_one).max().unwrap_or_default()
}

/// Always the candidate that has the most of what is missing, the first of equals; then without those that
/// turn out not to be needed, the last ones first.
fn greedy(candidates: &[Candidate], need: &[i64]) -> Vec<usize> {
    let mut left = need.to_vec();
    let mut chosen = Vec::new();
    while left.iter().any(|left| *left > 0) {
        let serves = |index: &usize| -> i64 {
            let gives = candidates[*index].gives.iter();
            left.iter().zip(gives).map(|(left, gives)| (*left).max(0).min(i64::from(*gives))).sum()
        };
        let others = (0..candidates.len()).rev().filter(|index| !chosen.contains(index));
        let Some(best) = others.max_by_key(serves).filter(|best| serves(best) > 0) else { break };
        left.iter_mut()
            .zip(&candidates[best].gives)
            .for_each(|(left, gives)| *left -= i64::from(*gives));
        chosen.push(best);
    }
    chosen.sort_unstable();
    for index in (0..chosen.len()).rev() {
        let gives = &candidates[chosen[index]].gives;
        if left.iter().zip(gives).all(|(left, gives)| left + i64::from(*gives) <= 0) {
            left.iter_mut().zip(gives).for_each(|(left, gives)| *left += i64::from(*gives));
            chosen.remove(index);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn candidate() -> impl Strategy<Value = Candidate> {
        (0u64..4, 0i32..3, 0i32..3, prop::collection::vec(0u32..6, 3)).prop_map(
            |(metres, leaves, priority, gives)| Candidate { metres, leaves, priority, gives },
        )
    }

    /// The size and cost of a set, if it has what is needed.
    fn cost(candidates: &[Candidate], need: &[u32], chosen: &[usize]) -> Option<(usize, Cost)> {
        let all = || chosen.iter().map(|index| &candidates[*index]);
        let serves = (0..need.len()).all(|s| all().map(|c| c.gives[s]).sum::<u32>() >= need[s]);
        let cost = || Cost {
            metres: all().map(|candidate| candidate.metres).sum(),
            latest: all().map(|candidate| candidate.leaves).max().unwrap_or(i32::MIN),
            priority: all().map(|candidate| i64::from(candidate.priority)).sum(),
        };
        serves.then(|| (chosen.len(), cost()))
    }

    /// Every set there is.
    fn brute_force(candidates: &[Candidate], need: &[u32]) -> (usize, Cost) {
        let sets = 0u32..1 << candidates.len();
        let chosen = |set: u32| -> Vec<usize> {
            (0..candidates.len()).filter(|index| set >> index & 1 == 1).collect()
        };
        sets.filter_map(|set| cost(candidates, need, &chosen(set))).min().unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn no_other_set_is_better(
            mut candidates in prop::collection::vec(candidate(), 1..9),
            share in prop::collection::vec(0u32..=100, 3),
        ) {
            candidates.sort_by_key(|c| (c.metres, c.leaves, c.priority));
            let there = |sku: usize| candidates.iter().map(|c| c.gives[sku]).sum::<u32>();
            let need: Vec<_> = (0..3).map(|sku| there(sku) * share[sku] / 100).collect();
            prop_assume!(need.iter().any(|need| *need > 0));
            let found = cover(&candidates, &need);
            prop_assert!(found.exact);
            let best = brute_force(&candidates, &need);
            prop_assert_eq!(cost(&candidates, &need, &found.chosen), Some(best));
        }

        #[test]
        fn what_is_chosen_greedily_serves_and_none_of_it_can_be_left_out(
            candidates in prop::collection::vec(candidate(), 1..20),
            share in prop::collection::vec(0u32..=100, 3),
        ) {
            let there = |sku: usize| candidates.iter().map(|c| c.gives[sku]).sum::<u32>();
            let need: Vec<_> = (0..3).map(|sku| there(sku) * share[sku] / 100).collect();
            let signed: Vec<_> = need.iter().map(|need| i64::from(*need)).collect();
            let chosen = greedy(&candidates, &signed);
            prop_assert!(cost(&candidates, &need, &chosen).is_some());
            for left_out in &chosen {
                let others: Vec<_> = chosen.iter().copied().filter(|c| c != left_out).collect();
                prop_assert!(cost(&candidates, &need, &others).is_none());
            }
        }
    }

    #[test]
    fn a_search_without_end_ends_with_what_serves() {
        // Forty warehouses with three pieces each of which sixty are needed: no bound helps.
        let candidate = |index: u32| Candidate {
            metres: 0,
            leaves: 0,
            priority: 0,
            gives: vec![1 + index % 3, 1 + (index + 1) % 3],
        };
        let candidates: Vec<_> = (0..40).map(candidate).collect();
        let found = cover(&candidates, &[50, 50]);
        assert!(!found.exact);
        assert!(cost(&candidates, &[50, 50], &found.chosen).is_some());
    }
}
