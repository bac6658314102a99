//! The cart's HTML. What the browser changes in it is marked `data-slot`, what a form or button does
//! `data-does`; each line is two plain forms, which work without scripts.

use super::line::LineShown;
use leptos::prelude::*;

/// A line with what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineItem {
    /// What it shows.
    pub shown: LineShown,
    /// What was typed and could not be had, and why.
    pub problem: Option<LineProblem>,
}

/// A quantity that could not be had: what was typed stays, with the reason beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineProblem {
    /// What was typed.
    pub typed: String,
    /// Why it could not be had, as a sentence.
    pub reason: String,
}

/// Lines, and a place for the way back after one was removed, or for the reason why it was not.
#[component]
pub fn Lines(
    /// The lines, in the cart's order.
    lines: Vec<LineItem>,
) -> impl IntoView {
    let lines: Vec<_> = lines.into_iter().map(line).collect();
    view! {
        <div class="lines__removed" role="status">
            <p data-slot="removed" hidden>
                <span data-slot="removed-name"></span>
                " was removed. "
                <button type="button" class="link" data-does="undo">"Undo"</button>
            </p>
            <p class="field__error" data-slot="refused"></p>
        </div>
        <ul class="lines" role="list" data-slot="lines">{lines}</ul>
    }
    .into_any()
}

/// The line that the browser copies and fills in.
#[component]
pub fn LineTemplate() -> impl IntoView {
    view! { <template id="cart-line">{line(LineItem::default())}</template> }
}

fn line(LineItem { shown, problem }: LineItem) -> impl IntoView {
    let (field, label, remove) = (shown.field(), shown.label(), shown.remove());
    let no_photograph = shown.photograph.is_empty();
    let wrong = problem.is_some();
    let (typed, reason) = match problem {
        Some(problem) => (problem.typed, Some(problem.reason)),
        None => (shown.quantity.clone(), None),
    };
    view! {
        <li class="line" data-sku=shown.sku.clone()>
            <a class="line__picture" href=shown.address.clone() tabindex="-1" aria-hidden="true">
                <img
                    src=(!no_photograph).then_some(shown.photograph)
                    hidden=no_photograph
                    alt=""
                    width="96"
                    height="120"
                    loading="lazy"
                    decoding="async"
                />
            </a>
            <div class="line__what">
                <a class="line__name" href=shown.address data-slot="name">{shown.name}</a>
                <span class="line__options" data-slot="options">{shown.options}</span>
                <span class="line__price" data-slot="each">{shown.each}</span>
            </div>
            <form class="line__quantity" action="/api/cart/set" method="post" novalidate data-does="set">
                <input type="hidden" name="sku" value=shown.sku.clone()/>
                <label class="visually-hidden" for=field.clone() data-slot="label">{label}</label>
                <Stepper id=field.clone() value=typed refused=wrong/>
                <button class="line__update plain-only" type="submit">"Update"</button>
                <p class="line__problem" id=format!("{field}-problem") role="alert" data-slot="problem">
                    {reason}
                </p>
            </form>
            <form class="line__remove" action="/api/cart/remove" method="post" data-does="remove">
                <input type="hidden" name="sku" value=shown.sku.clone()/>
                <input type="hidden" name="quantity" value=shown.quantity/>
                <button class="link" type="submit" aria-label=remove data-slot="remove">"Remove"</button>
            </form>
            <span class="line__total" data-slot="total">{shown.total}</span>
        </li>
    }
}

/// The field for a number of pieces, with a button on either side. Its label and the reason why its
/// number was refused (id `{id}-problem`) stand elsewhere.
#[component]
pub fn Stepper(
    /// The field's id; its name in the form is `quantity`.
    id: String,
    /// What is in it.
    value: String,
    /// Whether its number was refused.
    refused: bool,
) -> impl IntoView {
    let problem = format!("{id}-problem");
    view! {
        <span class="stepper">
            <button type="button" class="stepper__step" aria-label="One less" data-step="-1">
                "\u{2212}"
            </button>
            <input
                id=id
                type="number"
                name="quantity"
                min="1"
                max="999"
                step="1"
                inputmode="numeric"
                autocomplete="off"
                value=value
                aria-invalid=refused.then_some("true")
                aria-describedby=problem
            />
            <button type="button" class="stepper__step" aria-label="One more" data-step="1">"+"</button>
        </span>
    }
    .into_any()
}
