//! The invoice and the credit notes of an order, as files to open.

use super::api::Paper;
use leptos::prelude::*;

/// Nothing, while there are none: an invoice comes a moment after the payment.
#[component]
pub fn Papers(papers: Vec<Paper>) -> impl IntoView {
    let paper = |paper: Paper| {
        let about = format!("{}, {}", paper.issued_on, paper.total);
        view! {
            <li>
                // A document of its own: the page's address, with the key, stays what it was.
                <a href=paper.href rel="external" type="application/pdf">{paper.name} " (PDF)"</a>
                <span class="order-line__options">{about}</span>
            </li>
        }
    };
    (!papers.is_empty()).then(|| {
        view! {
            <section class="order__part">
                <h2>"Your invoice"</h2>
                <ul class="order-papers">{papers.into_iter().map(paper).collect_view()}</ul>
            </section>
        }
    })
}
