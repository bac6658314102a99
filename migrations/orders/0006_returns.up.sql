-- What customers send back: asked for, announced to a warehouse, looked at, paid back.

create table returns (
  -- the name under which the warehouse expects it, and under which its money goes back
  id uuid primary key,
  order_id uuid not null references orders (id),
  -- from 1
  number integer not null,
  state text not null default 'requested',
  -- the code of the warehouse that expects it, and what people called it then
  warehouse text not null,
  warehouse_name text not null,
  -- how much is paid back, once it was looked at
  refund_minor bigint,
  requested_at timestamptz not null default now(),
  inspected_at timestamptz,
  -- the sweeper looks again, ever more patiently, at what is to be announced or paid back
  next_try_at timestamptz not null default now(),
  tries integer not null default 0,

  constraint returns_are_counted_once_uq unique (order_id, number),
  constraint returns_count_from_one_ck check (number > 0),
  constraint returns_state_ck check (state in ('requested', 'expected', 'accepted', 'refunded', 'rejected')),
  constraint inspected_returns_know_when_ck
    check ((state in ('accepted', 'refunded', 'rejected')) = (inspected_at is not null)),
  constraint accepted_returns_are_paid_back_ck
    check ((state in ('accepted', 'refunded')) = (refund_minor is not null) and refund_minor >= 0)
);

create table return_lines (
  return_id uuid not null references returns (id),
  sku text not null,
  quantity integer not null,
  reason text not null,
  -- how many were accepted, once it was looked at
  accepted integer,

  primary key (return_id, sku),
  constraint returns_have_pieces_ck check (quantity > 0),
  constraint accepted_within_returned_ck check (accepted between 0 and quantity),
  constraint return_reason_known_ck
    check (reason in ('unwanted', 'does_not_fit', 'not_as_described', 'wrong_item', 'damaged'))
);

-- what the sweeper has to go on with
create index returns_to_go_on_with_idx on returns (next_try_at) where state in ('requested', 'accepted');

-- The table of domain::order::ReturnState; what was asked for stays, and is looked at once.
create function refuse_illegal_return() returns trigger
language plpgsql as $$
begin
  if old.state <> new.state and (old.state, new.state) not in (
    ('requested', 'expected'),
    ('expected', 'accepted'),
    ('expected', 'rejected'),
    ('accepted', 'refunded')
  ) then
    raise exception 'a return that is % cannot become %', old.state, new.state
      using errcode = 'check_violation', constraint = 'returns_end_once_ck';
  end if;
  if (old.id, old.order_id, old.number, old.warehouse, old.requested_at)
    is distinct from (new.id, new.order_id, new.number, new.warehouse, new.requested_at)
    or (old.refund_minor is not null and old.refund_minor is distinct from new.refund_minor) then
    raise exception 'what was asked for, and what is paid back for it, stays'
      using errcode = 'check_violation', constraint = 'returns_end_once_ck';
  end if;
  return new;
end
$$;

create trigger returns_end_once
  before update on returns
  for each row execute function refuse_illegal_return();

create function refuse_change_of_return_line() returns trigger
language plpgsql as $$
begin
  if (old.return_id, old.sku, old.quantity, old.reason) is distinct from
    (new.return_id, new.sku, new.quantity, new.reason)
    or (old.accepted is not null and old.accepted is distinct from new.accepted) then
    raise exception 'what was asked for stays, and is looked at once'
      using errcode = 'check_violation', constraint = 'return_lines_are_frozen_ck';
  end if;
  return new;
end
$$;

create trigger return_lines_are_frozen
  before update on return_lines
  for each row execute function refuse_change_of_return_line();

create trigger returns_are_kept
  before delete on returns
  for each row execute function refuse_change_of_history();

create trigger return_lines_are_kept
  before delete on return_lines
  for each row execute function refuse_change_of_history();
