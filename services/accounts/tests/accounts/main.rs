//! Keys, and answers that are given again, against a database of the tests' own.

mod answers;
mod keys;
mod migrations;
