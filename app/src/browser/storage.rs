//! What the browser keeps for this shop from page to page.

use web_sys::Storage;

/// The browser keeps nothing for this shop, because it was told so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denied;

/// What is kept under a name.
pub fn kept(name: &str) -> Result<Option<String>, Denied> {
    storage()?.get_item(name).map_err(|_| Denied)
}

/// Keeps a text under a name; `None` forgets it. Where the browser denies it or has no room, nothing
/// is kept.
pub fn keep(name: &str, text: Option<&str>) {
    let Ok(storage) = storage() else { return };
    let _ = match text {
        Some(text) => storage.set_item(name, text),
        None => storage.remove_item(name),
    };
}

fn storage() -> Result<Storage, Denied> {
    web_sys::window().ok_or(Denied)?.local_storage().map_err(|_| Denied)?.ok_or(Denied)
}
