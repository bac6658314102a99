-- Money that goes back. A refund is recorded before the provider is asked for it, so that an answer
-- that is lost can be asked for again under the same name.

create function refund_may_become(was text, next text) returns boolean
language sql immutable
return was = 'recorded' and next in ('succeeded', 'failed');

create table refunds (
  id uuid primary key,
  attempt uuid not null references attempts,
  amount_minor bigint not null,
  -- Who asked for the same refund twice meant it once.
  idempotency_key text not null,
  reason text not null,
  state text not null default 'recorded',
  provider_reference text,
  failure_code text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint refunds_amount_positive_ck check (amount_minor > 0),
  constraint refunds_state_known_ck check (state in ('recorded', 'succeeded', 'failed')),
  constraint refunds_reference_known_ck check (
    state <> 'succeeded' or provider_reference is not null
  ),
  constraint refunds_failure_code_ck check ((failure_code is not null) = (state = 'failed'))
);

-- What failed may be asked for again.
create unique index one_refund_per_key_uq on refunds (attempt, idempotency_key)
where state <> 'failed';

-- The sweeper asks about what is not finished, oldest first.
create index refunds_under_way_idx on refunds (created_at) where state = 'recorded';

create function keep_refunds_legal() returns trigger
language plpgsql
set search_path from current
as $$
declare
  captured_minor bigint;
  promised_minor numeric;
begin
  if tg_op = 'INSERT' then
    if new.state <> 'recorded' then
      raise exception 'a refund begins recorded, not %', new.state
        using errcode = 'check_violation', constraint = 'refunds_begin_recorded_ck';
    end if;
    -- Refunds of one attempt are recorded one after another, so that their sum is known.
    select amount_minor
    into captured_minor
    from attempts
    where id = new.attempt
      and state = 'succeeded'
    for no key update;
    select coalesce(sum(amount_minor), 0)
    into promised_minor
    from refunds
    where attempt = new.attempt
      and state <> 'failed';
    if promised_minor + new.amount_minor > coalesce(captured_minor, 0) then
      raise exception 'no more goes back than was captured (%, % of it promised already)',
        coalesce(captured_minor, 0), promised_minor
        using errcode = 'check_violation', constraint = 'refunds_within_captured_ck';
    end if;
    return new;
  end if;
  if (new.id, new.attempt, new.amount_minor, new.idempotency_key, new.reason)
    is distinct from (old.id, old.attempt, old.amount_minor, old.idempotency_key, old.reason) then
    raise exception 'what a refund gives back does not change'
      using errcode = 'check_violation', constraint = 'refunds_fixed_ck';
  end if;
  if new.state <> old.state and not refund_may_become(old.state, new.state) then
    raise exception 'a refund does not go from % to %', old.state, new.state
      using errcode = 'check_violation', constraint = 'refunds_transition_ck';
  end if;
  new.updated_at := now();
  return new;
end
$$;

create trigger refunds_legal_tg
before insert or update on refunds
for each row execute function keep_refunds_legal();
