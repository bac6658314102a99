//! Invoices and credit notes: numbers without a gap, whatever fails; documents that stay as they are; and no more
//! credited than was invoiced.

use crate::world::{CHAIR, LAMP, World};
use domain::{Sku, invoice::InvoiceKind, order::OrderState};
use orders::{
    Placed,
    invoices::{Clerk, Credit, CreditedPieces, Seller},
};
use sqlx::types::Json;
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

fn seller() -> Seller {
    Seller {
        name: "Lampenhaus GmbH".to_owned(),
        address: vec!["Unter den Linden 1".to_owned(), "10117 Berlin".to_owned()],
        vat_number: "DE999999999".to_owned(),
        email: "orders@shop.example".to_owned(),
    }
}

fn clerk(world: &World) -> Clerk {
    Clerk::new(world.pool.clone(), seller())
}

async fn paid(world: &World, sku: &str, pieces: u32) -> Placed {
    let shopper = world.shopper(sku, pieces).await;
    let placed = world.place(&shopper).await.unwrap();
    world.choose(&placed.pay, "success").await;
    assert_eq!(world.look(&placed).await.state, OrderState::Paid);
    placed
}

/// Asks for a credit note of the one order there is.
async fn ask_for_credit(world: &World, refund: &str, minor: i64, pieces: Vec<CreditedPieces>) {
    let credit = Credit { refund: refund.to_owned(), amount: crate::world::eur(minor), pieces };
    sqlx::query(
        "insert into invoices_due (id, order_id, kind, cause, credit)
         select gen_random_uuid(), id, 'credit_note', $1, $2 from orders",
    )
    .bind(refund)
    .bind(Json(credit))
    .execute(&world.pool)
    .await
    .unwrap();
}

/// Orders like the one there is, each paid and asking for an invoice.
async fn copy_orders(world: &World, count: i32) {
    for statement in [
        "insert into orders (id, number, access_key, market, cart_id, cart_version, digest, state, cancel_reason, email,
           shipping_method, currency, items_minor, shipping_minor, total_minor, taxes, placed_at, expires_at, paid_at,
           cancelled_at, next_check_at, checks, payment_status)
         select gen_random_uuid(), 'V-' || copy, access_key, market, cart_id || copy, cart_version, digest,
           state, cancel_reason, email, shipping_method, currency, items_minor, shipping_minor, total_minor, taxes,
           placed_at, expires_at, paid_at, cancelled_at, next_check_at, checks, payment_status
         from orders, generate_series(1, $1) as copy",
        "insert into addresses
         select orders.id, full_name, street, city, postal_code, country
         from orders, addresses
         where orders.id <> order_id and $1 > 0",
        "insert into lines
         select orders.id, position, sku, product_id, slug, name, options, quantity, unit_minor, lines.total_minor,
           tax_rate_basis_points
         from orders, lines
         where orders.id <> order_id and $1 > 0",
        "insert into invoices_due (id, order_id, kind, cause)
         select gen_random_uuid(), id, 'invoice', '' from orders where $1 > 0
         on conflict do nothing",
    ] {
        sqlx::query(statement).bind(count).execute(&world.pool).await.unwrap();
    }
}

const SERIALS: &str = "select count(*) from invoices";
const GAPS: &str = "select count(*) from (
    select serial - row_number() over (partition by series, year order by serial) as shift from invoices
  ) as numbered where shift <> 0";
const LAST: &str = "select coalesce(sum(last), 0)::bigint from invoice_counters";

#[tokio::test]
async fn who_has_paid_finds_the_invoice_on_the_orders_page() {
    let world = World::new().await;
    let placed = paid(&world, LAMP, 2).await;
    let (orders, clerk) = (&world.orders, clerk(&world));
    assert!(orders.list_invoices(&placed.number, &placed.key).await.unwrap().is_empty());
    assert!(clerk.next().await.unwrap());
    assert!(!clerk.next().await.unwrap(), "there is one invoice");

    let listed = orders.list_invoices(&placed.number, &placed.key).await.unwrap();
    let [invoice] = &listed[..] else { panic!("{listed:?}") };
    assert_eq!((invoice.kind, invoice.total), (InvoiceKind::Invoice, crate::world::eur(4_488)));
    let year = invoice.issued_on.year();
    assert_eq!(invoice.number, format!("INV-{year}-000001"));
    let pdf =
        orders.find_invoice(&placed.number, &placed.key, &invoice.number).await.unwrap().unwrap();
    assert!(pdf.starts_with(b"%PDF-1.7"));
    // Nobody else finds it, nor another one by this order's key.
    for (key, number) in [("x", invoice.number.as_str()), (&placed.key, "INV-2026-000002")] {
        assert!(orders.find_invoice(&placed.number, key, number).await.unwrap().is_none());
    }
    assert!(orders.list_invoices(&placed.number, "x").await.unwrap().is_empty());
    // What was asked for twice is issued once.
    world.look(&placed).await;
    assert!(!clerk.next().await.unwrap());
}

