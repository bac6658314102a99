//! Which steps are legal, and what they leave.

use super::*;

fn opened() -> Payment {
    let terms = Terms {
        reference: "V-1".into(),
        amount_minor: 1_000,
        currency: "EUR".into(),
        capture: CaptureMethod::Automatic,
        return_url: "https://shop.example/".into(),
        metadata: BTreeMap::new(),
    };
    Payment::open(PaymentId::fresh(), terms, Timestamp::UNIX_EPOCH)
}

fn refund(amount_minor: i64) -> Transition {
    Transition::Refund(Refund {
        id: RefundId::fresh(),
        amount_minor,
        created_at: Timestamp::UNIX_EPOCH,
    })
}

fn every_transition() -> Vec<Transition> {
    vec![
        Transition::AskChallenge,
        Transition::Process { settles_at: None },
        SUCCEED,
        Transition::Decline(DeclineCode::CardDeclined),
        Transition::Cancel,
        refund(1),
        AUTHORISE,
        capture(1_000),
        Transition::Dispute(Dispute::open(1, "fraudulent".into(), Timestamp::UNIX_EPOCH)),
        Transition::Decide { verdict: Verdict::Won, at: Timestamp::UNIX_EPOCH },
    ]
}

const SUCCEED: Transition = Transition::Succeed { at: Timestamp::UNIX_EPOCH };
const AUTHORISE: Transition = Transition::Authorise { until: Timestamp::UNIX_EPOCH };

fn capture(amount_minor: i64) -> Transition {
    Transition::Capture { amount_minor, at: Timestamp::UNIX_EPOCH }
}

#[test]
fn only_the_legal_steps_are_taken() {
    let waiting = opened();
    let challenged = waiting.after(Transition::AskChallenge).unwrap();
    let processing = waiting.after(every_transition().remove(1)).unwrap();
    let succeeded = waiting.after(SUCCEED).unwrap();
    let declined = waiting.after(every_transition().remove(3)).unwrap();
    let cancelled = waiting.after(Transition::Cancel).unwrap();
    let authorised = processing.after(AUTHORISE).unwrap();
    // One row for each state; the columns are `every_transition`.
    let table = [
        (waiting, [true, true, true, true, true, false, true, false, false, false]),
        (challenged, [false, true, true, true, true, false, true, false, false, false]),
        (processing, [false, false, true, true, true, false, true, false, false, false]),
        (authorised, [false, false, false, false, true, false, false, true, false, false]),
        (succeeded, [false, false, false, false, false, true, false, false, true, false]),
        (declined, [false; 10]),
        (cancelled, [false; 10]),
    ];
    for (payment, allowed) in table {
        for (transition, allowed) in every_transition().into_iter().zip(allowed) {
            let label = format!("{:?} {transition:?}", payment.status);
            match payment.after(transition) {
                Ok(next) => {
                    assert!(allowed, "{label} must be refused");
                    assert_eq!(next.version, payment.version + 1, "{label}");
                }
                Err(refusal) => {
                    assert!(!allowed, "{label} must be allowed");
                    let status = payment.status;
                    assert_eq!(refusal, Refusal::NotFrom { status }, "{label}");
                }
            }
        }
    }
}

#[test]
fn refunds_add_up_to_the_captured_amount_and_no_further() {
    let payment = opened().after(SUCCEED).unwrap();
    let payment = payment.after(refund(400)).unwrap();
    assert_eq!(
        payment.after(refund(601)),
        Err(Refusal::RefundExceedsCaptured { refundable_minor: 600 })
    );
    assert_eq!(payment.after(refund(0)), Err(Refusal::RefundNotPositive));
    assert_eq!(payment.after(refund(-5)), Err(Refusal::RefundNotPositive));
    let payment = payment.after(refund(600)).unwrap();
    assert_eq!(payment.refundable_minor(), 0);
}

#[test]
fn what_is_not_captured_is_released_and_cannot_be_refunded() {
    let authorised = opened().after(AUTHORISE).unwrap();
    assert_eq!((authorised.captured_minor(), authorised.refundable_minor()), (0, 0));
    for amount_minor in [0, -1, 1_001] {
        let refusal = Refusal::CaptureNotWithinAuthorised { authorised_minor: 1_000 };
        assert_eq!(authorised.after(capture(amount_minor)), Err(refusal), "{amount_minor}");
    }
    let captured = authorised.after(capture(600)).unwrap();
    assert_eq!((captured.status, captured.expires_at), (Status::Succeeded, None));
    assert_eq!((captured.captured_minor(), captured.refundable_minor()), (600, 600));
    assert_eq!(captured.taken.as_ref().map(|taken| taken.fee_minor), Some(33));
    assert!(captured.after(capture(400)).is_err());
    assert!(captured.after(refund(601)).is_err());
}

#[test]
fn what_is_disputed_cannot_be_refunded_until_it_is_won() {
    let dispute = |minor| {
        Transition::Dispute(Dispute::open(minor, "fraudulent".into(), Timestamp::UNIX_EPOCH))
    };
    let decide = |verdict| Transition::Decide { verdict, at: Timestamp::UNIX_EPOCH };
    let taken = opened().after(SUCCEED).unwrap().after(refund(100)).unwrap();
    assert!(taken.after(dispute(901)).is_err());
    let disputed = taken.after(dispute(700)).unwrap();
    assert_eq!(disputed.refundable_minor(), 200);
    assert!(disputed.after(dispute(1)).is_err(), "one at a time");
    assert!(disputed.after(refund(201)).is_err());
    assert_eq!(disputed.after(decide(Verdict::Lost)).unwrap().refundable_minor(), 200);
    let won = disputed.after(decide(Verdict::Won)).unwrap();
    assert_eq!(won.refundable_minor(), 900);
    assert!(won.after(decide(Verdict::Lost)).is_err(), "it is decided once");
}

#[test]
fn a_hosted_page_exists_only_while_the_buyer_has_to_act() {
    let waiting = opened();
    assert_eq!(waiting.hosted_path(), Some(format!("/pay/{}", waiting.id)));
    let challenged = waiting.after(Transition::AskChallenge).unwrap();
    assert_eq!(challenged.hosted_path(), Some(format!("/challenge/{}", waiting.id)));
    let paid = challenged.after(SUCCEED).unwrap();
    assert_eq!(paid.hosted_path(), None);
}
