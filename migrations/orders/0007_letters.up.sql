-- Mails to customers: what is to be told is written in the transaction of the change that it tells of, and sent
-- afterwards (docs/decisions/0028-letters.md).
create table letters (
  id uuid primary key,
  order_id uuid not null
    constraint letter_of_known_order_fk references orders,
  kind text not null
    constraint letter_kind_known_ck check (kind in ('confirmation', 'dispatch', 'refund')),
  -- which parcel, which refund: empty for what happens to an order once
  cause text not null
    constraint letter_cause_length_ck check (length(cause) <= 200),
  -- what it tells beyond what stands in the order
  tidings jsonb not null,
  state text not null default 'waiting'
    constraint letter_state_known_ck check (state in ('waiting', 'sent', 'given_up')),
  -- how often somebody began to send it
  attempts integer not null default 0,
  -- when somebody is to send it; while somebody does, when somebody else is to if nothing is heard of it
  next_at timestamptz not null default now(),
  -- whoever is sending it
  lease uuid,
  -- what was the matter the last time
  failure text
    constraint letter_failure_length_ck check (length(failure) between 1 and 500),
  written_at timestamptz not null default now(),
  ended_at timestamptz,
  constraint letter_once_uq unique (order_id, kind, cause),
  constraint letter_ends_with_its_state_ck check ((state = 'waiting') = (ended_at is null))
)
-- a row is written a few times
with (fillfactor = 80);

-- what is due
create index letters_due_idx on letters (next_at) where state = 'waiting';
-- what somebody has to look after
create index letters_given_up_idx on letters (id) where state = 'given_up';

-- The transitions of domain::letter::LetterState.
create function refuse_illegal_letter() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'waiting' then
      raise exception 'a letter begins as waiting, not as %', new.state
        using errcode = 'check_violation', constraint = 'letter_transition_legal_ck', table = 'letters';
    end if;
    return new;
  end if;
  if old.state <> new.state and not (
    (old.state = 'waiting' and new.state in ('sent', 'given_up'))
    or (old.state = 'given_up' and new.state = 'waiting')
  ) then
    raise exception 'a letter that is % cannot become %', old.state, new.state
      using errcode = 'check_violation', constraint = 'letter_transition_legal_ck', table = 'letters';
  end if;
  if (old.id, old.order_id, old.kind, old.cause, old.tidings, old.written_at)
    is distinct from (new.id, new.order_id, new.kind, new.cause, new.tidings, new.written_at) then
    raise exception 'what a letter tells is not rewritten'
      using errcode = 'check_violation', constraint = 'letter_is_not_rewritten_ck', table = 'letters';
  end if;
  return new;
end
$$;

create trigger refuse_illegal_letter
before insert or update on letters
for each row execute function refuse_illegal_letter();
