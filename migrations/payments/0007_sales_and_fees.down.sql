-- Sales and fees that are posted stop this: the ledger is not rewritten.
alter table postings
  drop constraint postings_cause_ck,
  add constraint postings_cause_ck check (
    (kind = 'capture' and attempt is not null and refund is null)
    or (kind = 'refund' and refund is not null and attempt is null)
  ),
  drop constraint posted_once_per_intent_uq,
  drop column intent;

drop trigger attempts_fee_fixed_tg on attempts;
drop function keep_fees_fixed();

alter table attempts
  drop constraint fee_within_captured_ck,
  drop column fee_minor;
