-- The inbox of what providers tell by webhook. An event is kept before it is acted on, and acted on
-- once however often it is delivered.

create table provider_events (
  provider text not null,
  event_id text not null,
  kind text not null,
  -- The provider's name for the payment that the event is about, if it is about one.
  payment_reference text,
  -- The body exactly as it was signed.
  payload text not null,
  deliveries integer not null default 1,
  received_at timestamptz not null default now(),
  processed_at timestamptz,
  -- The attempt that the event was about; null when no attempt of ours is.
  attempt uuid references attempts,
  constraint provider_events_once_uq primary key (provider, event_id),
  constraint provider_events_attempt_ck check (attempt is null or processed_at is not null)
);

-- What could not be acted on yet.
create index provider_events_waiting_idx on provider_events (received_at)
where processed_at is null;
