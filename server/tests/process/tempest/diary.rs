//! What customers know of their orders: told that it is paid, told that it is not, or not told.

use std::{
    collections::BTreeMap,
    sync::Mutex,
    time::{Duration, Instant},
};

/// How a customer's errand ended, as far as the customer knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// The order's page said that it is paid.
    Ok,
    /// It was said that nothing comes of it: sold out, declined, cancelled, refunded.
    Failed,
    /// Nothing was said, or nobody waited for it.
    Unknown,
}

/// What customers saw, by the number of the order.
pub struct Diary {
    begun: Instant,
    pages: Mutex<BTreeMap<String, Vec<(Duration, String)>>>,
    endings: Mutex<BTreeMap<Ending, usize>>,
}

/// What an order's page says once it is paid.
pub const CONFIRMED: &str = "Payment confirmed";

impl Diary {
    pub fn new() -> Self {
        Self { begun: Instant::now(), pages: Mutex::default(), endings: Mutex::default() }
    }

    /// An order's page said this.
    pub fn saw(&self, number: &str, said: &str) {
        let line = (self.begun.elapsed(), said.to_owned());
        self.pages.lock().unwrap().entry(number.to_owned()).or_default().push(line);
    }

    pub fn ends(&self, ending: Ending) {
        *self.endings.lock().unwrap().entry(ending).or_default() += 1;
    }

    pub fn count(&self, ending: Ending) -> usize {
        self.endings.lock().unwrap().get(&ending).copied().unwrap_or_default()
    }

    /// The orders whose page once said that they are paid.
    pub fn confirmed(&self) -> Vec<String> {
        let pages = self.pages.lock().unwrap();
        let is_confirmed = |lines: &[(Duration, String)]| lines.iter().any(|l| l.1 == CONFIRMED);
        let confirmed = pages.iter().filter(|(_, lines)| is_confirmed(lines));
        confirmed.map(|(number, _)| number.clone()).collect()
    }

    /// What was seen of an order, a line each.
    pub fn of(&self, number: &str) -> Vec<String> {
        let pages = self.pages.lock().unwrap();
        let line = |(after, said): &(Duration, String)| {
            format!("{:.1} s into the storm the page said: {said}", after.as_secs_f32())
        };
        pages.get(number).into_iter().flatten().map(line).collect()
    }
}
