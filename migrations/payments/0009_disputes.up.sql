-- Money that a shopper's bank takes back until it is decided who is right.

create function dispute_may_become(was text, next text) returns boolean
language sql immutable
return was = 'opened' and next in ('won', 'lost');

create table disputes (
  id uuid primary key,
  attempt uuid not null references attempts,
  -- The provider's own name for it.
  provider_reference text not null,
  amount_minor bigint not null,
  -- What the provider keeps for it, whoever is right.
  fee_minor bigint not null,
  reason text not null,
  state text not null default 'opened',
  opened_at timestamptz not null default now(),
  decided_at timestamptz,
  constraint disputes_once_uq unique (attempt, provider_reference),
  constraint disputes_amount_positive_ck check (amount_minor > 0),
  constraint disputes_fee_not_negative_ck check (fee_minor >= 0),
  constraint disputes_state_known_ck check (state in ('opened', 'won', 'lost')),
  constraint disputes_decided_at_ck check ((decided_at is null) = (state = 'opened'))
);

create function keep_disputes_legal() returns trigger
language plpgsql
set search_path from current
as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'opened' then
      raise exception 'a dispute begins opened, not %', new.state
        using errcode = 'check_violation', constraint = 'disputes_begin_opened_ck';
    end if;
    perform
    from attempts
    where id = new.attempt
      and state = 'succeeded'
      and new.amount_minor <= coalesce(captured_minor, amount_minor);
    if not found then
      raise exception 'no more is disputed than was captured'
        using errcode = 'check_violation', constraint = 'disputes_within_captured_ck';
    end if;
    return new;
  end if;
  if (new.id, new.attempt, new.provider_reference, new.amount_minor, new.fee_minor)
    is distinct from
      (old.id, old.attempt, old.provider_reference, old.amount_minor, old.fee_minor) then
    raise exception 'what is disputed does not change'
      using errcode = 'check_violation', constraint = 'disputes_fixed_ck';
  end if;
  if new.state <> old.state and not dispute_may_become(old.state, new.state) then
    raise exception 'a dispute does not go from % to %', old.state, new.state
      using errcode = 'check_violation', constraint = 'disputes_transition_ck';
  end if;
  return new;
end
$$;

create trigger disputes_legal_tg
before insert or update on disputes
for each row execute function keep_disputes_legal();

alter table postings
  add column dispute uuid references disputes,
  add constraint posted_once_per_dispute_uq unique (kind, dispute),
  drop constraint postings_cause_ck,
  add constraint postings_cause_ck check (
    num_nonnulls(attempt, refund, intent, dispute) = 1
    and case kind
      when 'capture' then attempt is not null
      when 'fee' then attempt is not null
      when 'refund' then refund is not null
      when 'reversal' then refund is not null
      when 'sale' then intent is not null
      when 'dispute' then dispute is not null
      when 'dispute_fee' then dispute is not null
      when 'dispute_won' then dispute is not null
      when 'dispute_lost' then dispute is not null
      else false
    end
  ) not valid;
