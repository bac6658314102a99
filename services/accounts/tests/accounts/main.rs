//! Keys, answers that are given again, and webhooks, against a database of the tests' own.

mod answers;
mod keys;
mod migrations;
mod webhooks;
