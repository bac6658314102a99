-- The ledger: everything that ever changed a level. Rows are added, never changed or taken away.

create table movements (
  -- the order in which they were written
  id bigint generated always as identity primary key,
  sku text not null,
  warehouse text not null,
  kind text not null
    constraint movement_kind_known_ck check (
      kind in ('received', 'adjusted', 'held', 'released', 'allocated', 'shipped', 'returned')
    ),
  -- what it adds to each number of the level
  on_hand bigint not null,
  held bigint not null,
  allocated bigint not null,
  -- why, in words
  cause text not null,
  -- the order it was for
  reference uuid,
  -- another system's name for it, unique within that system
  source text,
  external_id text,
  occurred_at timestamptz not null default now(),
  constraint movement_of_known_level_fk foreign key (sku, warehouse) references stock_levels (sku, warehouse),
  constraint movement_external_id_has_source_ck check ((source is null) = (external_id is null)),
  constraint movement_for_order_names_it_ck check (
    reference is not null or kind not in ('held', 'released', 'allocated')
  ),
  constraint movement_moves_what_its_kind_says_ck check (
    case kind
      when 'received' then on_hand > 0 and held = 0 and allocated = 0
      when 'adjusted' then on_hand <> 0 and held = 0 and allocated = 0
      when 'held' then on_hand = 0 and held > 0 and allocated = 0
      when 'released' then on_hand = 0 and least(held, allocated) < 0 and greatest(held, allocated) = 0
      when 'allocated' then on_hand = 0 and held < 0 and allocated = -held
      when 'shipped' then on_hand < 0 and held = 0 and allocated = on_hand
      when 'returned' then on_hand > 0 and held = 0 and allocated = 0
    end
  )
);

-- What another system tells twice is written once. Partial: most movements are our own.
create unique index movement_told_once_uq on movements (source, external_id)
where external_id is not null;

create function refuse_rewriting_the_ledger() returns trigger language plpgsql as $$
begin
  raise exception 'movements are only ever added'
    using errcode = 'check_violation', constraint = 'movements_append_only_ck', table = 'movements';
end
$$;

create trigger refuse_rewriting_the_ledger
before update or delete or truncate on movements
for each statement execute function refuse_rewriting_the_ledger();
