//! The foot of every page: what a shopper wants to know before buying, in one line each.

use crate::services::services;
use domain::shipping::{ShippingMethod, Zone};
use leptos::prelude::*;

/// Terms in brief, and the way to the credits.
#[component]
pub fn Footer() -> impl IntoView {
    let market = services().market;
    let home = ShippingMethod::Standard.offer(Zone::Domestic);
    let abroad = ShippingMethod::Standard.offer(Zone::EuropeanUnion);
    view! {
        <footer class="footer">
            <ul class="footer__terms">
                <li>"All prices include VAT."</li>
                <li>
                    {format!("Delivery from {}, to {} countries.", home.price, market.countries.len())}
                </li>
                <li>
                    {format!(
                        "{}–{} working days within {}, {}–{} elsewhere.",
                        home.days_min, home.days_max, market.home.name(),
                        abroad.days_min, abroad.days_max,
                    )}
                </li>
            </ul>
            <nav aria-label="About">
                <ul>
                    <li><a href="/credits">"Credits"</a></li>
                </ul>
            </nav>
        </footer>
    }.into_any()
}
