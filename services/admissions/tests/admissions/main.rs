//! The line through its door: who is let in, when, and who is not.

mod crowd;
mod gate;
mod restart;
mod support;
mod turns;
