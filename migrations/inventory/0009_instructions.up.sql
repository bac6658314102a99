-- What the store tells the warehouses: what of an order is theirs to send, what of it is not to be sent any more,
-- and what will come back (docs/decisions/0021-what-warehouses-are-told.md).
--
-- What the release before this one allocates after this has run is not told: stop it before.

-- The lines of what is to be told, written in the transaction of what it tells of, and gone as soon as it has a place
-- below. Nothing waits for anything here: it is only added to, and taken from by one teller at a time. A row for each
-- line, because who allocates writes it: to put lines together costs more than to write them.
create table untold_lines (
  id bigint generated always as identity primary key,
  kind text not null
    constraint untold_kind_known_ck check (
      kind in ('allocation.created', 'allocation.cancelled', 'return.expected')
    ),
  warehouse text not null,
  -- the order
  reference uuid not null,
  -- the caller's name for the return
  return_id uuid,
  sku text not null,
  quantity bigint not null
    constraint untold_quantity_positive_ck check (quantity > 0),
  occurred_at timestamptz not null default now(),
  constraint untold_return_names_it_ck check ((kind = 'return.expected') = (return_id is not null))
);

-- What was told, in the order in which it was. Places have no gaps and are given by one transaction at a time, so
-- that nothing comes up later in front of what somebody has read.
create table instructions (
  position bigint primary key,
  id uuid not null
    constraint instruction_id_uq unique,
  kind text not null,
  warehouse text not null,
  reference uuid not null,
  return_id uuid,
  -- the lines: a SKU and its pieces have the same place
  skus text[] not null,
  quantities bigint[] not null,
  occurred_at timestamptz not null,
  told_at timestamptz not null default now(),
  -- when the warehouse said that it has taken it on
  acknowledged_at timestamptz,
  constraint instruction_lines_are_whole_ck check (
    cardinality(skus) > 0 and cardinality(skus) = cardinality(quantities)
  )
);

-- one warehouse's part of the feed
create index instructions_warehouse_idx on instructions (warehouse, position);

-- what a warehouse has not acknowledged: as many rows as it is behind, however many it has done
create index instructions_open_idx on instructions (warehouse, position) where acknowledged_at is null;

-- What was told stays so, and is acknowledged once.
create function refuse_changing_instruction() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'what a warehouse was told stays told'
      using errcode = 'check_violation', constraint = 'instruction_is_kept_ck', table = 'instructions';
  end if;
  if old.acknowledged_at is not null
    or (to_jsonb(old) - 'acknowledged_at') is distinct from (to_jsonb(new) - 'acknowledged_at') then
    raise exception 'an instruction changes only by being acknowledged, once'
      using errcode = 'check_violation', constraint = 'instruction_is_fixed_ck', table = 'instructions';
  end if;
  return new;
end
$$;

create trigger refuse_changing_instruction
before update or delete on instructions
for each row execute function refuse_changing_instruction();

-- What customers said they send back.
create table expected_returns (
  -- the caller's name for it
  id uuid primary key,
  -- the order it was sent with
  reference uuid not null,
  -- where it will come
  warehouse text not null
    constraint return_to_known_warehouse_fk references warehouses,
  skus text[] not null,
  quantities bigint[] not null,
  created_at timestamptz not null default now(),
  constraint expected_lines_are_whole_ck check (
    cardinality(skus) > 0 and cardinality(skus) = cardinality(quantities)
  )
);

-- how much of an order is expected back already
create index expected_returns_reference_idx on expected_returns (reference);

-- What was paid before and not sent yet, the warehouses have to hear of as well.
insert into untold_lines (kind, warehouse, reference, sku, quantity, occurred_at)
select 'allocation.created', warehouse, reference, sku, quantity - shipped - cancelled, ended_at
from holds
where state = 'allocated'
order by ended_at, reference, warehouse;
