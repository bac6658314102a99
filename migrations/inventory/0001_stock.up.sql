-- Where goods lie and how many there are.

create table warehouses (
  code text primary key
    constraint warehouse_code_length_ck check (length(code) between 1 and 32),
  name text not null,
  -- ISO 3166-1 alpha-2
  country text not null
    constraint warehouse_country_is_a_code_ck check (country ~ '^[A-Z]{2}$'),
  -- lower goes first among warehouses that could serve equally well
  priority integer not null
);

-- One row for each SKU in each warehouse; always the sum of its movements. Only the statement that
-- writes a movement changes it.
create table stock_levels (
  sku text not null
    constraint level_sku_length_ck check (length(sku) between 1 and 64),
  warehouse text not null
    constraint level_in_known_warehouse_fk references warehouses,
  on_hand bigint not null default 0
    constraint on_hand_not_negative_ck check (on_hand >= 0),
  -- set aside for orders that are being paid
  held bigint not null default 0
    constraint held_not_negative_ck check (held >= 0),
  -- paid for, not yet shipped
  allocated bigint not null default 0
    constraint allocated_not_negative_ck check (allocated >= 0),
  -- kept back from sale, e.g. because counts are never quite right
  safety bigint not null default 0
    constraint safety_not_negative_ck check (safety >= 0),
  -- what can be sold
  available bigint not null
    generated always as (greatest(on_hand - held - allocated - safety, 0)) stored,
  -- counts the changes; the sum over a SKU's warehouses orders the news about the SKU
  version bigint not null default 0,
  -- SKU first: every question is about all warehouses of some SKUs. There is no other index, so that
  -- an update touches none (a heap-only update).
  primary key (sku, warehouse),
  -- The promise that nothing is sold twice, whatever code path is wrong.
  constraint holds_within_on_hand_ck check (held + allocated <= on_hand)
)
-- room on each page for the next version of a hot row
with (fillfactor = 70);

create table outbox (
  id uuid primary key,
  position bigint generated always as identity,
  topic text not null,
  key text not null,
  payload jsonb not null,
  occurred_at timestamptz not null default now(),
  relayed_at timestamptz
);

-- what the relay still has to carry; the many that were carried are not in it
create index outbox_unrelayed_idx on outbox (position) where relayed_at is null;
