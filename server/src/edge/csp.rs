//! The content security policy of the store's pages: nothing from elsewhere, and of inline scripts
//! none but the store's own, which are known by their hashes before any page is made. What a page
//! says, even if a script got into it, allows nothing. A nonce could not be shared by a cached page.

use anyhow::Context;
use axum::http::HeaderValue;
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The policy of every page. `own_scripts` is the HTML of the scripts that every page begins with,
/// `payment_origin` where the checkout's form may lead, and `reload` the address from which a
/// development build hears that it was rebuilt.
pub fn policy(
    own_scripts: &str,
    payment_origin: &str,
    reload: Option<&str>,
) -> anyhow::Result<HeaderValue> {
    let mut scripts = String::new();
    for script in inline_scripts(own_scripts) {
        let hash = STANDARD.encode(Sha256::digest(script));
        write!(scripts, " 'sha256-{hash}'")?;
    }
    let reload = reload.map(|address| format!(" {address}")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{scripts}; style-src 'self'; \
         style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'{reload}; manifest-src 'self'; form-action 'self' {payment_origin}; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).context("the content security policy")
}

/// The contents of the script elements that have some.
fn inline_scripts(html: &str) -> Vec<&str> {
    let mut scripts = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once("<script") {
        let Some((_, after)) = after.split_once('>') else { break };
        let Some((content, after)) = after.split_once("</script>") else { break };
        if !content.is_empty() {
            scripts.push(content);
        }
        rest = after;
    }
    scripts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inline_script_of_the_stores_own_is_allowed_by_its_hash() {
        let html = r#"<script type="module">alert(1)</script><script src="/pkg/a.js"></script>"#;
        assert_eq!(inline_scripts(html), ["alert(1)"]);
        let policy = policy(html, "https://pay.example", None).unwrap();
        let policy = policy.to_str().unwrap();
        // echo -n 'alert(1)' | openssl dgst -sha256 -binary | base64
        assert!(
            policy.contains("'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"),
            "{policy}"
        );
        assert!(!policy.contains("script-src 'self' 'unsafe-inline'"));
        assert!(policy.contains("form-action 'self' https://pay.example;"));
        assert!(policy.contains("connect-src 'self';"));
    }
}