#[tokio::test]
async fn clerks_beside_each_other_number_without_a_gap_whatever_fails() {
    let world = World::new().await;
    paid(&world, LAMP, 1).await;
    copy_orders(&world, 60).await;
    // Some cannot be issued, and are when they can: their numbers are given back.
    sqlx::query("alter table invoices add constraint unlucky_ck check (hashtext(order_id::text) % 4 <> 0) not valid")
        .execute(&world.pool)
        .await
        .unwrap();
    let clerks: Vec<_> = (0..4).map(|_| clerk(&world)).collect();
    let work = |clerk: Clerk| async move { while clerk.next().await.unwrap() {} };
    futures::future::join_all(clerks.iter().cloned().map(work)).await;
    let issued = world.scalar(SERIALS).await;
    assert!((1..61).contains(&issued), "{issued}");
    assert_eq!((world.scalar(GAPS).await, world.scalar(LAST).await), (0, issued));

    sqlx::query("alter table invoices drop constraint unlucky_ck")
        .execute(&world.pool)
        .await
        .unwrap();
    sqlx::query("update invoices_due set next_at = now()").execute(&world.pool).await.unwrap();
    futures::future::join_all(clerks.into_iter().map(work)).await;
    assert_eq!(world.scalar(SERIALS).await, 61);
    assert_eq!((world.scalar(GAPS).await, world.scalar(LAST).await), (0, 61));
    assert_eq!(world.scalar("select count(*) from invoice_prints").await, 61);
    assert_eq!(world.scalar("select count(*) from invoices_due").await, 0);
}

