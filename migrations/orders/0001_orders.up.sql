create table orders (
  id uuid primary key,
  number text not null,
  -- Whoever holds it may see the order; 128 random bits.
  access_key text not null,
  market text not null,
  -- The session whose cart was ordered (a hash, no secret), and which version of that cart.
  cart_id text not null,
  cart_version bigint not null,
  -- What was ordered, for whom and for how much: the same cart with other details is another order.
  digest bytea not null,
  state text not null default 'awaiting_payment',
  cancel_reason text,
  email text not null,
  shipping_method text not null,
  currency char(3) not null,
  items_minor bigint not null,
  shipping_minor bigint not null,
  total_minor bigint not null,
  -- Tax contained, by rate: [{"rate": basis points, "gross": …, "tax": …}].
  taxes jsonb not null,
  placed_at timestamptz not null default now(),
  expires_at timestamptz not null,
  paid_at timestamptz,
  cancelled_at timestamptz,
  -- The sweeper looks again at an order that awaits its payment, ever more patiently.
  next_check_at timestamptz not null,
  checks integer not null default 0,
  -- The cart of a paid order is emptied, and money that came for a cancelled one returned, after the
  -- order's own commit: these say that it is still to be done.
  cart_to_empty boolean not null default false,
  refund_due boolean not null default false,

  constraint orders_number_uq unique (number),
  constraint orders_state_ck check (state in ('awaiting_payment', 'paid', 'cancelled')),
  constraint orders_total_adds_up_ck check (items_minor + shipping_minor = total_minor),
  constraint orders_cost_something_ck check (items_minor > 0 and shipping_minor >= 0),
  constraint paid_orders_know_when_ck check ((state = 'paid') = (paid_at is not null)),
  constraint cancelled_orders_know_why_ck
    check ((state = 'cancelled') = (cancelled_at is not null and cancel_reason is not null))
);

-- A double submit, a reload and two nodes at once all end in the one order.
create unique index one_order_per_cart_version_uq
  on orders (cart_id, cart_version)
  where state <> 'cancelled';

-- What the sweeper has to look at.
create index orders_to_check_idx on orders (next_check_at) where state = 'awaiting_payment';
create index orders_unfinished_effects_idx on orders (id) where cart_to_empty or refund_due;

create table addresses (
  order_id uuid primary key references orders (id),
  full_name text not null,
  street text not null,
  city text not null,
  postal_code text not null,
  country char(2) not null
);

-- Names, prices and tax rates as they were bought: the catalogue may change, the order does not.
create table lines (
  order_id uuid not null references orders (id),
  position integer not null,
  sku text not null,
  product_id text not null,
  slug text not null,
  name text not null,
  options text not null,
  quantity integer not null,
  unit_minor bigint not null,
  total_minor bigint not null,
  tax_rate_basis_points integer not null,

  primary key (order_id, position),
  constraint lines_one_per_sku_uq unique (order_id, sku),
  constraint lines_have_pieces_ck check (quantity between 1 and 999),
  constraint lines_add_up_ck check (unit_minor >= 0 and unit_minor * quantity = total_minor)
);

-- The timeline of an order: what happened, in words for machines.
create table events (
  id bigint generated always as identity primary key,
  order_id uuid not null references orders (id),
  kind text not null,
  facts jsonb not null default '{}',
  occurred_at timestamptz not null default now()
);

create index events_of_order_idx on events (order_id, id);

create table outbox (
  id uuid primary key,
  position bigint generated always as identity,
  topic text not null,
  key text not null,
  payload jsonb not null,
  occurred_at timestamptz not null default now(),
  relayed_at timestamptz
);

create index outbox_unrelayed_idx on outbox (position) where relayed_at is null;

-- The table of domain::order::OrderState: an order ends once.
create function refuse_illegal_order_transition() returns trigger
language plpgsql as $$
begin
  if old.state <> new.state and old.state <> 'awaiting_payment' then
    raise exception 'an order that is % cannot become %', old.state, new.state
      using errcode = 'check_violation', constraint = 'orders_end_once_ck';
  end if;
  return new;
end
$$;

create trigger orders_end_once
  before update of state on orders
  for each row execute function refuse_illegal_order_transition();

create function refuse_change_of_history() returns trigger
language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name
    using errcode = 'check_violation', constraint = 'history_is_append_only_ck';
end
$$;

create trigger lines_are_frozen
  before update or delete on lines
  for each row execute function refuse_change_of_history();

create trigger events_are_append_only
  before update or delete on events
  for each row execute function refuse_change_of_history();
