-- Disputes that are posted stop this: the ledger is not rewritten.
alter table postings
  drop constraint postings_cause_ck,
  add constraint postings_cause_ck check (
    num_nonnulls(attempt, refund, intent) = 1
    and case kind
      when 'capture' then attempt is not null
      when 'fee' then attempt is not null
      when 'refund' then refund is not null
      when 'reversal' then refund is not null
      when 'sale' then intent is not null
      else false
    end
  ),
  drop constraint posted_once_per_dispute_uq,
  drop column dispute;

drop table disputes;
drop function keep_disputes_legal();
drop function dispute_may_become(text, text);
