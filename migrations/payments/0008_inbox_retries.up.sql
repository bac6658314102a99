-- What could not be acted on is tried again by ourselves, however often, and a person can see why.

alter table attempts validate constraint fee_within_captured_ck;
alter table postings validate constraint postings_cause_ck;

alter table provider_events
  add column tries integer not null default 0,
  -- When it is tried again; null until it was tried once.
  add column next_try_at timestamptz,
  -- Why it waits.
  add column problem text;

-- The worker takes what is due, longest overdue first.
create index provider_events_due_idx on provider_events (provider, next_try_at)
where processed_at is null;
