//! What is not said beside a reference: figures that stand for themselves, each with the goal it has
//! to keep.

use serde::Serialize;

/// Some figures of one matter.
#[derive(Debug, Serialize)]
pub struct Trial {
    /// What was done.
    pub name: String,
    /// What came of it.
    pub figures: Vec<Figure>,
}

/// One figure.
#[derive(Debug, Serialize)]
pub struct Figure {
    /// What it says.
    pub label: String,
    /// Its value, in its unit.
    pub value: f64,
    /// Its unit.
    pub unit: Unit,
    /// The goal: it shall be no more than this.
    pub at_most: Option<f64>,
}

/// What a value counts.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Things, whole.
    Count,
    /// Time, in microseconds.
    Microseconds,
    /// Room, in bytes.
    Bytes,
    /// How many times something else.
    Times,
}

impl Figure {
    /// A figure without a goal.
    pub fn new(label: impl Into<String>, value: f64, unit: Unit) -> Self {
        Self { label: label.into(), value, unit, at_most: None }
    }

    /// The same with its goal.
    pub fn at_most(self, goal: f64) -> Self {
        Self { at_most: Some(goal), ..self }
    }
}
