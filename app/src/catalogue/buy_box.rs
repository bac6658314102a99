//! Where a product is bought: its options, how many, and the button. A plain form first, which is all
//! it takes without scripts; alive it follows every choice and adds to the cart at once.
//!
//! What is chosen and typed stays in the form's fields and is read from there when it matters, so that
//! nothing is lost that was chosen before the form was alive.

#[cfg(feature = "ssr")]
mod asked;
mod goods;
#[cfg(feature = "ssr")]
mod markup;

use crate::{
    address::of_variant,
    browser::{Part, awake, on_passed, parse, random_name, rename},
    cart::{store, view::Wish, wake_onward},
};
use domain::{Quantity, product::Offer};
use goods::{Goods, stock_in_words};
use leptos::prelude::*;
use std::rc::Rc;

#[cfg(feature = "ssr")]
pub use {asked::Asked, markup::BuyBox};

/// Brings the buy box of the page to life.
#[island]
pub fn LiveBuyBox(children: Children) -> impl IntoView {
    awake(|| {
        let Some(form) = Part::by_id("buy") else { return };
        let goods = form.get("data-goods").and_then(|text| Goods::read(&parse(&text)?));
        if let Some(goods) = goods {
            let buy_box = Rc::new(Live { form, goods });
            buy_box.show();
            wake(&buy_box);
        }
    });
    children()
}

/// A buy box that is alive.
struct Live {
    form: Part,
    goods: Goods,
}

fn wake(live: &Rc<Live>) {
    let form = &live.form;
    wake_onward(form);
    form.on("change", {
        let live = live.clone();
        move |_| live.changed()
    });
    form.on("submit", {
        let live = live.clone();
        move |event| {
            event.prevent_default();
            live.add();
        }
    });
    let passed = form.clone();
    on_passed(form, move |past| passed.mark("data-passed", past));
}

impl Live {
    /// One value for each group, in the groups' order.
    fn picks(&self) -> Vec<String> {
        let groups = self.form.all("fieldset");
        let name = |group: &Part| group.get("data-name").unwrap_or_default();
        groups.iter().map(|group| self.form.field(&name(group))).collect()
    }

    fn chosen(&self) -> Option<&Offer> {
        self.goods.find(&self.picks())
    }

    /// Shows what is chosen: its price, its stock, and what the other values would mean.
    fn show(&self) {
        let picks = self.picks();
        let offer = self.goods.find(&picks);
        let price = offer.map(|offer| offer.variant.price.to_string()).unwrap_or_default();
        self.form.say_in("price", &price);
        self.form.say_in("bar-price", &price);
        let (words, class) = stock_in_words(offer);
        if let Some(stock) = self.form.slot("stock") {
            stock.say(&words);
            stock.set("class", Some(class));
        }
        if let Some(button) = self.form.slot("add") {
            button.mark("disabled", !offer.is_some_and(|offer| offer.stock.is_available()));
        }
        for (index, group) in self.form.all("fieldset").iter().enumerate() {
            for choice in group.all("label") {
                let value = choice.find("input").map(|radio| radio.value()).unwrap_or_default();
                let note = self.goods.note(&picks, index, &value);
                choice.say_in("note", note);
                choice.mark("data-gone", !note.is_empty());
            }
        }
    }

    fn changed(&self) {
        self.tell(None, false);
        self.show();
        if let Some(offer) = self.chosen()
            && !self.picks().is_empty()
        {
            rename(&of_variant(&self.goods.item.slug, &offer.variant.sku));
        }
    }

    /// Adds to the cart. It counts as added until the server says no.
    fn add(self: &Rc<Self>) {
        let Some(offer) = self.chosen() else { return };
        match Quantity::parse(&self.form.field("quantity")) {
            Err(error) => self.tell(Some(&error.to_string()), false),
            Ok(quantity) => {
                self.tell(None, true);
                let live = self.clone();
                let answered = move |outcome: Result<(), String>| {
                    if let Err(reason) = outcome {
                        live.tell(Some(&reason), false);
                    }
                };
                let item = Box::new(self.goods.sellable(offer));
                store::wish(Wish::Add { item, quantity, name: random_name() }, Box::new(answered));
            }
        }
    }

    /// Says that it was added, or beside the field why it was not.
    fn tell(&self, problem: Option<&str>, added: bool) {
        self.form.say_in("problem", problem.unwrap_or_default());
        self.form.show_in("added", added);
        if let Some(field) = self.form.find("#quantity") {
            field.set("aria-invalid", problem.map(|_| "true"));
            if problem.is_some() {
                field.focus();
            }
        }
    }
}