#[tokio::test]
async fn a_clerk_who_is_gone_in_the_midst_leaves_no_gap_and_nothing_unprinted() {
    let world = World::new().await;
    paid(&world, LAMP, 1).await;
    copy_orders(&world, 30).await;
    // Dropped at any point of its work, as a process that is killed.
    static BEGUN: AtomicUsize = AtomicUsize::new(0);
    for micros in (0..60u64).map(|n| n * 400) {
        let clerk = clerk(&world);
        BEGUN.fetch_add(1, Ordering::Relaxed);
        let _ = tokio::time::timeout(Duration::from_micros(micros), clerk.next()).await;
    }
    assert_eq!(BEGUN.load(Ordering::Relaxed), 60);
    let clerk = clerk(&world);
    let due = "select count(*) from invoices_due";
    for _ in 0..600 {
        sqlx::query("update invoices_due set next_at = now()").execute(&world.pool).await.unwrap();
        while clerk.next().await.unwrap() {}
        if world.scalar(due).await == 0 {
            break;
        }
        // A connection that was dropped may hold its row a moment longer.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(world.scalar(due).await, 0);
    assert_eq!(world.scalar(SERIALS).await, 31);
    assert_eq!((world.scalar(GAPS).await, world.scalar(LAST).await), (0, 31));
    assert_eq!(world.scalar("select count(*) from invoice_prints").await, 31);
}

#[tokio::test]
async fn what_goes_back_is_credited_to_the_last_cent_and_no_further() {
    let world = World::new().await;
    let placed = paid(&world, LAMP, 3).await;
    let clerk = clerk(&world);
    // Asked for ahead of the invoice, it waits for that.
    sqlx::query("update invoices_due set next_at = now() + interval '1 hour'")
        .execute(&world.pool)
        .await
        .unwrap();
    let lamp = CreditedPieces {
        sku: Sku::parse(LAMP).unwrap(),
        quantity: 1,
        amount: crate::world::eur(1_999),
    };
    ask_for_credit(&world, "one", 1_999, vec![lamp]).await;
    assert!(clerk.next().await.unwrap());
    assert_eq!(world.scalar(SERIALS).await, 0);
    let waits: String = sqlx::query_scalar("select failure from invoices_due where cause = 'one'")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    assert_eq!(waits, "the order has no invoice yet");
    sqlx::query("update invoices_due set next_at = now() where kind = 'invoice'")
        .execute(&world.pool)
        .await
        .unwrap();
    assert!(clerk.next().await.unwrap());
    ask_for_credit(&world, "too much", 5_997 + 490 - 1_999 + 1, Vec::new()).await;
    ask_for_credit(&world, "the rest", 5_997 + 490 - 1_999, Vec::new()).await;
    for cause in ["one", "the rest", "too much"] {
        sqlx::query("update invoices_due set next_at = case cause when $1 then now() else now() + interval '1 hour' end")
            .bind(cause)
            .execute(&world.pool)
            .await
            .unwrap();
        assert!(clerk.next().await.unwrap());
    }
    let listed = world.orders.list_invoices(&placed.number, &placed.key).await.unwrap();
    let seen: Vec<_> = listed.iter().map(|printed| (printed.kind, printed.total.minor())).collect();
    assert_eq!(
        seen,
        [
            (InvoiceKind::Invoice, 6_487),
            (InvoiceKind::CreditNote, 1_999),
            (InvoiceKind::CreditNote, 4_488)
        ]
    );
    assert!(
        listed[1].number.starts_with("CN-") && listed[2].number.ends_with("-000002"),
        "{listed:?}"
    );
    let beyond: String = sqlx::query_scalar("select failure from invoices_due")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    assert_eq!(beyond, "€44.89 cannot be credited: €0.00 is left of the invoice");
    let of_kind = "select coalesce(sum((part -> 'tax' ->> 'minor')::bigint), 0)::bigint
                   from invoices, jsonb_array_elements(facts -> 'taxes') as part where kind = $1";
    let mut tax = Vec::new();
    for kind in InvoiceKind::ALL {
        let sum: i64 =
            sqlx::query_scalar(of_kind).bind(kind.as_str()).fetch_one(&world.pool).await.unwrap();
        tax.push(sum);
    }
    assert!(tax[0] > 0 && tax[0] == tax[1], "as much tax goes back as was paid: {tax:?}");
}

#[tokio::test]
async fn an_order_that_was_not_paid_has_no_invoice() {
    let world = World::new().await;
    let shopper = world.shopper(CHAIR, 1).await;
    let placed = world.place(&shopper).await.unwrap();
    world.lose_the_stock(CHAIR).await;
    world.choose(&placed.pay, "success").await;
    world.look(&placed).await;
    world.sweep_until("select count(*) from orders where refund_due", 0).await;
    assert_eq!(world.scalar("select count(*) from invoices_due").await, 0);
}

#[tokio::test]
async fn the_database_keeps_numbers_together_documents_frozen_and_credit_within() {
    let world = World::new().await;
    paid(&world, LAMP, 1).await;
    let clerk = clerk(&world);
    assert!(clerk.next().await.unwrap());
    ask_for_credit(&world, "some", 1_000, Vec::new()).await;
    assert!(clerk.next().await.unwrap());
    let copy = |kind: &str, serial: &str, total: &str, corrects: &str| {
        format!(
            "insert into invoices (id, order_id, kind, series, year, serial, cause, issued_on, currency, total_minor,
               corrects, facts)
             select gen_random_uuid(), order_id, '{kind}', case '{kind}' when 'invoice' then 'INV' else 'CN' end, year,
               {serial}, 'another', issued_on, currency, {total}, {corrects}, facts
             from invoices where kind = 'invoice'"
        )
    };
    for (statement, constraint) in [
        (copy("invoice", "3", "1", "null"), "numbers_without_gap_ck"),
        (copy("invoice", "1", "1", "null"), "invoice_numbers_uq"),
        (copy("invoice", "2", "0", "null"), "invoices_are_about_something_ck"),
        (copy("invoice", "2", "1", "id"), "credit_notes_correct_something_ck"),
        (copy("credit_note", "2", "1", "null"), "credit_notes_correct_invoices_ck"),
        (copy("credit_note", "2", "1490", "id"), "credit_within_invoice_ck"),
        ("update invoices set total_minor = total_minor + 1".to_owned(), "invoices_are_frozen_ck"),
        ("update invoices set facts = '{}'".to_owned(), "invoices_are_frozen_ck"),
        ("update invoices set credited_minor = 0".to_owned(), "invoices_are_frozen_ck"),
        (
            "update invoices set credited_minor = credited_minor + 1".to_owned(),
            "invoices_are_frozen_ck",
        ),
        ("delete from invoices where kind = 'credit_note'".to_owned(), "print_of_known_invoice_fk"),
        ("update invoice_prints set pdf = ''".to_owned(), "history_is_append_only_ck"),
        ("delete from invoice_prints".to_owned(), "history_is_append_only_ck"),
    ] {
        let refused =
            sqlx::query(sqlx::AssertSqlSafe(statement.clone())).execute(&world.pool).await;
        let refused = refused.map(|_| ()).expect_err(&statement);
        let told = refused.as_database_error().unwrap().constraint().map(str::to_owned);
        assert_eq!(told.as_deref(), Some(constraint), "{statement}");
    }
    assert_eq!(
        world.scalar("select credited_minor from invoices where kind = 'invoice'").await,
        1_000
    );
}
