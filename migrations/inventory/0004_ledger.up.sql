-- The ledger in partitions by the order in which it is written: what is written now lies in a small table with a
-- small index, however long the store has been selling (docs/decisions/0017-the-ledger.md). The table that is
-- there becomes the first partition as it stands: its rows are looked at once for the new checks, not copied.
--
-- The release before this one names a unique index that a partitioned table cannot have; its changes of stock
-- are refused from here on. Stop it before this runs.

drop index movement_told_once_uq;

-- Everything another system told us that became a movement, by that system's name for it. A table of its own:
-- unique whichever partition the movement lies in. What was said is kept beside, so that the same once more
-- can be told from something else under the same name.
create table told_movements (
  source text not null
    constraint told_source_length_ck check (length(source) between 1 and 64),
  external_id text not null
    constraint told_external_id_length_ck check (length(external_id) between 1 and 200),
  sku text not null,
  warehouse text not null,
  kind text not null,
  -- what it added to what is on hand
  on_hand bigint not null,
  -- the order it was for
  reference uuid,
  constraint movement_told_once_uq primary key (source, external_id)
);

insert into told_movements (source, external_id, sku, warehouse, kind, on_hand)
select source, external_id, sku, warehouse, kind, on_hand
from movements
where external_id is not null;

drop trigger refuse_rewriting_the_ledger on movements;
alter table movements rename to movements_first;
-- What it always was: the instant of writing. When it happened is the source's to say.
alter table movements_first rename column occurred_at to recorded_at;
alter table movements_first add column occurred_at timestamptz;
alter table movements_first alter column id drop identity;
alter table movements_first rename constraint movements_pkey to movements_first_pkey;
alter table movements_first drop constraint movement_kind_known_ck;
alter table movements_first drop constraint movement_moves_what_its_kind_says_ck;
alter table movements_first drop constraint movement_for_order_names_it_ck;

create table movements (
  -- the order in which they were written
  id bigint generated always as identity,
  sku text not null,
  warehouse text not null,
  kind text not null,
  -- what it adds to each number of the level
  on_hand bigint not null,
  held bigint not null,
  allocated bigint not null,
  -- why, in words
  cause text not null,
  -- the order it was for, or the transfer, the purchase order, the return
  reference uuid,
  -- another system's name for it, unique within that system (told_movements)
  source text,
  external_id text,
  recorded_at timestamptz not null default now(),
  -- when it happened, where that is another time
  occurred_at timestamptz,
  constraint movements_pkey primary key (id),
  constraint movement_of_known_level_fk foreign key (sku, warehouse) references stock_levels (sku, warehouse),
  constraint movement_external_id_has_source_ck check ((source is null) = (external_id is null)),
  constraint movement_for_order_names_it_ck check (
    reference is not null
      or kind not in ('held', 'released', 'allocated', 'cancelled', 'shipped')
      or (kind = 'shipped' and allocated = 0)
  ),
  -- also which kinds there are: of another one nothing is said, and the case is null
  constraint movement_moves_what_its_kind_says_ck check (
    coalesce(
      case kind
        when 'received' then on_hand > 0 and held = 0 and allocated = 0
        when 'adjusted' then on_hand <> 0 and held = 0 and allocated = 0
        when 'held' then on_hand = 0 and held > 0 and allocated = 0
        when 'released' then on_hand = 0 and held < 0 and allocated = 0
        when 'allocated' then on_hand = 0 and held < 0 and allocated = -held
        -- an order was cancelled after it was paid and before it was sent
        when 'cancelled' then on_hand = 0 and held = 0 and allocated < 0
        -- for an order out of what is its own, else out of what is nobody's
        when 'shipped' then on_hand < 0 and held = 0 and allocated in (on_hand, 0)
        when 'returned' then on_hand > 0 and held = 0 and allocated = 0
        when 'scrapped' then on_hand < 0 and held = 0 and allocated = 0
        when 'transferred_out' then on_hand < 0 and held = 0 and allocated = 0
        when 'transferred_in' then on_hand > 0 and held = 0 and allocated = 0
      end,
      false
    )
  )
)
partition by range (id);

