//! Which address belongs to which role. The rule is short: what is the same for everyone is the
//! storefront's, what is one visitor's own is the checkout's. A proxy that routes by path says the same
//! (`deploy/nginx`).

use crate::{
    guard,
    roles::{Roles, Serving},
};
use axum::{
    extract::{Request, State},
    http::Uri,
    middleware::Next,
    response::Response,
};

/// Refuses what this node was not given.
pub async fn only_ours(
    State(roles): State<Roles<Serving>>,
    request: Request,
    next: Next,
) -> Response {
    match is_ours(&roles, request.uri()) {
        true => next.run(request).await,
        false => guard::misdirected(),
    }
}

/// Whether a node with these roles serves this address.
fn is_ours(roles: &Roles<Serving>, uri: &Uri) -> bool {
    let mut parts = uri.path().trim_start_matches('/').split('/');
    let owner = match parts.next().unwrap_or_default() {
        "health" => return true,
        // Every page names them: each node has those of its own release.
        "pkg" | "fonts" | "favicon.svg" => {
            return roles.has(Serving::Storefront) || roles.has(Serving::Checkout);
        }
        "cart" | "checkout" | "orders" | "webhooks" => Serving::Checkout,
        // A line's page is everyone's; the place in it is one visitor's.
        "line" if parts.nth(1) == Some("place") => Serving::Checkout,
        "api" => match parts.next().unwrap_or_default() {
            "cart" | "checkout" | "line" | "orders" => Serving::Checkout,
            "v1" if matches!(parts.next(), Some("carts" | "orders")) => Serving::Till,
            "" | "v1" | "openapi.json" => Serving::Api,
            _ => Serving::Storefront,
        },
        // A page that shows an order has one stream for that and for all else.
        "events" if names_order(uri) => Serving::Checkout,
        // Also what leads nowhere, and says so in a page that is the same for everyone.
        _ => Serving::Storefront,
    };
    roles.has(owner)
}

fn names_order(uri: &Uri) -> bool {
    let mut pairs = uri.query().unwrap_or_default().split('&');
    pairs.any(|pair| pair.split('=').next() == Some("order"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use leptos::server_fn::axum::server_fn_paths;
    use leptos_axum::generate_route_list;

    fn owners(address: &str) -> Vec<&'static str> {
        let uri: Uri = address.parse().unwrap();
        let one = |name: &str| is_ours(&name.parse().unwrap(), &uri);
        ["storefront", "checkout", "api", "till", "admin"]
            .into_iter()
            .filter(|name| one(name))
            .collect()
    }

    #[test]
    fn every_page_and_server_function_belongs_to_one_role() {
        const CHECKOUT: [&str; 13] = [
            "/api/cart/add",
            "/api/cart/get",
            "/api/cart/remove",
            "/api/cart/set",
            "/api/checkout/place",
            "/api/line/place",
            "/api/orders/cancel",
            "/api/orders/pay",
            "/api/orders/return",
            "/cart",
            "/checkout",
            "/line/{name}/place",
            "/orders/{number}",
        ];
        let mut found: Vec<String> = server_fn_paths().map(|(path, _)| path.to_owned()).collect();
        found.extend(generate_route_list(app::App).iter().map(|route| route.path().to_owned()));
        let is_checkouts = |path: &String| owners(path) == ["checkout"];
        let (mut checkout, storefront): (Vec<_>, Vec<_>) =
            found.into_iter().partition(is_checkouts);
        checkout.sort();
        assert_eq!(checkout, CHECKOUT);
        assert!(storefront.iter().any(|path| path.starts_with("/p/")), "{storefront:?}");
        for path in storefront {
            assert_eq!(owners(&path), ["storefront"], "{path}");
        }
    }

    #[test]
    fn what_is_no_page_has_its_place_too() {
        for (address, roles) in [
            ("/media/x/lamp-400.webp", &["storefront"][..]),
            ("/robots.txt", &["storefront"]),
            ("/sitemap.xml", &["storefront"]),
            ("/events?sku=LAMP", &["storefront"]),
            ("/events?sku=LAMP&order=V-1&key=k", &["checkout"]),
            ("/webhooks/sandbox", &["checkout"]),
            ("/orders/V-1/invoices/INV-2026-000001.pdf?key=k", &["checkout"]),
            ("/pkg/vitrine.css", &["storefront", "checkout"]),
            ("/favicon.svg", &["storefront", "checkout"]),
            ("/health/ready", &["storefront", "checkout", "api", "till", "admin"]),
            ("/nothing", &["storefront"]),
            ("/line/lamp", &["storefront"]),
            ("/line/lamp/place", &["checkout"]),
            ("/line/place", &["storefront"]),
            ("/api/nothing", &["storefront"]),
            ("/api", &["api"]),
            ("/api/v1/inventory/levels", &["api"]),
            ("/api/v1/cart", &["api"]),
            ("/api/v1/carts", &["till"]),
            ("/api/v1/carts/x/lines", &["till"]),
            ("/api/v1/orders/V-1", &["till"]),
            ("/api/openapi.json", &["api"]),
            ("//cart", &["checkout"]),
        ] {
            assert_eq!(owners(address), roles, "{address}");
        }
    }
}
