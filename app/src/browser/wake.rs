//! Bringing an island to life.

use super::Part;

/// All that an island is: a call at once in a browser, on the server none. It takes no closure, so that
/// there is one copy of it for all islands. From then on the document is marked `data-awake`: what is
/// there for those without scripts goes.
pub fn awake(wake: fn()) {
    if cfg!(feature = "hydrate") {
        wake();
        if let Some(document) = Part::document() {
            document.mark("data-awake", true);
        }
    }
}
