-- Programs that want to be told: to which address what is sent, how it is signed, and what became of it
-- (docs/decisions/0021-what-warehouses-are-told.md). What a message is about nothing here knows: its type and its
-- place are names.

create table webhook_endpoints (
  id uuid primary key,
  url text not null
    constraint webhook_url_length_ck check (length(url) between 1 and 2000),
  -- of which types it wants to hear
  types text[] not null
    constraint webhook_wants_something_ck check (cardinality(types) > 0),
  -- and of which places: of all if none is named
  places text[] not null,
  -- what is signed with: it has to be known here, so it is no hash. With a key of the configuration's it is sealed
  secret bytea not null,
  -- signed with as well until then, so that the receiver can change over
  former_secret bytea,
  former_until timestamptz,
  created_at timestamptz not null default now(),
  -- since when nothing is sent to it; what is told meanwhile waits
  disabled_at timestamptz,
  constraint webhook_former_secret_ends_ck check ((former_secret is null) = (former_until is null))
);

-- What is sent, once for all who want it, and byte for byte as it is signed.
create table webhook_messages (
  id uuid primary key,
  type text not null,
  place text,
  body text not null,
  occurred_at timestamptz not null,
  created_at timestamptz not null default now()
);

-- A message on its way to an endpoint.
create table webhook_deliveries (
  id bigint generated always as identity primary key,
  endpoint uuid not null
    constraint delivery_to_known_endpoint_fk references webhook_endpoints,
  message uuid not null
    constraint delivery_of_known_message_fk references webhook_messages,
  state text not null default 'waiting'
    constraint delivery_state_known_ck check (state in ('waiting', 'delivered', 'dead')),
  -- how often somebody began to send it, and how often before it was sent anew by hand
  attempts integer not null default 0,
  earlier_attempts integer not null default 0,
  -- when somebody is to send it; while somebody does, when somebody else is to if nothing is heard of it
  next_at timestamptz not null default now(),
  -- whoever is sending it
  lease uuid,
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  constraint delivery_once_uq unique (endpoint, message),
  constraint delivery_ends_with_its_state_ck check ((state = 'waiting') = (ended_at is null)),
  constraint delivery_attempts_counted_ck check (earlier_attempts between 0 and attempts)
)
-- a row is written a few times
with (fillfactor = 80);

-- what is due of an endpoint
create index deliveries_due_idx on webhook_deliveries (endpoint, next_at) where state = 'waiting';
-- the dead letters
create index deliveries_dead_idx on webhook_deliveries (id) where state = 'dead';
-- what the sweeper looks for, and whether a message is wanted still
create index deliveries_ended_idx on webhook_deliveries (ended_at) where state = 'delivered';
create index deliveries_message_idx on webhook_deliveries (message);

-- The transitions of domain::webhook::DeliveryState.
create function refuse_illegal_delivery() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'waiting' then
      raise exception 'a delivery begins as waiting, not as %', new.state
        using errcode = 'check_violation', constraint = 'delivery_transition_legal_ck', table = 'webhook_deliveries';
    end if;
    return new;
  end if;
  if not (
    (old.state = 'waiting' and new.state in ('waiting', 'delivered', 'dead'))
    or (old.state = 'dead' and new.state = 'waiting')
  ) then
    raise exception 'a delivery that is % cannot become %', old.state, new.state
      using errcode = 'check_violation', constraint = 'delivery_transition_legal_ck', table = 'webhook_deliveries';
  end if;
  return new;
end
$$;

create trigger refuse_illegal_delivery
before insert or update on webhook_deliveries
for each row execute function refuse_illegal_delivery();

-- What was heard of each attempt.
create table webhook_attempts (
  delivery bigint not null
    constraint attempt_of_known_delivery_fk references webhook_deliveries on delete cascade,
  number integer not null,
  attempted_at timestamptz not null default now(),
  milliseconds integer not null,
  -- the answer's, if there was one
  status smallint,
  -- what was the matter, if it was not taken
  failure text
    constraint attempt_failure_length_ck check (length(failure) between 1 and 500),
  constraint attempt_once_uq primary key (delivery, number)
);

-- How far what is told by others was taken over from them, so that nothing of it is taken twice or missed.
create table webhook_sources (
  name text primary key
    constraint webhook_source_length_ck check (length(name) between 1 and 64),
  cursor text not null
);
