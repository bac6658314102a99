//! The catalogue against a real MongoDB-protocol server and a real folder of pictures.

mod changes;
mod common;
mod import_again;
mod import_jsonl;
mod import_vendure;
mod media;
mod pages;
mod reads;
mod survey;
mod touched;
mod writes;