alter table movements_first add constraint movement_for_order_names_it_ck check (
  reference is not null
    or kind not in ('held', 'released', 'allocated', 'cancelled', 'shipped')
    or (kind = 'shipped' and allocated = 0)
);
alter table movements_first add constraint movement_moves_what_its_kind_says_ck check (
  coalesce(
    case kind
      when 'received' then on_hand > 0 and held = 0 and allocated = 0
      when 'adjusted' then on_hand <> 0 and held = 0 and allocated = 0
      when 'held' then on_hand = 0 and held > 0 and allocated = 0
      when 'released' then on_hand = 0 and held < 0 and allocated = 0
      when 'allocated' then on_hand = 0 and held < 0 and allocated = -held
      when 'cancelled' then on_hand = 0 and held = 0 and allocated < 0
      when 'shipped' then on_hand < 0 and held = 0 and allocated in (on_hand, 0)
      when 'returned' then on_hand > 0 and held = 0 and allocated = 0
      when 'scrapped' then on_hand < 0 and held = 0 and allocated = 0
      when 'transferred_out' then on_hand < 0 and held = 0 and allocated = 0
      when 'transferred_in' then on_hand > 0 and held = 0 and allocated = 0
    end,
    false
  )
);

-- What was recorded since an instant, for a count that is older than now. A few pages for millions of rows, and
-- next to nothing to write: rows come in the order of this column.
create index movements_recorded_idx on movements using brin (recorded_at);

create trigger refuse_rewriting_the_ledger
before update or delete or truncate on movements
for each statement execute function refuse_rewriting_the_ledger();

-- Makes a table a partition of the ledger. A trigger for each statement is not handed down to it.
create function attach_to_the_ledger(partition text, bounds text) returns void language plpgsql as $$
begin
  execute format('alter table movements attach partition %I %s', partition, bounds);
  execute format(
    'create trigger refuse_rewriting_the_ledger
     before update or delete or truncate on %I
     for each statement execute function refuse_rewriting_the_ledger()', partition);
end
$$;

-- A partition holds this many numbers.
create function movements_per_partition() returns bigint language sql immutable as 'select 5000000::bigint';

-- Sees to it that the next partitions are there before they are needed, and answers how many were made. Whoever
-- works behind the store calls it every now and then; what nobody has made a partition for lands in
-- movements_otherwise, and partitions then begin behind it. Nothing waits for this: where it would have to wait
-- itself it leaves it for the next time.
create function open_movement_partitions(ahead integer) returns integer language plpgsql as $$
declare
  size constant bigint := movements_per_partition();
  written constant bigint := coalesce(pg_sequence_last_value(pg_get_serial_sequence('movements', 'id')), 0);
  -- the one that is being written, and the last one that there is
  now_written constant bigint := written / size;
  last_made bigint;
  made integer := 0;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('inventory ledger partitions', 0)) then
    return 0;
  end if;
  select coalesce(max(substring(child.relname from '^movements_([0-9]+)$')::bigint), -1)
  into last_made
  from pg_inherits
  join pg_class as child on child.oid = inhrelid
  where inhparent = 'movements'::regclass;
  if last_made < now_written then
    -- What is written now lies in the net already.
    last_made := now_written;
  end if;
  perform set_config('lock_timeout', '500ms', true);
  while last_made < now_written + ahead loop
    last_made := last_made + 1;
    begin
      execute format('create table movements_%s (like movements including defaults including constraints)', last_made);
      perform attach_to_the_ledger(
        format('movements_%s', last_made),
        format('for values from (%s) to (%s)', last_made * size, (last_made + 1) * size));
    exception when lock_not_available or check_violation or deadlock_detected then
      exit;
    end;
    made := made + 1;
  end loop;
  return made;
end
$$;

do $$
declare
  size constant bigint := movements_per_partition();
  next_id bigint;
  first_end bigint;
begin
  select coalesce(max(id), 0) + 1 into next_id from movements_first;
  first_end := (next_id / size + 1) * size;
  execute format('alter table movements alter column id restart with %s', next_id);
  -- named after its number like the others; it holds what came before as well
  execute format('alter table movements_first rename to movements_%s', next_id / size);
  perform attach_to_the_ledger(
    format('movements_%s', next_id / size),
    format('for values from (minvalue) to (%s)', first_end));
end
$$;

create table movements_otherwise (like movements including defaults including constraints);
select attach_to_the_ledger('movements_otherwise', 'default');
select open_movement_partitions(2);
