//! The checkout's form, alive: totals follow the country and the delivery, errors stand beside their
//! fields as they are found, and the form is sent once. Its HTML is the server's (`markup`).

use super::{
    choice::Choice,
    fields::{self, COUNTRY},
    meanwhile::Meanwhile,
    refused::shown_again,
};
use crate::{
    browser::{
        Ear, Fields, Json, Part, Refused, after, awake, begin, go, on_return, parse, post, read,
    },
    cart::{Sum, store, taxes_in_words},
};
use domain::{
    Cart, Market,
    checkout::{CheckoutField, FieldErrors},
};
use leptos::prelude::*;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// Brings the checkout to life.
#[island(lazy)]
pub fn LiveCheckout() -> impl IntoView {
    awake(|| {
        let Some(form) = Part::by_id("checkout") else { return };
        if let Some(live) = Live::of(form) {
            wake(&Rc::new(live));
        }
    })
}

/// A checkout that is alive.
struct Live {
    form: Part,
    market: Market,
    cart: Cart,
    /// What was said to be wrong.
    told: RefCell<FieldErrors>,
    /// Whether the form is on its way: it is not sent twice.
    busy: Cell<bool>,
}

fn wake(live: &Rc<Live>) {
    live.show();
    live.form.on("change", {
        let live = live.clone();
        move |event| {
            let field = Part::around(&event, "[name]").and_then(|field| field.get("name"));
            live.changed(&field.unwrap_or_default());
        }
    });
    live.form.on("submit", {
        let live = live.clone();
        move |event| {
            event.prevent_default();
            live.submit();
        }
    });
    store::adopt(&live.form.get("data-cart").unwrap_or_default());
    store::follow(Box::new({
        let live = live.clone();
        move |cart| {
            if cart.version != live.cart.version {
                live.form.say_in(
                    "trouble",
                    "Your cart was changed in another window. Please load this page again.",
                );
            }
        }
    }));
    let meanwhile = RefCell::new(Meanwhile::default());
    let ear = Ear::open(Box::new({
        let live = live.clone();
        move |name, facts| {
            let words = meanwhile.borrow_mut().hear(&live.cart, name, facts);
            live.form.say_in("meanwhile-words", &words);
            live.form.show_in("meanwhile", !words.is_empty());
        }
    }));
    ear.want_skus(live.cart.lines.iter().map(|line| line.item.sku.as_str()));
    // Back from the provider's page, the form may be sent again.
    let live = live.clone();
    on_return(move || live.set_busy(false));
}

impl Live {
    fn of(form: Part) -> Option<Self> {
        let market = read::market(&parse(&form.get("data-market")?)?)?;
        let cart = read::cart(&parse(&form.get("data-cart")?)?)?;
        let (told, busy) = (RefCell::new(fields::told(&form)), Cell::new(false));
        Some(Self { form, market, cart, told, busy })
    }

    /// Shows what the order costs with what is chosen.
    fn show(&self) {
        let choice = Choice::of(&fields::read(&self.form), &self.market);
        let sum = Sum::parse(choice.country.code(), &self.form.get("data-on").unwrap_or_default());
        for (slot, words) in choice.offers_in_words() {
            self.form.say_in(slot, &words);
        }
        let Some(totals) = sum.and_then(|sum| sum.of(&self.cart, Some(choice.offer()))) else {
            return;
        };
        let total = totals.total.to_string();
        for slot in ["total", "total-folded", "total-button"] {
            self.form.say_in(slot, &total);
        }
        self.form.say_in("shipping", &totals.shipping.to_string());
        self.form.say_in("taxes", &taxes_in_words(&totals));
        if let Some(seen) = self.form.find("[name=seen_total]") {
            seen.set_value(&totals.total.minor().to_string());
        }
    }

    /// Looks again at the field that was changed and at those that were wrong.
    fn changed(&self, name: &str) {
        self.show();
        // They were said of the country that was chosen before.
        if name == COUNTRY.name {
            self.form.show_in("parcels", false);
        }
        let field = fields::ALL.iter().find(|field| field.name == name).map(|field| field.field);
        let wrong = to_tell(self.wrong(), &self.told.borrow(), field);
        fields::tell_in_place(&self.form, &wrong);
        self.told.replace(wrong);
    }

    fn wrong(&self) -> FieldErrors {
        fields::read(&self.form).check(&self.market).err().unwrap_or_default()
    }

    fn set_busy(&self, busy: bool) {
        self.busy.set(busy);
        if let Some(button) = self.form.slot("pay") {
            button.mark("disabled", busy);
        }
    }

    /// Sends the form, unless something is wrong with it or it is on its way already.
    fn submit(self: &Rc<Self>) {
        if self.busy.get() {
            return;
        }
        self.form.say_in("trouble", "");
        let wrong = self.wrong();
        let complete = wrong.is_empty();
        fields::tell(&self.form, &wrong);
        self.told.replace(wrong);
        if !complete {
            let summary = self.form.slot("errors");
            after(0, Box::new(move || summary.iter().for_each(Part::focus)));
            return;
        }
        let fields = Fields::of_form(&self.form);
        self.set_busy(true);
        begin(Box::pin(send(self.clone(), fields)));
    }

    /// What the page cannot tell by itself, because the cart or the prices have moved, it is loaded
    /// again for.
    fn refused(&self, refused: Refused) {
        match shown_again(&refused.code) {
            true => go(super::refused::ADDRESS),
            false => {
                self.form.say_in("trouble", &refused.message);
                self.set_busy(false);
            }
        }
    }
}

async fn send(live: Rc<Live>, fields: Option<Fields>) {
    match post("/api/checkout/place", fields).await {
        // The button stays as it is until the next page is there.
        Ok(text) => go(&parse(&text).and_then(|json| json.text_of("next")).unwrap_or_default()),
        Err(refused) => live.refused(refused),
    }
}

/// Which errors to tell while the form is being filled in: not of fields that were not reached yet.
fn to_tell(wrong: FieldErrors, told: &FieldErrors, changed: Option<CheckoutField>) -> FieldErrors {
    let reached = |field| Some(field) == changed || fields::error_of(told, field).is_some();
    wrong.into_iter().filter(|(field, _)| reached(*field)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{address::FieldError, checkout::CheckoutForm};

    #[test]
    fn a_field_that_was_not_reached_yet_is_left_in_peace() {
        let form = CheckoutForm { email: "nobody".into(), ..CheckoutForm::default() };
        let wrong = || form.check(&Market::european_union()).unwrap_err();
        let told = to_tell(wrong(), &vec![], Some(CheckoutField::Email));
        assert_eq!(told, [(CheckoutField::Email, FieldError::Email)]);
        let later = to_tell(wrong(), &told, Some(CheckoutField::City));
        assert_eq!(later.len(), 2);
        assert_eq!(to_tell(vec![], &later, None), []);
    }
}
