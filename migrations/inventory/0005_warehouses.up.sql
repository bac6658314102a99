-- Warehouses with all that matters from where and when something is sent, levels that may promise what is still
-- to come, and what is on its way to them.

alter table warehouses
  add column kind text not null default 'warehouse'
    constraint warehouse_kind_known_ck check (kind in ('warehouse', 'store')),
  add column street text,
  add column city text,
  add column postal_code text,
  -- microdegrees, north and east positive
  add column latitude integer
    constraint warehouse_latitude_exists_ck check (latitude between -90000000 and 90000000),
  add column longitude integer
    constraint warehouse_longitude_exists_ck check (longitude between -180000000 and 180000000),
  -- IANA; one that the database does not know is an error of its own
  add column time_zone text not null default 'UTC'
    constraint warehouse_time_zone_known_ck check (
      (timestamptz '2000-01-01 00:00:00+00' at time zone time_zone) is not null
    ),
  -- what is ordered before this minute of the local day leaves on that day
  add column cut_off_minute smallint not null default 840
    constraint warehouse_cut_off_within_the_day_ck check (cut_off_minute between 0 and 1440),
  -- one bit a day, Monday the lowest
  add column working_days smallint not null default 31
    constraint warehouse_working_days_are_days_ck check (working_days between 0 and 127),
  add column holidays date[] not null default '{}',
  add column offers_pick_up boolean not null default false,
  -- one that is not sends nothing: what lies there cannot be sold
  add column active boolean not null default true,
  add constraint warehouse_place_is_whole_ck check ((latitude is null) = (longitude is null));

alter table stock_levels
  -- how many may be promised beyond what is on hand
  add column back_order_limit bigint not null default 0,
  -- what the warehouse's `active` says: kept here, so that what can be sold is said by the level alone
  add column sends boolean not null default true,
  add constraint back_order_limit_not_negative_ck check (back_order_limit >= 0) not valid,
  -- The promise that nothing is sold twice, whatever code path is wrong: holds_within_on_hand_ck, and what may be
  -- promised beyond.
  add constraint promises_within_stock_ck check (
    held + allocated <= on_hand + back_order_limit
  ) not valid;
alter table stock_levels drop constraint holds_within_on_hand_ck;

-- What can be sold of a level: what lies on the shelf, and what may still be promised beyond it. The same as
-- domain::stock::Level says. Written so that it is put into a query in place of the call.
create function can_be_sold(level stock_levels) returns bigint language sql immutable as $$
  select case
    when level.sends then
      level.available + greatest(
        level.back_order_limit
          - greatest(level.held + level.allocated - greatest(level.on_hand - level.safety, 0), 0),
        0
      )
    else 0
  end
$$;

-- What a supplier was asked for.
create table purchase_orders (
  id uuid primary key,
  warehouse text not null
    constraint purchase_for_known_warehouse_fk references warehouses,
  supplier text not null
    constraint purchase_supplier_length_ck check (length(supplier) between 1 and 200),
  -- domain::stock::PurchaseState
  state text not null default 'ordered'
    constraint purchase_state_known_ck check (state in ('ordered', 'received', 'cancelled')),
  expected_on date,
  ordered_at timestamptz not null default now()
);

create table purchase_order_lines (
  purchase_order uuid not null
    constraint purchase_line_of_known_order_fk references purchase_orders,
  sku text not null,
  ordered bigint not null
    constraint purchase_ordered_positive_ck check (ordered > 0),
  -- may be more than was ordered: suppliers err
  received bigint not null default 0
    constraint purchase_received_not_negative_ck check (received >= 0),
  primary key (purchase_order, sku)
);

-- what is on its way of a SKU; lines that have come in are not in it
create index purchase_order_lines_open_idx on purchase_order_lines (sku) where received < ordered;

-- The transitions of domain::stock::PurchaseState.
create function refuse_illegal_purchase() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state = 'ordered' then
      return new;
    end if;
    raise exception 'a purchase order begins as ordered, not as %', new.state
      using errcode = 'check_violation', constraint = 'purchase_transition_legal_ck', table = 'purchase_orders';
  end if;
  if new.state <> old.state and old.state <> 'ordered' then
    raise exception 'a purchase order that is % cannot become %', old.state, new.state
      using errcode = 'check_violation', constraint = 'purchase_transition_legal_ck', table = 'purchase_orders';
  end if;
  return new;
end
$$;

create trigger refuse_illegal_purchase
before insert or update on purchase_orders
for each row execute function refuse_illegal_purchase();

-- Pieces that go from one warehouse to another. Those that have left and not arrived are in no level.
create table transfers (
  id uuid primary key,
  from_warehouse text not null
    constraint transfer_from_known_warehouse_fk references warehouses,
  to_warehouse text not null
    constraint transfer_to_known_warehouse_fk references warehouses,
  -- domain::stock::TransferState
  state text not null default 'ordered'
    constraint transfer_state_known_ck check (state in ('ordered', 'in_transit', 'arrived', 'cancelled')),
  expected_on date,
  ordered_at timestamptz not null default now(),
  constraint transfer_leads_elsewhere_ck check (from_warehouse <> to_warehouse)
);

create table transfer_lines (
  transfer uuid not null
    constraint transfer_line_of_known_transfer_fk references transfers,
  sku text not null,
  quantity bigint not null
    constraint transfer_quantity_positive_ck check (quantity > 0),
  -- what arrived in the end: the rest was lost on the way
  arrived bigint
    constraint transfer_arrives_as_it_left_ck check (arrived between 0 and quantity),
  primary key (transfer, sku)
);

-- what is on its way of a SKU
create index transfer_lines_open_idx on transfer_lines (sku) where arrived is null;

-- The transitions of domain::stock::TransferState.
create function refuse_illegal_transfer() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state = 'ordered' then
      return new;
    end if;
  elsif new.state = old.state
    or (old.state = 'ordered' and new.state in ('in_transit', 'cancelled'))
    or (old.state = 'in_transit' and new.state = 'arrived') then
    return new;
  end if;
  raise exception 'a transfer that is % cannot become %', case tg_op when 'INSERT' then 'new' else old.state end, new.state
    using errcode = 'check_violation', constraint = 'transfer_transition_legal_ck', table = 'transfers';
end
$$;

create trigger refuse_illegal_transfer
before insert or update on transfers
for each row execute function refuse_illegal_transfer();

-- What is on its way to which warehouse, and when it is expected, as far as anybody knows.
create view incoming as
select line.sku, purchase.warehouse, purchase.expected_on, line.ordered - line.received as pieces
from purchase_order_lines as line
join purchase_orders as purchase on purchase.id = line.purchase_order
where line.received < line.ordered
  and purchase.state = 'ordered'
union all
select line.sku, transfer.to_warehouse, transfer.expected_on, line.quantity
from transfer_lines as line
join transfers as transfer on transfer.id = line.transfer
where line.arrived is null
  and transfer.state in ('ordered', 'in_transit');
