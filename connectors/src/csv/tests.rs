//! Tables as systems write them.

use super::*;
use crate::{CountRow, MovementRow, Name, Row, Said};
use inventory::ToldKind;

fn read_as(name: &str, text: &str) -> Result<Batch, Vec<Fault>> {
    Csv.read(&Document { source: "wms", name, bytes: text.as_bytes() })
}

fn read(text: &str) -> Batch {
    read_as("file.csv", text).unwrap_or_else(|faults| panic!("{text}: {faults:?}"))
}

/// The places and codes of what is wrong with the whole.
fn refused(text: &str) -> Vec<(String, &'static str)> {
    let faults = read_as("file.csv", text).unwrap_err();
    faults.into_iter().map(|fault| (fault.place, fault.code)).collect()
}

fn received(external_id: &str, sku: &str, quantity: i64) -> MovementRow {
    MovementRow {
        external_id: external_id.to_owned(),
        sequence: None,
        warehouse: Name::Ours("north".to_owned()),
        sku: Name::Ours(sku.to_owned()),
        kind: ToldKind::Received,
        quantity,
        order: None,
        occurred_at: None,
        elsewhere: None,
    }
}

#[test]
fn a_table_is_read_however_the_system_writes_it() {
    let rows = [received("1", "MUG", 5), received("2", "CUP \"S\"", 7)];
    let expected: Vec<_> =
        rows.into_iter().map(|row| Said::Rows(vec![Row::Movement(row)])).collect();
    for text in [
        "external_id,warehouse,sku,kind,quantity\n1,north,MUG,received,5\n2,north,\"CUP \"\"S\"\"\",received,7\n",
        "external_id,warehouse,sku,kind,quantity\r\n1,north,MUG,received,5\r\n2,north,\"CUP \"\"S\"\"\",received,7\r\n",
        "\u{feff}external_id;warehouse;sku;kind;quantity\n1;north;MUG;received;5\n2;north;\"CUP \"\"S\"\"\";received;7\n",
        "kind,quantity,sku,warehouse,external_id\n\nreceived, 5 ,MUG,north,1\n\nreceived,+7,\"CUP \"\"S\"\"\",north,2\n#end,2\n",
    ] {
        let said: Vec<_> = read(text).items.into_iter().map(|item| item.said).collect();
        assert_eq!(said, expected, "{text}");
    }
}

#[test]
fn all_that_a_movement_has_is_read() {
    let order = "0f3a77d1-1111-7222-8333-444455556666";
    let head = "external_id,sequence,warehouse,sku,kind,quantity,order,occurred_at";
    let text = format!("{head}\na/1,7,north,MUG,shipped,5,{order},2026-11-27T10:00:00+01:00\n");
    let expected = MovementRow {
        sequence: Some(7),
        kind: ToldKind::Shipped,
        order: order.parse().ok(),
        occurred_at: "2026-11-27T09:00:00Z".parse().ok(),
        ..received("a/1", "MUG", 5)
    };
    let batch = read(&text);
    assert_eq!(batch.items[0].said, Said::Rows(vec![Row::Movement(expected)]));
    assert_eq!((&*batch.items[0].place, &*batch.items[0].name), ("line 2", "a/1"));
}

#[test]
fn a_file_with_on_hand_is_of_counts() {
    let text = "warehouse,sku,on_hand,as_of\nnorth,MUG,0,2026-11-27T10:00:00Z\n";
    let expected = CountRow {
        as_of: "2026-11-27T10:00:00Z".parse().unwrap(),
        warehouse: Name::Ours("north".to_owned()),
        sku: Name::Ours("MUG".to_owned()),
        on_hand: 0,
    };
    assert_eq!(read(text).items[0].said, Said::Rows(vec![Row::Count(expected)]));
}

#[test]
fn a_head_that_does_not_fit_is_told_with_all_that_is_wrong() {
    let line = |code| ("line 1".to_owned(), code);
    assert_eq!(refused(""), [line("empty")]);
    assert_eq!(refused("\n\n"), [line("empty")]);
    assert_eq!(
        refused("sku,sku,kind,quantity,colour\n"),
        [line("repeated_column"), line("missing_column"), line("unknown_column")]
    );
    assert_eq!(refused("warehouse,sku,on_hand\n"), [line("missing_column")]);
    assert_eq!(refused("warehouse,sku,on_hand,as_of,quantity\n"), [line("unknown_column")]);
}

