//! A part of the page, as the server rendered it: what an island reads from it and changes in it.
//!
//! What may change is marked `data-slot` in the HTML. A slot that is not there is passed over: the
//! page is then as the server made it, which is right, only not live.

use super::events::listen;
use wasm_bindgen::JsCast;
use web_sys::{
    Element, Event, EventInit, FormData, HtmlElement, HtmlFormElement, HtmlInputElement,
    HtmlTemplateElement,
};

/// An element of the page.
#[derive(Clone, PartialEq)]
pub struct Part(Element);

impl Part {
    /// The element with this id.
    pub fn by_id(id: &str) -> Option<Self> {
        web_sys::window()?.document()?.get_element_by_id(id).map(Self)
    }

    /// The whole document.
    pub fn document() -> Option<Self> {
        web_sys::window()?.document()?.document_element().map(Self)
    }

    /// The innermost element around an event's target, or the target, that a selector fits.
    pub fn around(event: &Event, selector: &str) -> Option<Self> {
        let target: Element = event.target()?.dyn_into().ok()?;
        target.closest(selector).ok()?.map(Self)
    }

    /// The element around this one.
    pub fn parent(&self) -> Option<Self> {
        self.0.parent_element().map(Self)
    }

    /// The element itself.
    pub fn element(&self) -> &Element {
        &self.0
    }

    /// The element as the type it is known to be.
    pub fn known_as<T: JsCast>(&self) -> Option<&T> {
        self.0.dyn_ref()
    }

    /// The first part of this one that a selector fits.
    pub fn find(&self, selector: &str) -> Option<Self> {
        self.0.query_selector(selector).ok()?.map(Self)
    }

    /// Every part of this one that a selector fits.
    pub fn all(&self, selector: &str) -> Vec<Self> {
        let Ok(found) = self.0.query_selector_all(selector) else { return Vec::new() };
        let part = |index| found.get(index)?.dyn_into().ok().map(Self);
        (0..found.length()).filter_map(part).collect()
    }

    /// The part marked with this name.
    pub fn slot(&self, name: &str) -> Option<Self> {
        self.find(&["[data-slot=\"", name, "\"]"].concat())
    }

    /// An attribute.
    pub fn get(&self, attribute: &str) -> Option<String> {
        self.0.get_attribute(attribute)
    }

    /// Sets an attribute, or takes it away.
    pub fn set(&self, attribute: &str, value: Option<&str>) {
        // It fails only for a name that is no attribute's.
        let _ = match value {
            Some(value) => self.0.set_attribute(attribute, value),
            None => self.0.remove_attribute(attribute),
        };
    }

    /// Sets an attribute that is there or not.
    pub fn mark(&self, attribute: &str, there: bool) {
        self.set(attribute, there.then_some(""));
    }

    /// Shows the part or hides it.
    pub fn show(&self, shown: bool) {
        self.mark("hidden", !shown);
    }

    /// Puts a text in the place of what is in the part. What it says already is not said again.
    pub fn say(&self, text: &str) {
        if self.text() != text {
            self.0.set_text_content(Some(text));
        }
    }

    /// The text in the part.
    pub fn text(&self) -> String {
        self.0.text_content().unwrap_or_default()
    }

    /// Puts a text into the slot of this name.
    pub fn say_in(&self, slot: &str, text: &str) {
        if let Some(slot) = self.slot(slot) {
            slot.say(text);
        }
    }

    /// Shows or hides the slot of this name.
    pub fn show_in(&self, slot: &str, shown: bool) {
        if let Some(slot) = self.slot(slot) {
            slot.show(shown);
        }
    }

    /// What is in an input.
    pub fn value(&self) -> String {
        self.known_as::<HtmlInputElement>().map(HtmlInputElement::value).unwrap_or_default()
    }

    /// What was in an input when the page was made.
    pub fn first_value(&self) -> String {
        self.known_as::<HtmlInputElement>().map(HtmlInputElement::default_value).unwrap_or_default()
    }

    /// Puts something into an input.
    pub fn set_value(&self, value: &str) {
        if let Some(input) = self.known_as::<HtmlInputElement>() {
            input.set_value(value);
        }
    }

    /// What the field of this name would send, this part being a form.
    pub fn field(&self, name: &str) -> String {
        let form = self.known_as::<HtmlFormElement>();
        let fields = form.and_then(|form| FormData::new_with_form(form).ok());
        fields.and_then(|fields| fields.get(name).as_string()).unwrap_or_default()
    }

    /// Moves the focus here.
    pub fn focus(&self) {
        if let Some(element) = self.known_as::<HtmlElement>() {
            // What cannot have the focus does not get it.
            let _ = element.focus();
        }
    }

    /// A copy of what the template of this id holds.
    pub fn from_template(id: &str) -> Option<Self> {
        let template = Self::by_id(id)?;
        let content = template.known_as::<HtmlTemplateElement>()?.content();
        content.first_element_child()?.clone_node_with_deep(true).ok()?.dyn_into().ok().map(Self)
    }

    /// Puts what the part of the same id holds in another page's HTML in the place of what is in this one. The page is
    /// the store's own. Where it has no such part, nothing changes.
    pub fn renew(&self, page: &str) {
        let document = web_sys::window().and_then(|window| window.document());
        // What lies in a template is no part of the page: nothing of it is loaded or run.
        let template = document.and_then(|document| document.create_element("template").ok());
        let Some(template) = template.and_then(|it| it.dyn_into::<HtmlTemplateElement>().ok())
        else {
            return;
        };
        template.set_inner_html(page);
        if let Some(new) = template.content().get_element_by_id(&self.0.id()) {
            self.0.set_inner_html(&new.inner_html());
        }
    }

    /// Puts a part behind the last one in this.
    pub fn append(&self, part: &Self) {
        // It fails only for a part that this one lies in.
        let _ = self.0.append_child(&part.0);
    }

    /// Takes the part out of the page.
    pub fn remove(&self) {
        self.0.remove();
    }

    /// Hears an event for as long as the page lives.
    pub fn on(&self, event: &str, handler: impl FnMut(Event) + 'static) {
        listen(&self.0, event, Box::new(handler));
    }

    /// Tells those around it that something happened here.
    pub fn tell(&self, event: &str) {
        let bubbling = EventInit::new();
        bubbling.set_bubbles(true);
        if let Ok(event) = Event::new_with_event_init_dict(event, &bubbling) {
            // It fails only for an event that is on its way already.
            let _ = self.0.dispatch_event(&event);
        }
    }
}
