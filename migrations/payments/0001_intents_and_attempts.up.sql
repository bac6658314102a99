-- What is owed for an order (intents), each try at getting it (attempts), and the events that tell
-- of both (outbox). The functions repeat the tables of legal transitions in `domain::payment`; a
-- test compares the two.

create table outbox (
  id uuid primary key,
  position bigint generated always as identity,
  topic text not null,
  key text not null,
  payload jsonb not null,
  occurred_at timestamptz not null default now(),
  relayed_at timestamptz
);

-- The relay reads only what it has not carried yet.
create index outbox_unrelayed_idx on outbox (position) where relayed_at is null;

create function intent_may_become(was text, next text) returns boolean
language sql immutable
return (was, next) in (
  ('open', 'paid'),
  ('open', 'cancelled'),
  ('cancelled', 'paid'),
  ('paid', 'refunded')
);

create function attempt_rank(state text) returns integer
language sql immutable
return case state
  when 'recorded' then 0
  when 'requires_action' then 1
  when 'processing' then 2
  else 3
end;

create function attempt_is_final(state text) returns boolean
language sql immutable
return attempt_rank(state) = 3;

-- Only forward; the three endings share the last rank, so nothing follows them.
create function attempt_may_become(was text, next text) returns boolean
language sql immutable
return attempt_rank(next) > attempt_rank(was);

create table intents (
  id uuid primary key,
  order_reference uuid not null,
  amount_minor bigint not null,
  currency char(3) not null,
  state text not null default 'open',
  created_at timestamptz not null default now(),
  paid_at timestamptz,
  constraint one_intent_per_order_uq unique (order_reference),
  -- What the foreign key of attempts refers to.
  constraint intents_amount_uq unique (id, amount_minor, currency),
  constraint intents_amount_positive_ck check (amount_minor > 0),
  constraint intents_currency_code_ck check (currency ~ '^[A-Z]{3}$'),
  constraint intents_state_known_ck check (state in ('open', 'paid', 'refunded', 'cancelled')),
  constraint intents_paid_at_ck check ((paid_at is not null) = (state in ('paid', 'refunded')))
);

-- The sweeper looks among the open ones for money that arrived and was not posted.
create index intents_open_idx on intents (created_at) where state = 'open';

create table attempts (
  id uuid primary key,
  intent uuid not null,
  provider text not null,
  -- The provider's own name for the payment; null until its first answer.
  provider_reference text,
  amount_minor bigint not null,
  currency char(3) not null,
  state text not null default 'recorded',
  decline_code text,
  -- Where the shopper has to act, while there is something to do.
  redirect_url text,
  -- Kept so that the request can be repeated word for word; forgotten at the end, because it may
  -- carry the order's key.
  return_url text,
  -- Tells whether a repeated request is the same one; the token itself is never kept.
  token_digest bytea,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- Neither more nor less than what is owed, in its currency.
  constraint attempts_charge_what_is_owed_fk foreign key (intent, amount_minor, currency)
    references intents (id, amount_minor, currency),
  constraint attempts_provider_reference_uq unique (provider, provider_reference),
  constraint attempts_state_known_ck check (state in (
    'recorded', 'requires_action', 'processing', 'succeeded', 'declined', 'cancelled'
  )),
  -- What the provider said must be said of one of its payments. (It may refuse to open any.)
  constraint attempts_reference_known_ck check (
    provider_reference is not null or state in ('recorded', 'declined', 'cancelled')
  ),
  constraint attempts_decline_code_ck check (decline_code is null or state = 'declined'),
  constraint attempts_redirect_ck check (redirect_url is null or state = 'requires_action'),
  constraint attempts_return_url_forgotten_ck check (
    (return_url is not null) = (state in ('recorded', 'requires_action', 'processing'))
  )
);

-- At most one attempt of an intent has taken the money or still may. One index for both: with two,
-- an attempt could begin in the moment in which another leaves the one for the other.
create unique index one_capture_per_intent_uq on attempts (intent)
where state in ('recorded', 'requires_action', 'processing', 'succeeded');

-- The latest attempt of an intent.
create index attempts_intent_idx on attempts (intent, created_at);

-- The sweeper asks about what is not finished, oldest first.
create index attempts_under_way_idx on attempts (created_at)
where state in ('recorded', 'requires_action', 'processing');

create function keep_intents_legal() returns trigger
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
      and state in ('recorded', 'requires_action', 'processing', 'succeeded')
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

create trigger intents_legal_tg
before insert or update on intents
for each row execute function keep_intents_legal();

create function keep_attempts_legal() returns trigger
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
  if (new.id, new.intent, new.provider, new.amount_minor, new.currency)
    is distinct from (old.id, old.intent, old.provider, old.amount_minor, old.currency)
    or (old.provider_reference is not null
      and new.provider_reference is distinct from old.provider_reference) then
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

create trigger attempts_legal_tg
before insert or update on attempts
for each row execute function keep_attempts_legal();