#[test]
fn a_row_that_does_not_fit_is_told_in_its_place_and_keeps_no_other() {
    let head = "external_id,warehouse,sku,kind,quantity,order,occurred_at\n";
    for (row, code) in [
        ("1,north,MUG,eaten,5,,", "unknown_kind"),
        ("1,north,MUG,received,five,,", "not_a_number"),
        ("1,north,MUG,received,0.5,,", "not_a_number"),
        ("1,north,MUG,received,1e300,,", "not_a_number"),
        ("1,north,MUG,received,99999999999999999999,,", "absurd_quantity"),
        ("1,north,MUG,received,,,", "missing"),
        (",north,MUG,received,5,,", "missing"),
        ("1,,MUG,received,5,,", "missing"),
        ("1,north,MUG,received,5,4711,", "wrong_form"),
        ("1,north,MUG,received,5,,yesterday", "wrong_form"),
        ("1,north,MUG,received,5", "wrong_width"),
        ("1,north,MUG,received,5,,,8", "wrong_width"),
    ] {
        let batch = read(&format!("{head}{row}\n2,north,MUG,received,5,,\n"));
        let Said::Wrong(fault) = &batch.items[0].said else { panic!("{row}: {batch:?}") };
        assert_eq!((&*fault.place, fault.code), ("line 2", code), "{row}");
        assert!(matches!(batch.items[1].said, Said::Rows(_)), "{row}");
    }
}

#[test]
fn a_file_that_may_have_been_cut_off_is_refused() {
    let whole = "external_id,warehouse,sku,kind,quantity\n1,north,MUG,received,5\n";
    let end = |code| [("the end".to_owned(), code)];
    assert_eq!(refused(whole.trim_end()), end("cut_off"));
    assert_eq!(refused(&format!("{whole}2,north,\"MUG\n")), end("cut_off"));
    assert_eq!(refused(&format!("{whole}#end,2\n")), [("line 3".to_owned(), "cut_off")]);
    assert_eq!(refused(&format!("{whole}#end\n")), [("line 3".to_owned(), "cut_off")]);
    let behind = format!("{whole}#end,1\n2,north,MUG,received,5\n");
    assert_eq!(refused(&behind), [("line 4".to_owned(), "behind_the_end")]);
    assert_eq!(read(&format!("{whole}#end,1\n")), read(whole));
    let latin = Document { source: "wms", name: "", bytes: b"warehouse,sku\n\nz\xfcrich" };
    let faults = Csv.read(&latin).unwrap_err();
    assert_eq!((&*faults[0].place, faults[0].code), ("line 3", "not_utf8"));
}

#[test]
fn rows_without_names_are_named_after_the_whole_file() {
    let whole = "warehouse,sku,kind,quantity\nnorth,MUG,received,5\nnorth,MUG,received,5\n#end,2\n";
    let names = |file: &str, text: &str| -> Vec<String> {
        let batch = read_as(file, text).unwrap();
        batch.items.into_iter().map(|item| item.name).collect()
    };
    let first = names("monday.csv", whole);
    assert_ne!(first[0], first[1], "two rows that say the same are two deliveries");
    assert_eq!(names("monday.csv", whole), first, "the same file again is the same deliveries");
    assert_ne!(names("tuesday.csv", whole), first, "another file has others");
    let more = whole.replace("received,5\n#end,2", "received,6\n#end,2");
    assert_ne!(names("monday.csv", &more)[0], first[0], "what has another content is another file");
    let longest = names(&"é".repeat(300), whole).concat().chars().count();
    assert!(longest < 2 * inventory::told::LONGEST_EXTERNAL_ID);
    assert_eq!(refused(whole.trim_end_matches("#end,2\n")), [("the end".to_owned(), "no_end")]);
}

#[test]
fn the_last_line_is_understood_with_commas_and_with_semicolons() {
    let comma = "warehouse,sku,kind,quantity\nnorth,MUG,received,5\nnorth,MUG,received,5\n";
    let semicolon = comma.replace(',', ";");
    for (rows, between) in [(comma, ","), (&*semicolon, ";")] {
        // Where it is written by hand into a spreadsheet, empty fields stand behind it.
        let padded = format!("#end{between}2{between}{between}");
        for end in ["#end,2", "#end;2", "\"#end,2\"", "#end; 2", &padded] {
            let batch = read(&format!("{rows}{end}\n"));
            let rows = batch.items.iter().filter(|item| matches!(item.said, Said::Rows(_)));
            assert_eq!((rows.count(), batch.items.len()), (2, 2), "{end}");
        }
        for end in ["#end,3", "#end;3", "#end,", "#end;", "#end"] {
            assert_eq!(refused(&format!("{rows}{end}\n")), [("line 4".to_owned(), "cut_off")]);
        }
    }
}

#[test]
fn a_million_rows_are_refused_in_a_moment() {
    let mut text = "external_id,warehouse,sku,kind,quantity\n".to_owned();
    for nth in 0..1_000_000 {
        text.push_str(&format!("{nth},north,MUG,received,5\n"));
    }
    assert_eq!(refused(&text), [(format!("line {}", MOST_ROWS + 2), "too_many_rows")]);
}
