//! The checkout's HTML: three steps in one form, and what is ordered. What the browser changes in it is
//! marked `data-slot`.

use super::parcels::Parcels;
use super::{
    choice::Choice,
    fields::{
        self, ADDRESS, CITY, COUNTRY, DELIVERY, EMAIL, FULL_NAME, FieldName, POSTAL_CODE, error_id,
        summary_slot,
    },
};
use crate::cart::{Sum, SumRow, taxes_in_words};
use domain::{
    Cart, CartLine, Country, Market,
    checkout::{CheckoutField, CheckoutForm, FieldErrors},
    pricing::Totals,
    shipping::ShippingMethod,
    stock::Parcel,
};
use jiff::civil::Date;
use leptos::prelude::*;

/// What the form is made of.
#[derive(Debug, Clone)]
pub struct Order {
    /// What was typed before.
    pub form: CheckoutForm,
    /// What was wrong with it.
    pub errors: FieldErrors,
    /// Where the shop sells.
    pub market: Market,
    /// What is ordered.
    pub cart: Cart,
    /// The day of the order.
    pub on: Date,
    /// In which parcels it would come.
    pub parcels: Vec<Parcel>,
}

impl Order {
    fn choice(&self) -> Choice {
        Choice::of(&self.form, &self.market)
    }

    fn totals(&self) -> Option<Totals> {
        let choice = self.choice();
        Sum { country: choice.country, on: self.on }.of(&self.cart, Some(choice.offer()))
    }
}

/// The form beside the sum.
#[component]
pub fn OrderForm(order: Order) -> impl IntoView {
    let totals = order.totals();
    let total = totals.as_ref().map(|totals| totals.total.to_string()).unwrap_or_default();
    let seen = totals.as_ref().map(|totals| totals.total.minor().to_string());
    // Both are plain data with string keys: they serialise without fail.
    let cart = serde_json::to_string(&order.cart).unwrap_or_default();
    let market = serde_json::to_string(&order.market).unwrap_or_default();
    let text = |field: FieldName, value: &str| text_field(field, value.to_owned(), &order.errors);
    let form = &order.form;
    view! {
        <form
            class="checkout"
            id="checkout"
            action="/api/checkout/place"
            method="post"
            novalidate
            data-cart=cart
            data-market=market
            data-on=order.on.to_string()
        >
            <input type="hidden" name="seen_total" value=seen/>
            <input type="hidden" name="cart_version" value=order.cart.version.to_string()/>
            <Summary
                cart=order.cart.clone()
                totals
                parcels=order.parcels.clone()
                country=order.choice().country
            />
            <div class="checkout__steps">
                <div role="status">
                    <p class="note" data-slot="meanwhile" hidden>
                        <span data-slot="meanwhile-words"></span>
                        " "
                        <a href="/cart">"Look at the cart"</a>
                    </p>
                </div>
                {wrong_fields(&order.errors)}
                <section class="step">
                    <h2>"Contact"</h2>
                    {text(EMAIL, &form.email)}
                </section>
                <section class="step">
                    <h2>"Where it goes"</h2>
                    {text(FULL_NAME, &form.full_name)}
                    {text(ADDRESS, &form.address)}
                    {text(POSTAL_CODE, &form.postal_code)}
                    {text(CITY, &form.city)}
                    {country_field(&order)}
                </section>
                <section class="step">
                    <h2>"How it travels, and payment"</h2>
                    {delivery(&order)}
                    <p class="checkout__payment">
                        "You pay on the page of our payment provider. Your card never reaches us."
                    </p>
                    <p class="field__error" role="alert" data-slot="trouble"></p>
                    <button class="button button--wide" type="submit" data-slot="pay">
                        "Pay " <span data-slot="total-button">{total}</span>
                    </button>
                </section>
            </div>
        </form>
    }
    .into_any()
}

/// What is ordered and what it costs; folded on a phone, with the total in view.
#[component]
fn Summary(
    cart: Cart,
    totals: Option<Totals>,
    parcels: Vec<Parcel>,
    country: Country,
) -> impl IntoView {
    let amount = |of: fn(&Totals) -> domain::Money| totals.as_ref().map(|t| of(t).to_string());
    let items = amount(|totals| totals.items).unwrap_or_default();
    let shipping = amount(|totals| totals.shipping).unwrap_or_default();
    let total = amount(|totals| totals.total).unwrap_or_default();
    let taxes = totals.as_ref().map(taxes_in_words);
    let lines: Vec<_> = cart.lines.iter().map(line).collect();
    view! {
        <details class="checkout__order">
            <summary>
                <span>"Your order"</span>
                <span class="price" data-slot="total-folded">{total.clone()}</span>
            </summary>
            <ul class="order-lines">{lines}</ul>
            <Parcels cart parcels country/>
            <dl class="sum">
                <SumRow name="Items" amount=items/>
                <SumRow name="Shipping" amount=shipping live="shipping"/>
                <SumRow name="Total" amount=total total=true live="total"/>
            </dl>
            <p class="sum__taxes" data-slot="taxes">{taxes}</p>
            <p><a href="/cart">"Change the cart"</a></p>
        </details>
    }
    .into_any()
}

