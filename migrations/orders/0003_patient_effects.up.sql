-- What follows an order's end is tried again ever more patiently, so that one refund that is refused
-- does not hold up the others. Null: it was not tried yet.
alter table orders
  add column next_effect_at timestamptz,
  add column effect_tries integer not null default 0;

-- What the sweeper has to do, money before carts.
create index orders_effects_due_idx
  on orders (refund_due desc, next_effect_at nulls first)
  where cart_to_empty or refund_due;
