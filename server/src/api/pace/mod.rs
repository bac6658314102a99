//! How fast somebody may ask: so many requests a second on average, so many at once (GCRA, the generic cell
//! rate algorithm of ITU-T I.371). All that is kept of somebody is one time: when all would be forgotten
//! that was asked so far.

mod local;
mod shared;

pub use local::Local;
pub use shared::Paces;

use super::problem::{Code, Problem};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

const MICROS: u64 = 1_000_000;
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// How much somebody may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// One request each so many microseconds, on average.
    interval: u64,
    /// Requests at once.
    burst: u64,
}

impl Limit {
    /// So many requests a second on average, and so many at once.
    pub fn new(per_second: u32, burst: u32) -> Self {
        Self { interval: MICROS / u64::from(per_second.max(1)), burst: u64::from(burst.max(1)) }
    }

    /// How far the time of forgetting may lie ahead.
    fn tolerance(self) -> u64 {
        self.interval * self.burst
    }

    /// What becomes of one more request: until when all is forgotten then, or that it is one too many.
    /// Times are microseconds of one clock.
    fn one_more(self, due: u64, now: u64) -> (u64, Pace) {
        let due = due.max(now);
        let next = due + self.interval;
        match next - now <= self.tolerance() {
            true => (next, Pace::Fine { debt: next - now }),
            false => (due, Pace::TooFast { wait: next - now - self.tolerance(), debt: due - now }),
        }
    }

    /// What is told of it with each answer, by the draft of the IETF's HTTPAPI working group
    /// (draft-ietf-httpapi-ratelimit-headers): the policy, and what is left of it.
    pub fn tell(self, pace: Pace, headers: &mut HeaderMap) {
        let (Pace::Fine { debt } | Pace::TooFast { debt, .. }) = pace;
        let left = self.tolerance().saturating_sub(debt) / self.interval;
        let window = seconds(self.tolerance());
        let told = [
            (POLICY, format!("\"key\";q={};w={window}", self.burst)),
            (LIMIT, format!("\"key\";r={left};t={}", seconds(debt))),
        ];
        for (name, value) in told {
            // Digits and signs, which every header may carry.
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
    }
}

/// Whether somebody asks too fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// No. Microseconds until all is forgotten that was asked so far.
    Fine {
        /// Microseconds until all is forgotten that was asked so far.
        debt: u64,
    },
    /// Yes.
    TooFast {
        /// Microseconds until there is room for one more.
        wait: u64,
        /// Microseconds until all is forgotten that was asked so far.
        debt: u64,
    },
}

impl Pace {
    /// The answer to who asks too fast.
    pub fn problem(self, code: Code, words: &str) -> Result<(), Problem> {
        match self {
            Self::Fine { .. } => Ok(()),
            Self::TooFast { wait, .. } => {
                Err(Problem::new(code, words).later(seconds(wait).max(1)))
            }
        }
    }
}

/// Whole seconds, rounded up.
fn seconds(micros: u64) -> u64 {
    micros.div_ceil(MICROS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_at_once_and_then_one_for_each_that_is_forgotten() {
        let limit = Limit::new(10, 3);
        let (mut due, now) = (0, 1_000 * MICROS);
        for left in [2, 1, 0] {
            let (next, pace) = limit.one_more(due, now);
            assert_eq!(pace, Pace::Fine { debt: (3 - left) * 100_000 });
            let mut headers = HeaderMap::new();
            limit.tell(pace, &mut headers);
            assert_eq!(headers["ratelimit"], format!("\"key\";r={left};t=1"));
            assert_eq!(headers["ratelimit-policy"], "\"key\";q=3;w=1");
            due = next;
        }
        let (same, pace) = limit.one_more(due, now);
        assert_eq!((same, pace), (due, Pace::TooFast { wait: 100_000, debt: 300_000 }));
        let (_, pace) = limit.one_more(due, now + 100_000);
        assert_eq!(pace, Pace::Fine { debt: 300_000 });
        // Who rested for long has no more than the burst.
        let (_, pace) = limit.one_more(due, now + 3_600 * MICROS);
        assert_eq!(pace, Pace::Fine { debt: 100_000 });
    }

    #[test]
    fn who_is_too_fast_is_told_when_to_come_back() {
        let refused = Pace::TooFast { wait: 1_200_000, debt: 0 };
        let problem = refused.problem(Code::TooManyRequests, "words").unwrap_err();
        let answer = axum::response::IntoResponse::into_response(problem);
        let answer = super::super::problem::complete(answer, "id");
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["retry-after"]),
            (429, &"2".parse().unwrap())
        );
    }
}
