//! How an order stands, told live: the server sends news and the words follow, without a reload. Its
//! HTML is the server's (`markup`, `course`); what became of its goods is taken from the page as the server makes it now.

use super::standing::{Standing, cancel_reason};
use crate::{
    browser::{Ear, Fields, Json, Part, after, awake, begin, get, go, on_return, parse, post},
    cart::store,
};
use domain::order::CancelReason;
use leptos::prelude::*;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// Brings the status of an order to life.
#[island(lazy)]
pub fn LiveOrder() -> impl IntoView {
    awake(|| {
        let Some(root) = Part::by_id("order") else { return };
        let standing = Standing::parse(
            &root.get("data-state").unwrap_or_default(),
            &root.get("data-payment").unwrap_or_default(),
            &root.get("data-fulfilment").unwrap_or_default(),
        );
        if let Some(standing) = standing {
            wake_payment(&root);
            bought(standing);
            if standing.goes_on() {
                listen(root);
            }
        }
    })
}

fn listen(root: Part) {
    let own = Rc::new(RefCell::new(None::<Ear>));
    let wanted = root.get("data-news").unwrap_or_default();
    let ear = Ear::open(Box::new({
        let own = own.clone();
        move |name, told| {
            let Some(standing) = Standing::read(told).filter(|_| name == "order") else { return };
            show(&root, standing, cancel_reason(told));
            bought(standing);
            let version = told.number_of("version").unwrap_or_default().to_string();
            if root.get("data-version").is_some_and(|shown| shown != version) {
                root.set("data-version", Some(&version));
                begin(Box::pin(renew(root.clone())));
            }
            if !standing.goes_on()
                && let Some(ear) = own.take()
            {
                ear.want(String::new());
            }
        }
    }));
    ear.want(wanted);
    own.replace(Some(ear));
}

fn show(root: &Part, standing: Standing, cancelled: Option<CancelReason>) {
    root.say_in("headline", standing.headline());
    root.say_in("meaning", standing.meaning(cancelled));
    root.show_in("pay", standing.can_pay());
    root.mark("data-paid", standing.is_paid());
    if standing.is_paid() {
        root.say_in("paid-on", "Just now");
    }
    for step in root.all("[data-step-ahead]") {
        step.show(!standing.is_over());
    }
}

/// Shows the steps and the course of the order as the server writes them now. Whoever is about to cancel is not
/// interrupted: what is open stays, and the server says what became of it.
async fn renew(root: Part) {
    let Ok(page) = get(&root.get("data-page").unwrap_or_default()).await else { return };
    for id in ["steps", "course"] {
        if let Some(part) = Part::by_id(id).filter(|part| part.find("details[open]").is_none()) {
            part.renew(&page);
        }
    }
}

fn bought(standing: Standing) {
    if standing.is_paid() {
        look_until_emptied(5);
    }
}

/// What was bought goes out of the cart a moment after the order is told paid. Looks so many times, a
/// second apart.
fn look_until_emptied(times: u32) {
    if times > 0 && !store::confirmed().is_empty() {
        store::look();
        after(1_000, Box::new(move || look_until_emptied(times - 1)));
    }
}

/// Sends the form that pays again once, and says if it could not.
fn wake_payment(root: &Part) {
    let Some(form) = root.slot("pay") else { return };
    let busy = Rc::new(Cell::new(false));
    let sent = (form.clone(), busy.clone());
    form.on("submit", move |event| {
        event.prevent_default();
        let (form, busy) = sent.clone();
        if !busy.replace(true) {
            begin(Box::pin(pay(form, busy)));
        }
    });
    on_return(move || busy.set(false));
}

async fn pay(form: Part, busy: Rc<Cell<bool>>) {
    form.say_in("trouble", "");
    match post("/api/orders/pay", Fields::of_form(&form)).await {
        Ok(text) => go(&parse(&text).and_then(|json| json.text_of("next")).unwrap_or_default()),
        Err(refused) => {
            form.say_in("trouble", &refused.message);
            busy.set(false);
        }
    }
}
