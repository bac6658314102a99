//! The line's page, alive: it says where the visitor stands, asks again when the server says that it is worth it,
//! and goes on when it is the visitor's turn. Its HTML is the server's (`page`).

use super::place::Place;
use crate::browser::{Json, Part, after, awake, begin, get, go, on_return, parse};
use leptos::prelude::*;
use std::{cell::Cell, rc::Rc};

/// How long to wait when nobody has answered, in milliseconds.
const UNANSWERED: i32 = 8_000;

/// Brings the line to life.
#[island(lazy)]
pub fn LiveLine() -> impl IntoView {
    awake(|| {
        let Some(root) = Part::by_id("line") else { return };
        let live = Rc::new(Live { root, said: Cell::new(None), left: Cell::new(false) });
        let back = live.clone();
        on_return(move || {
            if back.left.replace(false) {
                ask(back.clone());
            }
        });
        ask(live);
    })
}

struct Live {
    root: Part,
    /// What was said aloud last.
    said: Cell<Option<(u8, u32)>>,
    /// Whether the visitor has gone on from here: who comes back by the browser's button asks anew.
    left: Cell<bool>,
}

fn ask(live: Rc<Live>) {
    begin(Box::pin(async move {
        let name = live.root.get("data-line").unwrap_or_default();
        let answer = get(&["/api/line/place?name=", &name].concat()).await;
        let told = answer.ok().and_then(|text| parse(&text));
        let next = told.as_ref().and_then(|told| told.text_of("next"));
        let pause = told.and_then(|told| live.hear(&told)).unwrap_or_else(|| live.wonder());
        match next {
            Some(next) => {
                live.left.set(true);
                go(&next);
            }
            None => after(pause, Box::new(move || ask(live))),
        }
    }));
}

impl Live {
    /// Shows what was told, and says in how many milliseconds it is worth asking again.
    fn hear<J: Json>(&self, told: &J) -> Option<i32> {
        let place = Place::read(told)?;
        let (headline, meaning) = (place.headline(), place.meaning());
        self.root.say_in("headline", &headline);
        self.root.say_in("meaning", &meaning);
        if self.said.replace(Some(place.milestone())) != Some(place.milestone()) {
            self.root.say_in("aloud", &[&headline, ". ", &meaning].concat());
        }
        Some(i32::try_from(told.number_of("again")?).unwrap_or(UNANSWERED).max(UNANSWERED / 16))
    }

    /// Nobody has answered, or nothing that makes sense. The place is kept by the ticket all the same.
    fn wonder(&self) -> i32 {
        self.root.say_in(
            "meaning",
            "The shop does not answer just now. Your place is kept; this page asks again.",
        );
        UNANSWERED
    }
}
