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
    browser::{Ear, Part, awake, on_passed, parse, random_name, rename},
    cart::{store, view::Wish, wake_onward},
};
use domain::{Quantity, product::Offer, stock::StockClass};
use goods::Goods;
use leptos::prelude::*;
use std::{cell::RefCell, rc::Rc};

#[cfg(feature = "ssr")]
pub use {asked::Asked, markup::BuyBox};

/// Brings the buy box of the page to life.
#[island]
pub fn LiveBuyBox() -> impl IntoView {
    awake(|| {
        let Some(form) = Part::by_id("buy") else { return };
        let goods = form.get("data-goods").and_then(|text| Goods::read(&parse(&text)?));
        if let Some(goods) = goods {
            let buy_box = Rc::new(Live { form, goods: RefCell::new(goods) });
            buy_box.show();
            wake(&buy_box);
        }
    })
}

/// A buy box that is alive.
struct Live {
    form: Part,
    goods: RefCell<Goods>,
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
    let ear = Ear::open(Box::new({
        let live = live.clone();
        move |name, facts| {
            let changed = live.goods.borrow_mut().hear(name, facts);
            live.show();
            if let Some((sku, before, now)) = changed
                && live.chosen().is_some_and(|offer| offer.variant.sku == sku)
            {
                let words = format!("The price has changed from {before} to {now}.");
                live.form.say_in("price-news", &words);
            }
        }
    }));
    let goods = live.goods.borrow();
    ear.want_skus(goods.offers.iter().map(|offer| offer.variant.sku.as_str()));
}

impl Live {
    /// One value for each group, in the groups' order.
    fn picks(&self) -> Vec<String> {
        let groups = self.form.all("fieldset");
        let name = |group: &Part| group.get("data-name").unwrap_or_default();
        groups.iter().map(|group| self.form.field(&name(group))).collect()
    }

    fn chosen(&self) -> Option<Offer> {
        self.goods.borrow().find(&self.picks()).cloned()
    }

    /// Shows what is chosen: its price, its stock, and what the other values would mean.
    fn show(&self) {
        let picks = self.picks();
        let goods = self.goods.borrow();
        let offer = goods.find(&picks);
        let price = offer.map(|offer| offer.variant.price.to_string()).unwrap_or_default();
        self.form.say_in("price", &price);
        self.form.say_in("bar-price", &price);
        let (words, class) = goods.stock_in_words(offer);
        if let Some(stock) = self.form.slot("stock") {
            stock.say(&words);
            stock.set("class", Some(class));
        }
        if let Some(button) = self.form.slot("add") {
            button.mark("disabled", !offer.is_some_and(|offer| goods.can_be_had(offer)));
        }
        if let Some(field) = self.form.find("#quantity") {
            let most = offer.and_then(few_left).unwrap_or(Quantity::MAX.get());
            field.set("max", Some(&most.to_string()));
        }
        for (index, group) in self.form.all("fieldset").iter().enumerate() {
            for choice in group.all("label") {
                let value = choice.find("input").map(|radio| radio.value()).unwrap_or_default();
                let note = goods.note(&picks, index, &value);
                choice.say_in("note", note);
                choice.mark("data-gone", !note.is_empty());
            }
        }
    }

    fn changed(&self) {
        self.tell(None, false);
        self.form.say_in("price-news", "");
        self.show();
        if let Some(offer) = self.chosen()
            && !self.picks().is_empty()
        {
            rename(&of_variant(&self.goods.borrow().item.slug, &offer.variant.sku));
        }
    }

    /// Adds to the cart. It counts as added until the server says no.
    fn add(self: &Rc<Self>) {
        let Some(offer) = self.chosen() else { return };
        match Quantity::parse(&self.form.field("quantity")) {
            Err(error) => self.tell(Some(&error.to_string()), false),
            // The server would say the same a moment later.
            Ok(quantity) if few_left(&offer).is_some_and(|left| quantity.get() > left) => {
                self.tell(Some(&format!("{}.", offer.stock.label())), false);
            }
            Ok(quantity) => {
                self.tell(None, true);
                let live = self.clone();
                let answered = move |outcome: Result<(), String>| {
                    if let Err(reason) = outcome {
                        live.tell(Some(&reason), false);
                    }
                };
                let item = Box::new(self.goods.borrow().sellable(&offer));
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

/// How many are left, where that is worth saying.
fn few_left(offer: &Offer) -> Option<u32> {
    match offer.stock {
        StockClass::FewLeft { left } => Some(left),
        StockClass::InStock | StockClass::SoldOut => None,
    }
}
