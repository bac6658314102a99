//! What an event means for stock: the step of business that was taken, and in what condition the things are after it
//! (GS1 Core Business Vocabulary 2.0, sections 7.1 and 7.3).
//!
//! Stock is what can be sold. So what comes in unfit for sale does not count, and what an inspection finds unfit is
//! taken out. Steps within the house (packing, stocking, loading …) move nothing here.

use inventory::ToldKind;

/// What kind of event it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// Something was seen, came to be, or ceased to be.
    Object,
    /// Something was put into or onto something else, or taken out.
    Aggregation,
    /// Something belongs to a transaction.
    Transaction,
    /// Something was made of something else.
    Transformation,
    /// Something was attached to something else for good.
    Association,
}

/// What was done to a list of things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// They came to be, or came to belong together.
    Add,
    /// They were seen.
    Observe,
    /// They ceased to be, or to belong together.
    Delete,
}

/// What an event means for stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Its things moved so.
    Moved(ToldKind),
    /// Its things were all that was there.
    Counted,
    /// What went in is gone, and what came out is there, if it is fit to be sold.
    Made {
        /// Whether it is.
        fit: bool,
    },
    /// Nothing, for a reason: a code, and words.
    Nothing(&'static str, &'static str),
}

/// The vocabulary's steps of business.
pub const STEPS: &str = "\
    accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting \
    decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting \
    installing killing loading other packing picking receiving removing repackaging repairing replacing \
    reserving retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing \
    transporting unloading unpacking void_shipping";

/// The vocabulary's conditions.
pub const CONDITIONS: &str = "\
    active available completeness_inferred completeness_verified conformant container_closed container_open \
    damaged destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_class \
    mismatch_instance mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other \
    partially_dispensed recalled reserved retail_sold returned sellable_accessible sellable_not_accessible \
    stolen unavailable unknown";

/// Conditions in which nobody buys a thing.
const UNFIT: [&str; 11] = [
    "damaged",
    "destroyed",
    "disposed",
    "expired",
    "inactive",
    "needs_replacement",
    "non_conformant",
    "non_sellable_other",
    "recalled",
    "stolen",
    "unavailable",
];

const INTERNAL: Meaning =
    Meaning::Nothing("not_about_stock", "A step within the house: no stock comes or goes by it.");
const UNFIT_ALREADY: Meaning =
    Meaning::Nothing("not_sellable", "What cannot be sold is not in stock, and was not before.");

/// What an event means. The step and the condition are words of the vocabulary, without what stands in front of
/// them (see [`word`]).
pub fn of(
    kind: EventKind,
    action: Option<Action>,
    step: Option<&str>,
    condition: Option<&str>,
) -> Meaning {
    use Action::{Add, Delete, Observe};
    use ToldKind::{Received, Returned, Scrapped, Shipped};
    let unfit = condition.is_some_and(|condition| UNFIT.contains(&condition));
    let is_object = kind == EventKind::Object;
    // Of things that are together or belong to a transaction, an end of that is no movement of them.
    let seen = match action {
        Some(Observe) | Some(Add) => true,
        Some(Delete) => is_object,
        None => false,
    };
    match (kind, step) {
        (EventKind::Association, _) => {
            Meaning::Nothing("association", "What is attached to what is not about stock.")
        }
        (EventKind::Transformation, _) => Meaning::Made { fit: !unfit },
        (_, None) => {
            Meaning::Nothing("no_step", "It names no step of business, so it may mean anything.")
        }
        (_, Some("receiving")) if action != Some(Delete) => match condition {
            Some("returned") => Meaning::Moved(Returned),
            _ if unfit => UNFIT_ALREADY,
            _ => Meaning::Moved(Received),
        },
        (_, Some("shipping" | "consigning" | "retail_selling" | "dispensing")) if seen => {
            if is_object && action == Some(Add) {
                INTERNAL
            } else if unfit {
                UNFIT_ALREADY
            } else {
                Meaning::Moved(Shipped)
            }
        }
        (_, Some("void_shipping")) if action != Some(Delete) => {
            if unfit {
                UNFIT_ALREADY
            } else {
                Meaning::Moved(Returned)
            }
        }
        (_, Some("commissioning" | "creating_class_instance"))
            if is_object && action == Some(Add) =>
        {
            if unfit {
                UNFIT_ALREADY
            } else {
                Meaning::Moved(Received)
            }
        }
        (_, Some("decommissioning" | "destroying")) if is_object && action == Some(Delete) => {
            Meaning::Moved(Scrapped)
        }
        (_, Some("inspecting")) if is_object && action == Some(Observe) && unfit => {
            Meaning::Moved(Scrapped)
        }
        (_, Some("cycle_counting" | "stock_taking")) if is_object && action == Some(Observe) => {
            if unfit {
                UNFIT_ALREADY
            } else {
                Meaning::Counted
            }
        }
        _ => INTERNAL,
    }
}

