-- What the money was for, and what the provider keeps of it.

alter table attempts validate constraint attempts_state_known_ck;
alter table attempts validate constraint attempts_capture_mode_known_ck;
alter table attempts validate constraint captured_within_authorised_ck;

alter table attempts
  -- What the provider keeps of what was taken; null until it says so.
  add column fee_minor bigint,
  add constraint fee_within_captured_ck check (
    fee_minor is null
    or (state = 'succeeded' and fee_minor between 0 and coalesce(captured_minor, amount_minor))
  ) not valid;

-- It is posted once, so it is told once.
create function keep_fees_fixed() returns trigger
language plpgsql
as $$
begin
  raise exception 'what the provider keeps does not change'
    using errcode = 'check_violation', constraint = 'attempts_fee_fixed_ck';
end
$$;

create trigger attempts_fee_fixed_tg
before update of fee_minor on attempts
for each row
when (old.fee_minor is not null and new.fee_minor is distinct from old.fee_minor)
execute function keep_fees_fixed();

alter table postings
  add column intent uuid references intents,
  add constraint posted_once_per_intent_uq unique (kind, intent),
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
  ) not valid;
