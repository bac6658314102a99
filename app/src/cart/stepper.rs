//! The buttons beside every number of pieces. They are of use with scripts only; the field between
//! them is a field without.

use crate::browser::Part;
use domain::Quantity;

/// Lets every stepper of the page step, also those that appear later. A step is told as a `change`
/// of the field.
pub fn wake() {
    let Some(document) = Part::document() else { return };
    document.on("click", |event| {
        let button = Part::around(&event, "[data-step]");
        let Some((button, by)) = button.and_then(|button| {
            let by = button.get("data-step")?.parse().ok()?;
            Some((button, by))
        }) else {
            return;
        };
        if let Some(field) = button.parent().and_then(|stepper| stepper.find("input")) {
            let most = field.get("max").and_then(|most| most.parse().ok());
            let most = most.unwrap_or(Quantity::MAX.get() as i32);
            field.set_value(&stepped(&field.value(), by, most).to_string());
            field.tell("change");
        }
    });
}

/// One more or less than was typed, within what can be ordered; from what is no number, one.
fn stepped(typed: &str, by: i32, most: i32) -> i32 {
    let pieces = Quantity::parse(typed).map_or(0, |quantity| quantity.get() as i32);
    (pieces + by).min(most).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_stays_within_what_can_be_ordered() {
        let stepped = |typed, by| stepped(typed, by, 999);
        assert_eq!((stepped("2", 1), stepped("2", -1)), (3, 1));
        assert_eq!((stepped("1", -1), stepped("999", 1)), (1, 999));
        assert_eq!((stepped("", 1), stepped("two", -1)), (1, 1));
    }

    #[test]
    fn where_few_are_left_no_step_leads_beyond_them() {
        assert_eq!((stepped("1", 1, 2), stepped("2", 1, 2), stepped("7", 1, 2)), (2, 2, 2));
        assert_eq!(stepped("7", -1, 0), 1);
    }
}
