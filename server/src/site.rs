//! The browser's files, by the names that pages give them: with the hash of what is in them where the
//! build wrote the hashes beside the binary, plain otherwise.

use crate::config::Settings;
use app::FONT;
use leptos::config::LeptosOptions;
use std::path::PathBuf;

/// The name that the build gives all of them.
const NAME: &str = "vitrine";
/// Their folder, within the site's and in addresses.
pub const FOLDER: &str = "pkg";
const HASHES: &str = "hash.txt";

/// What Leptos needs to know to name them in pages.
pub fn options(settings: &Settings) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name(NAME)
        .site_root(settings.server.site_root.to_string_lossy())
        .site_pkg_dir(FOLDER)
        .site_addr(settings.server.listen)
        .hash_file(HASHES.into())
        .hash_files(is_hashed())
        .reload_port(reload_port())
        .build()
}

/// Whether a file's name changes with what is in it. A build that watches says so when it does not:
/// the hashes of an earlier one may lie there still.
pub fn is_hashed() -> bool {
    let denied = std::env::var("LEPTOS_HASH_FILES").is_ok_and(|value| value == "false");
    !denied && hashes().is_some_and(|file| file.is_file())
}

/// The files that every page names, within the site's folder. WebAssembly that is not hashed has one
/// of two names, as the tool that built it likes.
pub fn named() -> Vec<Vec<String>> {
    ["css", "js", "wasm"].map(names).into()
}

/// What a browser needs before it can paint a page, as a `Link` header tells it. A network in front of the
/// store may send it ahead of the page as early hints (status 103, RFC 8297).
pub fn early_hints() -> String {
    let style = |file| format!("</{file}>; rel=preload; as=style, ");
    let styles: String = names("css").into_iter().map(style).collect();
    format!("{styles}<{FONT}>; rel=preload; as=font; crossorigin")
}

/// The names that the file of this kind may have.
fn names(kind: &str) -> Vec<String> {
    let hashes =
        hashes().filter(|_| is_hashed()).and_then(|file| std::fs::read_to_string(file).ok());
    match hash(hashes.as_deref().unwrap_or_default(), kind) {
        Some(hash) => vec![format!("{FOLDER}/{NAME}.{hash}.{kind}")],
        None if kind == "wasm" => {
            ["", "_bg"].map(|end| format!("{FOLDER}/{NAME}{end}.wasm")).into()
        }
        None => vec![format!("{FOLDER}/{NAME}.{kind}")],
    }
}

fn hash<'a>(hashes: &'a str, kind: &str) -> Option<&'a str> {
    hashes.lines().find_map(|line| line.strip_prefix(kind)?.strip_prefix(':')).map(str::trim)
}

fn hashes() -> Option<PathBuf> {
    std::env::current_exe().ok().map(|binary| binary.with_file_name(HASHES))
}

/// Where `cargo leptos watch` tells open pages to reload.
fn reload_port() -> u32 {
    std::env::var("LEPTOS_RELOAD_PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(3001)
}
