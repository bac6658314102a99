-- Money that is set aside first and taken later, or in part, or never.

create or replace function attempt_rank(state text) returns integer
language sql immutable
return case state
  when 'recorded' then 0
  when 'requires_action' then 1
  when 'processing' then 2
  when 'authorised' then 3
  else 4
end;

create or replace function attempt_is_final(state text) returns boolean
language sql immutable
return attempt_rank(state) = 4;

-- The provider has not answered for good yet, so that the request may have to be repeated word for word.
create function attempt_is_open(state text) returns boolean
language sql immutable
return attempt_rank(state) < 3;

alter table attempts
  add column capture_mode text not null default 'at_once',
  -- How much was decided to be taken of what is authorised; committed before the provider is asked.
  add column to_capture_minor bigint,
  -- What was taken, where it was not simply all of it.
  add column captured_minor bigint,
  -- When the provider releases what is authorised, as it said.
  add column expires_at timestamptz,
  drop constraint attempts_state_known_ck,
  add constraint attempts_state_known_ck check (state in (
    'recorded', 'requires_action', 'processing', 'authorised', 'succeeded', 'declined', 'cancelled'
  )) not valid,
  add constraint attempts_capture_mode_known_ck check (
    capture_mode in ('at_once', 'later')
  ) not valid,
  add constraint captured_within_authorised_ck check (
    (captured_minor is null or state = 'succeeded')
    and captured_minor between 1 and amount_minor
    and to_capture_minor between 1 and amount_minor
    and (to_capture_minor is null or capture_mode = 'later')
  ) not valid;

-- An authorisation may take money too.
create unique index one_capture_per_intent_new_uq on attempts (intent)
where state in ('recorded', 'requires_action', 'processing', 'authorised', 'succeeded');
drop index one_capture_per_intent_uq;
alter index one_capture_per_intent_new_uq rename to one_capture_per_intent_uq;

-- The sweeper asks about authorisations that ended or were to be captured.
create index attempts_authorised_idx on attempts (updated_at) where state = 'authorised';

create or replace function keep_intents_legal() returns trigger
language plpgsql
set search_path from current
as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'open' then
      raise exception 'an intent begins open, not %', new.state
        using errcode = 'check_violation', constraint = 'intents_begin_open_ck';
    end if;
    return new;
  end if;
  if (new.id, new.order_reference, new.amount_minor, new.currency)
    is distinct from (old.id, old.order_reference, old.amount_minor, old.currency) then
    raise exception 'what is owed for an order does not change'
      using errcode = 'check_violation', constraint = 'intents_fixed_ck';
  end if;
  if new.state = old.state then
    return new;
  end if;
  if not intent_may_become(old.state, new.state) then
    raise exception 'an intent does not go from % to %', old.state, new.state
      using errcode = 'check_violation', constraint = 'intents_transition_ck';
  end if;
  -- The row is locked by now, so an attempt that began before is seen and none can begin.
  if new.state = 'cancelled' and exists (
    select
    from attempts
    where intent = new.id
      and state not in ('declined', 'cancelled')
  ) then
    raise exception 'an intent with an attempt that may take money is not cancelled'
      using errcode = 'check_violation', constraint = 'intents_cancelled_without_attempt_ck';
  end if;
  if new.state = 'paid' and not exists (
    select
    from attempts
    where intent = new.id
      and state = 'succeeded'
  ) then
    raise exception 'an intent is paid by an attempt that succeeded'
      using errcode = 'check_violation', constraint = 'intents_paid_by_attempt_ck';
  end if;
  return new;
end
$$;

create or replace function keep_attempts_legal() returns trigger
language plpgsql
set search_path from current
as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'recorded' then
      raise exception 'an attempt begins recorded, not %', new.state
        using errcode = 'check_violation', constraint = 'attempts_begin_recorded_ck';
    end if;
    -- Shared with other attempts, excluding whoever cancels the intent at the same time.
    perform
    from intents
    where id = new.intent
      and state = 'open'
    for share;
    if not found then
      raise exception 'an attempt begins only while its intent is open'
        using errcode = 'check_violation', constraint = 'attempts_begin_while_open_ck';
    end if;
    return new;
  end if;
  if (new.id, new.intent, new.provider, new.amount_minor, new.currency, new.capture_mode)
    is distinct from
      (old.id, old.intent, old.provider, old.amount_minor, old.currency, old.capture_mode)
    or (old.provider_reference is not null
      and new.provider_reference is distinct from old.provider_reference)
    or (old.to_capture_minor is not null
      and new.to_capture_minor is distinct from old.to_capture_minor)
    or (old.state = 'succeeded' and new.captured_minor is distinct from old.captured_minor) then
    raise exception 'what an attempt charges, and where, does not change'
      using errcode = 'check_violation', constraint = 'attempts_fixed_ck';
  end if;
  if new.state <> old.state and not attempt_may_become(old.state, new.state) then
    raise exception 'an attempt does not go from % to %', old.state, new.state
      using errcode = 'check_violation', constraint = 'attempts_transition_ck';
  end if;
  new.updated_at := now();
  return new;
end
$$;

create or replace function keep_refunds_legal() returns trigger
language plpgsql
set search_path from current
as $$
declare
  taken_minor bigint;
  promised_minor numeric;
begin
  if tg_op = 'INSERT' then
    if new.state <> 'recorded' then
      raise exception 'a refund begins recorded, not %', new.state
        using errcode = 'check_violation', constraint = 'refunds_begin_recorded_ck';
    end if;
    -- Refunds of one attempt are recorded one after another, so that their sum is known.
    select coalesce(captured_minor, amount_minor)
    into taken_minor
    from attempts
    where id = new.attempt
      and state = 'succeeded'
    for no key update;
    select coalesce(sum(amount_minor), 0)
    into promised_minor
    from refunds
    where attempt = new.attempt
      and state <> 'failed';
    if promised_minor + new.amount_minor > coalesce(taken_minor, 0) then
      raise exception 'no more goes back than was captured (%, % of it promised already)',
        coalesce(taken_minor, 0), promised_minor
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
