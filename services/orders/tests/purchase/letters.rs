//! Mails to customers, sent to a real mail server over SMTP, and all that one may do wrong.

use crate::world::{CHAIR, LAMP, World};
use domain::{letter::LetterState, order::OrderState};
use orders::letters::{Letters, MailSettings, Mailer, Postman};
use sandbox::mail::{Config, Letter, Mischief, Prank, Running};
use std::{collections::HashSet, path::PathBuf, time::Duration};

const SHOP: &str = "http://shop.example";

async fn mail_server() -> Running {
    let name = format!("mail-{}", uuid::Uuid::now_v7().simple());
    let free = "127.0.0.1:0".parse().unwrap();
    let state = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    sandbox::mail::spawn(Config { smtp: free, listen: free, state }).await.unwrap()
}

fn letters(world: &World) -> Letters {
    Letters::new(world.pool.clone(), SHOP)
}

fn postman(world: &World, server: &Running) -> Postman {
    let settings = MailSettings {
        url: format!("smtp://{}", server.smtp()).into(),
        sender: "Vitrine <orders@shop.example>".to_owned(),
        reply_to: Some("Vitrine <service@shop.example>".to_owned()),
        patience: Duration::from_secs(1),
    };
    Postman::new(letters(world), Mailer::new(&settings).unwrap())
}

/// An order that was paid, with its number and key.
async fn paid(world: &World) -> orders::Placed {
    let shopper = world.shopper(LAMP, 2).await;
    let placed = world.place(&shopper).await.unwrap();
    world.choose(&placed.pay, "success").await;
    assert_eq!(world.look(&placed).await.state, OrderState::Paid);
    placed
}

/// Writes so many letters about parcels of the one order there is.
async fn write_parcels(world: &World, count: i32) {
    sqlx::query(
        "insert into letters (id, order_id, kind, cause, tidings)
         select gen_random_uuid(), id, 'dispatch', parcel::text, jsonb_build_object('kind', 'dispatch',
           'parcel', parcel::text, 'carrier', null, 'tracking_number', null, 'tracking_url', null, 'pieces',
           '[]'::jsonb)
         from orders, generate_series(1, $1) as parcel",
    )
    .bind(count)
    .execute(&world.pool)
    .await
    .unwrap();
}

/// What waits is due now, and whoever has taken something is given up on.
async fn let_time_pass(world: &World) {
    sqlx::query("update letters set next_at = now()").execute(&world.pool).await.unwrap();
}

fn names(letters: &[Letter]) -> Vec<String> {
    letters.iter().map(|letter| letter.read().unwrap().message_id.unwrap()).collect()
}

#[tokio::test]
async fn who_has_paid_is_written_to_once_with_all_that_they_need() {
    let (world, server) = (World::new().await, mail_server().await);
    let placed = paid(&world).await;
    // Whoever comes later finds it finished.
    futures::future::join_all((0..4).map(|_| world.look(&placed))).await;
    let postman = postman(&world, &server);
    assert_eq!(postman.round().await.unwrap(), 1);
    assert_eq!(postman.round().await.unwrap(), 0);

    let [letter] = &server.letters()[..] else { panic!("{:?}", server.letters()) };
    let read = letter.read().unwrap();
    let number = placed.number.as_str();
    let person = |name: &str, address: &str| (Some(name.to_owned()), Some(address.to_owned()));
    assert_eq!(letter.to, ["ada@example.org"]);
    assert_eq!(letter.from, "orders@shop.example");
    assert_eq!(read.subject.unwrap(), format!("Your order {number} is confirmed"));
    assert_eq!(read.to, [person("Ada Lovelace", "ada@example.org")]);
    assert_eq!(read.from, [person("Vitrine", "orders@shop.example")]);
    assert!(letter.raw.contains("Reply-To: Vitrine <service@shop.example>\r\n"), "{}", letter.raw);
    let page = format!("{SHOP}/orders/{number}?key={}", placed.key);
    for told in [read.text.unwrap(), read.html.unwrap()] {
        for what in [number, &page, "Lamp", "€39.98", "€4.90", "€44.88", "Unter den Linden 1"]
        {
            assert!(told.contains(what), "{what} is not in {told}");
        }
    }
    assert_eq!(world.scalar("select count(*) from letters where state = 'sent'").await, 1);
}

#[tokio::test]
async fn postmen_beside_each_other_send_each_letter_once() {
    let (world, server) = (World::new().await, mail_server().await);
    paid(&world).await;
    write_parcels(&world, 40).await;
    let (one, other) = (postman(&world, &server), postman(&world, &server));
    while world.scalar("select count(*) from letters where state = 'waiting'").await > 0 {
        let (first, second) = tokio::join!(one.round(), other.round());
        assert!(first.unwrap() + second.unwrap() > 0, "they make progress");
    }
    let names = names(&server.letters());
    assert_eq!(names.len(), 41);
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), 41);
    assert!(names.iter().all(|name| name.ends_with("@shop.example")), "{names:?}");
}

