//! The content security policy of a page: nothing from elsewhere, no script that the page did not
//! have when it was made. Inline scripts are allowed by their hashes, so that the policy can be kept
//! with the page (a nonce could not be shared).

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The policy for a page. `payment_origin` is where the checkout's form may lead.
pub fn policy(html: &str, payment_origin: &str) -> String {
    let mut scripts = String::new();
    for script in inline_scripts(html) {
        let hash = STANDARD.encode(Sha256::digest(script));
        // Writing to a String cannot fail.
        let _ = write!(scripts, " 'sha256-{hash}'");
    }
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{scripts}; style-src 'self'; \
         style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
         manifest-src 'self'; form-action 'self' {payment_origin}; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

/// The contents of script elements without `src` that a browser would run or obey.
fn inline_scripts(html: &str) -> Vec<&str> {
    let mut scripts = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once("<script") {
        let Some((attributes, after)) = after.split_once('>') else { break };
        let Some((content, after)) = after.split_once("</script>") else { break };
        let is_data = attributes.contains("application/ld+json");
        if !attributes.contains(" src=") && !is_data && !content.is_empty() {
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
    fn an_inline_script_is_allowed_by_its_hash_and_nothing_else_is() {
        let html = r#"<script type="module">alert(1)</script><script src="/pkg/a.js"></script>
            <script type="application/ld+json">{"a":1}</script>"#;
        assert_eq!(inline_scripts(html), ["alert(1)"]);
        let policy = policy(html, "https://pay.example");
        // echo -n 'alert(1)' | openssl dgst -sha256 -binary | base64
        assert!(
            policy.contains("'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"),
            "{policy}"
        );
        assert!(!policy.contains("script-src 'self' 'unsafe-inline'"));
        assert!(policy.contains("form-action 'self' https://pay.example;"));
    }
}
