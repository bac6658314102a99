//! `migrate!` sees the folder when the crate is compiled; a new file in it is a reason to compile.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations/accounts");
}
