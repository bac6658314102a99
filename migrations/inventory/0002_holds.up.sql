-- Pieces set aside for an order: one row for each SKU and warehouse they lie in.

create table holds (
  id uuid primary key,
  -- the order
  reference uuid not null,
  -- Counts how often the order's pieces were set aside anew, because the order changed or because
  -- they had been given back. Only the latest round says what the order wants.
  round integer not null
    constraint hold_round_positive_ck check (round > 0),
  sku text not null,
  warehouse text not null,
  quantity bigint not null
    constraint hold_quantity_positive_ck check (quantity > 0),
  state text not null default 'held'
    constraint hold_state_known_ck check (state in ('held', 'allocated', 'released')),
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  -- when it was allocated or released
  ended_at timestamptz,
  constraint hold_ends_with_its_state_ck check ((state = 'held') = (ended_at is null)),
  constraint hold_of_known_level_fk foreign key (sku, warehouse) references stock_levels (sku, warehouse)
);

-- An order holds a SKU in a warehouse once at a time, whatever was released before.
create unique index hold_live_once_uq on holds (reference, warehouse, sku) where state <> 'released';

-- an order's latest round, which may be a released one
create index holds_reference_idx on holds (reference, round);

-- what the sweeper looks for
create index holds_expiry_idx on holds (expires_at) where state = 'held';

-- The transitions of domain::stock::HoldState: held becomes allocated or released, and that is all. A
-- hold begins as held, and neither what it holds nor for whom ever changes.
create function refuse_illegal_hold() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state = 'held' then
      return new;
    end if;
    raise exception 'a hold begins as held, not as %', new.state
      using errcode = 'check_violation', constraint = 'hold_transition_legal_ck', table = 'holds';
  end if;
  if tg_op = 'DELETE' then
    if old.state = 'released' then
      return old;
    end if;
    raise exception 'a hold that is % cannot be deleted', old.state
      using errcode = 'check_violation', constraint = 'hold_transition_legal_ck', table = 'holds';
  end if;
  if old.state <> 'held' then
    raise exception 'a hold that is % cannot become %', old.state, new.state
      using errcode = 'check_violation', constraint = 'hold_transition_legal_ck', table = 'holds';
  end if;
  if (old.id, old.reference, old.round, old.sku, old.warehouse, old.quantity, old.created_at)
    is distinct from
    (new.id, new.reference, new.round, new.sku, new.warehouse, new.quantity, new.created_at) then
    raise exception 'only the state and the expiry of a hold can change'
      using errcode = 'check_violation', constraint = 'hold_content_fixed_ck', table = 'holds';
  end if;
  return new;
end
$$;

create trigger refuse_illegal_hold
before insert or update or delete on holds
for each row execute function refuse_illegal_hold();