fn line(line: &CartLine) -> impl IntoView + use<> {
    let item = &line.item;
    let options = (!item.options.is_empty())
        .then(|| view! { <span class="order-line__options">{item.options.clone()}</span> });
    view! {
        <li class="order-line">
            <span class="order-line__count">{line.quantity.get()} "\u{a0}\u{d7}"</span>
            <span>{item.name.clone()} {options}</span>
            <span class="price">{line.total().map(|total| total.to_string())}</span>
        </li>
    }
    .into_any()
}

/// All that is wrong in one place, with the way to each field.
fn wrong_fields(errors: &FieldErrors) -> impl IntoView + use<> {
    let wrong = fields::ALL.map(|field| {
        let error = fields::error_of(errors, field.field);
        view! {
            <li data-slot=summary_slot(field.name) hidden=error.is_none()>
                <a href=format!("#{}", field.name)>{field.label}</a>
                ": "
                <span data-slot="sentence">{error.map(|error| error.to_string())}</span>
            </li>
        }
    });
    view! {
        <div
            class="note note--wrong"
            tabindex="-1"
            autofocus=!errors.is_empty()
            hidden=errors.is_empty()
            data-slot="errors"
        >
            <p class="note__title">"Please look at these fields again"</p>
            <ul>{wrong.into_iter().collect::<Vec<_>>()}</ul>
        </div>
    }
    .into_any()
}

fn text_field(field: FieldName, value: String, errors: &FieldErrors) -> impl IntoView + use<> {
    let FieldName { field, name, label, autocomplete } = field;
    let kind = if field == CheckoutField::Email { "email" } else { "text" };
    let error = fields::error_of(errors, field);
    view! {
        <div class=format!("field checkout__{name}")>
            <label for=name>{label}</label>
            <input
                id=name
                name=name
                type=kind
                autocomplete=autocomplete
                required
                maxlength="254"
                value=value
                aria-invalid=error.map(|_| "true")
                aria-describedby=error_id(name)
            />
            {beside(name, error.map(|error| error.to_string()))}
        </div>
    }
    .into_any()
}

/// The sentence beside a field that says what to do.
fn beside(name: &'static str, sentence: Option<String>) -> impl IntoView {
    view! { <p class="field__error" id=error_id(name)>{sentence}</p> }
}

fn country_field(order: &Order) -> impl IntoView + use<> {
    let FieldName { field, name, label, autocomplete } = COUNTRY;
    let chosen = order.choice().country;
    let error = fields::error_of(&order.errors, field);
    let option = |country: &Country| {
        let selected = *country == chosen;
        view! { <option value=country.to_string() selected=selected>{country.name()}</option> }
    };
    let options: Vec<_> = order.market.countries.iter().map(option).collect();
    view! {
        <div class="field checkout__country">
            <label for=name>{label}</label>
            <select
                id=name
                name=name
                autocomplete=autocomplete
                aria-invalid=error.map(|_| "true")
                aria-describedby=error_id(name)
            >
                {options}
            </select>
            {beside(name, error.map(|error| error.to_string()))}
        </div>
    }
    .into_any()
}

fn delivery(order: &Order) -> impl IntoView + use<> {
    let FieldName { field, name, label, .. } = DELIVERY;
    let choice = order.choice();
    let error = fields::error_of(&order.errors, field);
    let words = choice.offers_in_words();
    let slot = |name: String| {
        let (slot, words) =
            words.iter().find(|(slot, _)| *slot == name).cloned().unwrap_or_default();
        (slot, words)
    };
    let methods = ShippingMethod::ALL.map(|method| {
        let (days_slot, days) = slot(format!("days-{}", method.code()));
        let (price_slot, price) = slot(format!("price-{}", method.code()));
        view! {
            <label class="delivery-choice">
                <input type="radio" name=name value=method.code() checked=method == choice.method/>
                <span>{method.name()}</span>
                <span class="delivery-choice__days" data-slot=days_slot>{days}</span>
                <span class="price" data-slot=price_slot>{price}</span>
            </label>
        }
    });
    view! {
        <fieldset
            class="field"
            id=name
            role="radiogroup"
            aria-labelledby="delivery-legend"
            aria-describedby=error_id(name)
        >
            <legend id="delivery-legend">{label}</legend>
            {methods.into_iter().collect::<Vec<_>>()}
            <p class="plain-only">
                {format!(
                    "These prices are for {}. For another country you see the new total before you pay.",
                    choice.country.name(),
                )}
            </p>
            {beside(name, error.map(|error| error.to_string()))}
        </fieldset>
    }
    .into_any()
}