#[tokio::test]
async fn a_letter_waits_until_a_mail_server_has_time_for_it() {
    let (world, server) = (World::new().await, mail_server().await);
    paid(&world).await;
    let postman = postman(&world, &server);
    for (prank, told) in [(Prank::Busy, "421"), (Prank::TryLater, "451"), (Prank::Vanish, "")] {
        server.set(Mischief { prank, times: Some(1) });
        let_time_pass(&world).await;
        assert_eq!(postman.round().await.unwrap(), 1);
        let unsent = letters(&world).list_unsent(10).await.unwrap();
        assert_eq!((unsent.len(), unsent[0].state), (1, LetterState::Waiting), "{prank:?}");
        assert!(unsent[0].failure.as_ref().unwrap().contains(told), "{unsent:?}");
        assert!(unsent[0].next_at > jiff::Timestamp::now(), "not at once: {unsent:?}");
        assert_eq!(postman.round().await.unwrap(), 0);
    }
    let_time_pass(&world).await;
    assert_eq!(postman.round().await.unwrap(), 1);
    assert_eq!(server.letters().len(), 1);
    assert!(letters(&world).list_unsent(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_letter_that_nobody_will_take_is_given_up_and_sent_anew_when_somebody_says_so() {
    let (world, server) = (World::new().await, mail_server().await);
    paid(&world).await;
    let (postman, letters) = (postman(&world, &server), letters(&world));
    for (prank, told) in
        [(Prank::UnknownRecipient, "no such mailbox"), (Prank::Refuse, "not wanted")]
    {
        server.set(Mischief { prank, times: Some(1) });
        assert_eq!(postman.round().await.unwrap(), 1);
        let unsent = letters.list_unsent(10).await.unwrap();
        assert_eq!((unsent.len(), unsent[0].state), (1, LetterState::GivenUp), "{prank:?}");
        assert!(unsent[0].failure.as_ref().unwrap().contains(told), "{unsent:?}");
        assert_eq!(unsent[0].to, "ada@example.org");
        let_time_pass(&world).await;
        assert_eq!(postman.round().await.unwrap(), 0, "it is not tried by itself");
        assert!(!letters.retry(uuid::Uuid::now_v7()).await.unwrap());
        assert!(letters.retry(unsent[0].id).await.unwrap());
    }
    assert_eq!(postman.round().await.unwrap(), 1);
    assert_eq!(server.letters().len(), 1);
    assert_eq!(letters.retry_all().await.unwrap(), 0, "nothing is left to be sent anew");
}

#[tokio::test]
async fn a_letter_of_which_nobody_knows_whether_it_was_taken_comes_again_under_the_same_name() {
    let (world, server) = (World::new().await, mail_server().await);
    paid(&world).await;
    let postman = postman(&world, &server);
    for (prank, copies) in [(Prank::BreakOff, 1), (Prank::Hang, 2), (Prank::None, 3)] {
        server.set(Mischief { prank, times: Some(1) });
        let_time_pass(&world).await;
        assert_eq!(postman.round().await.unwrap(), 1);
        let names = names(&server.letters());
        assert_eq!(names.len(), copies, "{prank:?}");
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), 1, "{names:?}");
    }
    let dates = |letter: &Letter| {
        letter.raw.lines().find(|line| line.starts_with("Date:")).unwrap().to_owned()
    };
    let dates: HashSet<_> = server.letters().iter().map(dates).collect();
    assert_eq!(dates.len(), 1, "nor is it another letter by its date");
    assert!(letters(&world).list_unsent(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_letter_whose_postman_is_gone_is_taken_by_another() {
    let (world, server) = (World::new().await, mail_server().await);
    paid(&world).await;
    server.set(Mischief { prank: Prank::Hang, times: Some(1) });
    let gone = postman(&world, &server);
    let gone = tokio::spawn(async move { gone.round().await });
    while server.letters().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    gone.abort();
    let another = postman(&world, &server);
    assert_eq!(another.round().await.unwrap(), 0, "it has a lease still");
    let begun = tokio::time::Instant::now();
    while another.round().await.unwrap() == 0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "the lease does not end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(world.scalar("select count(*) from letters where state = 'sent'").await, 1);
}

#[tokio::test]
async fn names_in_every_script_arrive_and_none_becomes_a_header() {
    let (world, server) = (World::new().await, mail_server().await);
    paid(&world).await;
    let postman = postman(&world, &server);
    for name in [
        "Ελένη Παπαδοπούλου",
        "Юлія Шевченко",
        "山田 太郎",
        "שרה כהן",
        "Zoë \"Zo\" O'Brien, Jr.",
        "a@b.example, Bcc: victim@example.org",
        "=?utf-8?q?=0D=0ABcc:_victim@example.org?=",
    ] {
        sqlx::query("update addresses set full_name = $1")
            .bind(name)
            .execute(&world.pool)
            .await
            .unwrap();
        write_parcels(&world, 1).await;
        while postman.round().await.unwrap() > 0 {}
        let letter = server.letters().pop().unwrap();
        let read = letter.read().unwrap();
        assert_eq!(letter.to, ["ada@example.org"], "{name}");
        assert_eq!(read.to.len(), 1, "{name}: {:?}", read.to);
        assert_eq!(read.to[0].1.as_deref(), Some("ada@example.org"), "{name}");
        assert!(read.text.unwrap().contains(&format!("Hello {name},")), "{name}");
        assert!(!read.headers.iter().any(|header| header.eq_ignore_ascii_case("bcc")), "{name}");
        sqlx::query("delete from letters").execute(&world.pool).await.unwrap();
    }
    // What no form lets through is not sent if it stands in the database all the same.
    let name = "Ada\r\nBcc: victim@example.org";
    sqlx::query("update addresses set full_name = $1")
        .bind(name)
        .execute(&world.pool)
        .await
        .unwrap();
    write_parcels(&world, 1).await;
    let before = server.letters().len();
    assert_eq!(postman.round().await.unwrap(), 1);
    assert_eq!(server.letters().len(), before);
    let unsent = letters(&world).list_unsent(10).await.unwrap();
    assert_eq!(unsent[0].state, LetterState::GivenUp, "{unsent:?}");
}

#[tokio::test]
async fn a_letter_that_this_release_cannot_read_waits_for_one_that_can_and_holds_up_no_other() {
    let (world, server) = (World::new().await, mail_server().await);
    paid(&world).await;
    let unread = "insert into letters (id, order_id, kind, cause, tidings, next_at)
                  select gen_random_uuid(), id, 'dispatch', '1', '{\"kind\": \"birthday\"}', 'epoch' from orders";
    sqlx::query(unread).execute(&world.pool).await.unwrap();
    let postman = postman(&world, &server);
    while postman.round().await.unwrap() > 0 {}
    assert_eq!(server.letters().len(), 1);
    let unsent = letters(&world).list_unsent(10).await.unwrap();
    assert_eq!((unsent.len(), unsent[0].state), (1, LetterState::Waiting));
    assert!(unsent[0].failure.as_ref().unwrap().contains("birthday"), "{unsent:?}");
}

#[tokio::test]
async fn whose_money_went_back_is_told_once() {
    let (world, server) = (World::new().await, mail_server().await);
    let shopper = world.shopper(CHAIR, 1).await;
    let placed = world.place(&shopper).await.unwrap();
    world.lose_the_stock(CHAIR).await;
    world.choose(&placed.pay, "success").await;
    world.look(&placed).await;
    world.sweep_until("select count(*) from letters", 1).await;
    world.look(&placed).await;
    let postman = postman(&world, &server);
    while postman.round().await.unwrap() > 0 {}
    let [letter] = &server.letters()[..] else { panic!("{:?}", server.letters()) };
    let read = letter.read().unwrap();
    assert_eq!(read.subject.unwrap(), format!("Your refund for order {}", placed.number));
    let text = read.text.unwrap();
    assert!(text.contains("€104.90 back") && text.contains("were sold while you paid"), "{text}");
}

#[tokio::test]
async fn the_database_lets_nobody_tell_anything_twice_or_rewrite_it() {
    let world = World::new().await;
    paid(&world).await;
    let violated = async |statement: &'static str| {
        let refused = sqlx::query(statement).execute(&world.pool).await.unwrap_err();
        refused.as_database_error().unwrap().constraint().unwrap().to_owned()
    };
    for (statement, constraint) in [
        (
            "insert into letters (id, order_id, kind, cause, tidings)
             select gen_random_uuid(), order_id, kind, cause, tidings from letters",
            "letter_once_uq",
        ),
        ("update letters set cause = 'another'", "letter_is_not_rewritten_ck"),
        ("update letters set tidings = '{}'", "letter_is_not_rewritten_ck"),
        ("update letters set state = 'sent'", "letter_ends_with_its_state_ck"),
        ("update letters set state = 'lost'", "letter_transition_legal_ck"),
        (
            "insert into letters (id, order_id, kind, cause, tidings, state, ended_at)
             select gen_random_uuid(), order_id, 'refund', '', '{}', 'sent', now() from letters",
            "letter_transition_legal_ck",
        ),
    ] {
        assert_eq!(violated(statement).await, constraint, "{statement}");
    }
    for from in LetterState::ALL {
        for to in LetterState::ALL.into_iter().filter(|to| *to != from) {
            let mut transaction = world.pool.begin().await.unwrap();
            let put = "update letters set state = $1,
                         ended_at = case when $1 = 'waiting' then null else now() end";
            if from != LetterState::Waiting {
                sqlx::query(put).bind(from.as_str()).execute(&mut *transaction).await.unwrap();
            }
            let outcome = sqlx::query(put).bind(to.as_str()).execute(&mut *transaction).await;
            assert_eq!(outcome.is_ok(), from.may_become(to), "{from:?} to {to:?}");
        }
    }
}
