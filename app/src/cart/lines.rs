//! The lines of the cart, alive, in the drawer and on the page: how many of each, away with it, and
//! a way back. Their HTML is the server's (`markup`).

use super::{line::LineShown, store, view::Wish};
use crate::browser::{Part, after, random_name};
use domain::{Cart, CartLine, Quantity, Sku};
use std::{cell::RefCell, rc::Rc};

/// Hears what is done to the lines within a part of the page.
pub fn wake(root: &Part) {
    let removed = Rc::new(RefCell::new(None));
    root.on("change", |event| {
        if let Some(form) = Part::around(&event, "form[data-does=set]") {
            set_from(&form);
        }
    });
    root.on("submit", {
        let (root, removed) = (root.clone(), removed.clone());
        move |event| {
            let Some(form) = Part::around(&event, "form[data-does]") else { return };
            event.prevent_default();
            match form.get("data-does").as_deref() {
                Some("set") => set_from(&form),
                _ => remove(&root, &form.field("sku"), &removed),
            }
        }
    });
    root.on("click", {
        let root = root.clone();
        move |event| {
            if Part::around(&event, "[data-does=undo]").is_some() {
                undo(&root, removed.take());
            }
        }
    });
    // What was typed before the lines were alive is a wish as well.
    for form in root.all("form[data-does=set]") {
        let field = form.find("input[type=number]");
        if field.is_some_and(|field| field.value() != field.first_value()) {
            set_from(&form);
        }
    }
}

/// Shows a cart: changes what is there, adds what is new, takes out what is gone.
pub fn show(root: &Part, cart: &Cart) {
    let Some(list) = root.slot("lines") else { return };
    for item in list.all("[data-sku]") {
        let sku = item.get("data-sku").unwrap_or_default();
        if !cart.lines.iter().any(|line| line.item.sku.as_str() == sku) {
            item.remove();
        }
    }
    for line in &cart.lines {
        let shown = LineShown::of(cart, line);
        let item = item_of(&list, &shown.sku).or_else(|| {
            let item = Part::from_template("cart-line")?;
            list.append(&item);
            Some(item)
        });
        if let Some(item) = item {
            fill(&item, &shown);
        }
    }
    let subtotal = cart.subtotal().map(|subtotal| subtotal.to_string());
    root.say_in("items", &subtotal.unwrap_or_default());
    root.show_in("full", !cart.is_empty());
    root.show_in("empty", cart.is_empty());
}

/// The line of a SKU.
pub fn item_of(list: &Part, sku: &str) -> Option<Part> {
    list.all("[data-sku]").into_iter().find(|item| item.get("data-sku").as_deref() == Some(sku))
}

/// Writes into the HTML of a line what `markup` writes into it on the server.
fn fill(item: &Part, shown: &LineShown) {
    item.set("data-sku", Some(&shown.sku));
    for link in item.all("a") {
        link.set("href", Some(&shown.address));
    }
    if let Some(photograph) = item.find("img") {
        photograph.show(!shown.photograph.is_empty());
        photograph.set("src", Some(&shown.photograph));
    }
    for field in item.all("[name=sku]") {
        field.set_value(&shown.sku);
    }
    for (slot, text) in [
        ("name", &shown.name),
        ("options", &shown.options),
        ("each", &shown.each),
        ("total", &shown.total),
        ("label", &shown.label()),
    ] {
        item.say_in(slot, text);
    }
    let field_id = shown.field();
    let problem_id = format!("{field_id}-problem");
    if let (Some(label), Some(problem)) = (item.slot("label"), item.slot("problem")) {
        label.set("for", Some(&field_id));
        problem.set("id", Some(&problem_id));
    }
    if let Some(field) = item.find("input[type=number]") {
        field.set("id", Some(&field_id));
        field.set("aria-describedby", Some(&problem_id));
        // What could not be had stays as it was typed.
        if field.get("aria-invalid").is_none() && field.value() != shown.quantity {
            field.set_value(&shown.quantity);
        }
    }
    if let Some(button) = item.slot("remove") {
        button.set("aria-label", Some(&shown.remove()));
    }
}

fn set_from(form: &Part) {
    let Ok(sku) = Sku::parse(&form.field("sku")) else { return };
    let form = form.clone();
    tell_problem(&form, None);
    match Quantity::parse(&form.field("quantity")) {
        Err(error) => tell_problem(&form, Some(&error.to_string())),
        // Enter in the field is a change and a submission at once; one wish is enough.
        Ok(quantity) if quantity_of(&store::shown(), &sku) == Some(quantity) => {}
        Ok(quantity) => store::wish(
            Wish::Set { sku, quantity },
            Box::new(move |outcome| tell_problem(&form, outcome.err().as_deref())),
        ),
    }
}

fn quantity_of(cart: &Cart, sku: &Sku) -> Option<Quantity> {
    cart.lines.iter().find(|line| line.item.sku == *sku).map(|line| line.quantity)
}

/// Says beside a line's field why its number could not be had.
pub fn tell_problem(form: &Part, reason: Option<&str>) {
    form.say_in("problem", reason.unwrap_or_default());
    if let Some(field) = form.find("input[type=number]") {
        field.set("aria-invalid", reason.map(|_| "true"));
    }
}

fn remove(root: &Part, sku: &str, removed: &Rc<RefCell<Option<CartLine>>>) {
    let mut lines = store::shown().lines.into_iter();
    let Some(line) = lines.find(|line| line.item.sku.as_str() == sku) else { return };
    root.say_in("removed-name", &line.item.name);
    root.show_in("removed", true);
    root.say_in("refused", "");
    let sku = line.item.sku.clone();
    removed.replace(Some(line));
    let notice = root.clone();
    let answered = move |outcome: Result<(), String>| {
        if let Err(reason) = outcome {
            notice.show_in("removed", false);
            notice.say_in("refused", &reason);
        }
    };
    store::wish(Wish::Remove { sku }, Box::new(answered));
    // The button that had the focus is gone; the way back is the next thing to want.
    focus_later(root.find("[data-does=undo]"));
}

fn undo(root: &Part, removed: Option<CartLine>) {
    root.show_in("removed", false);
    let Some(CartLine { item, quantity }) = removed else { return };
    let sku = item.sku.to_string();
    root.say_in("refused", "");
    let notice = root.clone();
    let answered = move |outcome: Result<(), String>| {
        notice.say_in("refused", &outcome.err().unwrap_or_default());
    };
    let wish = Wish::Add { item: Box::new(item), quantity, name: random_name() };
    store::wish(wish, Box::new(answered));
    let root = root.clone();
    let focus = move || {
        let item = root.slot("lines").and_then(|list| item_of(&list, &sku));
        focus_later(item.and_then(|item| item.find("input[type=number]")));
    };
    after(0, Box::new(focus));
}

/// Moves the focus once the page shows what was just changed.
fn focus_later(part: Option<Part>) {
    if let Some(part) = part {
        after(0, Box::new(move || part.focus()));
    }
}