/// A word of the vocabulary, in whichever of its three forms it is written.
pub fn word<'a>(text: &'a str, of: &str) -> &'a str {
    // `urn:epcglobal:cbv:bizstep:receiving`, `https://ref.gs1.org/cbv/BizStep-receiving`, `receiving`
    let urn = text.strip_prefix("urn:epcglobal:cbv:").and_then(|rest| rest.split_once(':'));
    let web = ["https://ref.gs1.org/cbv/", "https://ns.gs1.org/cbv/"];
    let web = web.iter().find_map(|prefix| text.strip_prefix(prefix)?.split_once('-'));
    match urn.or(web) {
        Some((list, word)) if list.eq_ignore_ascii_case(of) => word,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Action::{Add, Delete, Observe};
    use EventKind::{Aggregation, Association, Object, Transaction, Transformation};
    use ToldKind::{Received, Returned, Scrapped, Shipped};

    #[test]
    fn the_step_and_the_condition_say_what_moved() {
        for (kind, action, step, condition, moved) in [
            (Object, Observe, "receiving", "in_progress", Received),
            (Object, Add, "receiving", "", Received),
            (Object, Observe, "receiving", "returned", Returned),
            (Object, Add, "commissioning", "active", Received),
            (Object, Add, "creating_class_instance", "", Received),
            (Object, Observe, "shipping", "in_transit", Shipped),
            (Object, Delete, "shipping", "", Shipped),
            (Object, Observe, "consigning", "", Shipped),
            (Object, Delete, "retail_selling", "retail_sold", Shipped),
            (Object, Observe, "void_shipping", "", Returned),
            (Object, Delete, "decommissioning", "inactive", Scrapped),
            (Object, Delete, "destroying", "destroyed", Scrapped),
            (Object, Observe, "inspecting", "damaged", Scrapped),
            (Aggregation, Observe, "receiving", "", Received),
            (Aggregation, Add, "shipping", "in_transit", Shipped),
            (Transaction, Add, "shipping", "in_transit", Shipped),
            (Transaction, Observe, "receiving", "", Received),
        ] {
            let meant = of(kind, Some(action), Some(step), Some(condition));
            assert_eq!(meant, Meaning::Moved(moved), "{kind:?} {action:?} {step} {condition}");
        }
        for step in ["cycle_counting", "stock_taking"] {
            assert_eq!(of(Object, Some(Observe), Some(step), None), Meaning::Counted);
        }
        let made = |condition| of(Transformation, None, Some("assembling"), condition);
        assert_eq!(made(Some("active")), Meaning::Made { fit: true });
        assert_eq!(made(Some("damaged")), Meaning::Made { fit: false });
    }

    #[test]
    fn all_else_moves_nothing_and_says_why() {
        for (kind, action, step, condition, code) in [
            (Object, Observe, "stocking", "", "not_about_stock"),
            (Object, Observe, "inspecting", "conformant", "not_about_stock"),
            (Object, Observe, "decommissioning", "", "not_about_stock"),
            (Object, Add, "shipping", "", "not_about_stock"),
            (Object, Delete, "receiving", "", "not_about_stock"),
            (Object, Observe, "receiving", "damaged", "not_sellable"),
            (Object, Observe, "shipping", "recalled", "not_sellable"),
            (Object, Observe, "cycle_counting", "expired", "not_sellable"),
            (Object, Observe, "void_shipping", "damaged", "not_sellable"),
            (Aggregation, Add, "packing", "", "not_about_stock"),
            (Aggregation, Delete, "receiving", "", "not_about_stock"),
            (Aggregation, Delete, "destroying", "", "not_about_stock"),
            (Transaction, Delete, "shipping", "", "not_about_stock"),
            (Transaction, Observe, "cycle_counting", "", "not_about_stock"),
            (Association, Add, "installing", "", "association"),
        ] {
            let meant = of(kind, Some(action), Some(step), Some(condition));
            let Meaning::Nothing(found, _) = meant else { panic!("{kind:?} {step}: {meant:?}") };
            assert_eq!(found, code, "{kind:?} {action:?} {step} {condition}");
        }
        assert!(matches!(of(Object, Some(Observe), None, None), Meaning::Nothing("no_step", _)));
    }

    #[test]
    fn a_word_is_the_same_in_each_of_its_forms() {
        for text in [
            "receiving",
            "urn:epcglobal:cbv:bizstep:receiving",
            "https://ref.gs1.org/cbv/BizStep-receiving",
            "https://ns.gs1.org/cbv/BizStep-receiving",
        ] {
            assert_eq!(word(text, "bizstep"), "receiving");
        }
        for other in ["https://maker.example/receiving", "urn:epcglobal:cbv:disp:receiving"] {
            assert_eq!(word(other, "bizstep"), other);
        }
    }
}
