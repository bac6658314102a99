-- What the warehouses sent of an order, parcel by parcel, as far as the store has heard.

create table parcels (
  order_id uuid not null references orders (id),
  -- from 1, in the order in which they were heard of
  number integer not null,
  -- the warehouse's code, and what people called it then
  warehouse text not null,
  warehouse_name text not null,
  -- when the store heard that it had left
  sent_at timestamptz not null default now(),
  carrier text,
  tracking_number text,
  delivered_at timestamptz,

  primary key (order_id, number),
  constraint parcels_count_from_one_ck check (number > 0),
  constraint parcels_are_tracked_whole_ck check ((carrier is null) = (tracking_number is null))
);

create table parcel_lines (
  order_id uuid not null,
  parcel integer not null,
  sku text not null,
  quantity integer not null,

  primary key (order_id, parcel, sku),
  foreign key (order_id, parcel) references parcels (order_id, number),
  constraint parcels_have_pieces_ck check (quantity > 0)
);

create trigger parcel_lines_are_frozen
  before update or delete on parcel_lines
  for each row execute function refuse_change_of_history();

-- A parcel that left has left, and arrives once. Its label may be mended.
create function refuse_change_of_parcel() returns trigger
language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'a parcel that was sent stays so'
      using errcode = 'check_violation', constraint = 'parcels_stay_sent_ck';
  end if;
  if (old.order_id, old.number, old.warehouse, old.warehouse_name, old.sent_at)
    is distinct from (new.order_id, new.number, new.warehouse, new.warehouse_name, new.sent_at)
    or (old.delivered_at is not null and old.delivered_at is distinct from new.delivered_at) then
    raise exception 'of a parcel only the label changes, and it arrives once'
      using errcode = 'check_violation', constraint = 'parcels_stay_sent_ck';
  end if;
  return new;
end
$$;

create trigger parcels_stay_sent
  before update or delete on parcels
  for each row execute function refuse_change_of_parcel();

-- Paid orders of which not all was sent yet, by when the sweeper looks at them next: what a warehouse tells is heard
-- at once as a rule, and found by looking if it was not.
create index orders_to_be_sent_idx on orders (next_check_at)
  where state = 'paid' and fulfilment_status in ('unfulfilled', 'partially_fulfilled');

-- Added as not valid by the migration before.
alter table orders
  validate constraint paid_orders_know_when_ck,
  validate constraint orders_payment_status_ck,
  validate constraint orders_fulfilment_status_ck,
  validate constraint paid_orders_have_money_ck,
  validate constraint only_paid_orders_are_sent_ck,
  validate constraint refunds_show_in_the_status_ck,
  validate constraint only_paid_orders_are_being_cancelled_ck;
