-- One SKU that everybody wants, as each of the ways to sell it keeps it. The same is written for a hold whichever
-- way is taken: the level, the hold and its movement.

drop schema if exists bench_hot cascade;
create schema bench_hot;

-- one row, or as many slots as the stock is divided into
create table bench_hot.levels (
  sku text not null,
  slot integer not null,
  on_hand bigint not null,
  held bigint not null default 0,
  version bigint not null default 0,
  primary key (sku, slot),
  check (held <= on_hand)
) with (fillfactor = 70);

-- one row a piece
create table bench_hot.pieces (
  id bigint generated always as identity primary key,
  sku text not null,
  reference uuid
);
create index on bench_hot.pieces (sku, id) where reference is null;

create table bench_hot.holds (
  id uuid primary key default gen_random_uuid(),
  reference uuid not null unique,
  sku text not null,
  quantity bigint not null,
  expires_at timestamptz not null
);

create table bench_hot.movements (
  id bigint generated always as identity primary key,
  sku text not null,
  held bigint not null,
  reference uuid not null,
  occurred_at timestamptz not null default now()
);

-- The row that everybody waits for is locked last, and everything is done in one round trip. Who comes too late
-- is told so by an error, which takes everything back.
create function bench_hot.hold_last(wanted text, order_reference uuid) returns boolean
language plpgsql as $$
begin
  insert into bench_hot.holds (reference, sku, quantity, expires_at)
  values (order_reference, wanted, 1, now() + interval '15 minutes');
  insert into bench_hot.movements (sku, held, reference) values (wanted, 1, order_reference);
  update bench_hot.levels
  set held = held + 1, version = version + 1
  where sku = wanted
    and slot = 0
    and held < on_hand;
  if not found then
    raise exception 'sold out' using errcode = 'no_data_found';
  end if;
  return true;
end
$$;

-- The same behind a lock of the SKU's own in place of the row's.
create function bench_hot.hold_behind_a_lock(wanted text, order_reference uuid) returns boolean
language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(wanted, 0));
  return bench_hot.hold_last(wanted, order_reference);
end
$$;

-- A slot by chance, and the others after it when that is sold out.
create function bench_hot.hold_in_a_slot(wanted text, order_reference uuid, slots integer) returns boolean
language plpgsql as $$
declare
  first integer := floor(random() * slots);
begin
  for step in 0 .. slots - 1 loop
    update bench_hot.levels
    set held = held + 1, version = version + 1
    where sku = wanted
      and slot = (first + step) % slots
      and held < on_hand;
    if found then
      insert into bench_hot.holds (reference, sku, quantity, expires_at)
      values (order_reference, wanted, 1, now() + interval '15 minutes');
      insert into bench_hot.movements (sku, held, reference) values (wanted, 1, order_reference);
      return true;
    end if;
  end loop;
  return false;
end
$$;

-- A piece that nobody else is about to take.
create function bench_hot.hold_a_piece(wanted text, order_reference uuid) returns boolean
language plpgsql as $$
declare
  found_piece bigint;
begin
  select id into found_piece
  from bench_hot.pieces
  where sku = wanted
    and reference is null
  order by id
  limit 1
  for update skip locked;
  if found_piece is null then
    return false;
  end if;
  update bench_hot.pieces set reference = order_reference where id = found_piece;
  insert into bench_hot.holds (reference, sku, quantity, expires_at)
  values (order_reference, wanted, 1, now() + interval '15 minutes');
  insert into bench_hot.movements (sku, held, reference) values (wanted, 1, order_reference);
  return true;
end
$$;

-- Many orders at once, in the order in which they came; answers how many of them were served.
create function bench_hot.hold_together(wanted text, order_references uuid[]) returns integer
language plpgsql as $$
declare
  left_over bigint;
  served integer;
begin
  select on_hand - held into left_over
  from bench_hot.levels
  where sku = wanted
    and slot = 0
  for no key update;
  served := least(left_over, cardinality(order_references));
  insert into bench_hot.holds (reference, sku, quantity, expires_at)
  select reference, wanted, 1, now() + interval '15 minutes'
  from unnest(order_references[1:served]) as reference;
  insert into bench_hot.movements (sku, held, reference)
  select wanted, 1, reference
  from unnest(order_references[1:served]) as reference;
  update bench_hot.levels
  set held = held + served, version = version + served
  where sku = wanted
    and slot = 0;
  return served;
end
$$;
