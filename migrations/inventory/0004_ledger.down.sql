-- One table again, with what each row said; the kinds that it did not know are refused.
alter table movements rename to movements_in_partitions;
alter table movements_in_partitions rename constraint movements_pkey to movements_in_partitions_pkey;
drop table told_movements;

create table movements (
  id bigint generated always as identity primary key,
  sku text not null,
  warehouse text not null,
  kind text not null
    constraint movement_kind_known_ck check (
      kind in ('received', 'adjusted', 'held', 'released', 'allocated', 'shipped', 'returned')
    ),
  on_hand bigint not null,
  held bigint not null,
  allocated bigint not null,
  cause text not null,
  reference uuid,
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

insert into movements
  (id, sku, warehouse, kind, on_hand, held, allocated, cause, reference, source, external_id, occurred_at)
overriding system value
select
  id, sku, warehouse, kind, on_hand, held, allocated, cause, reference, source, external_id, recorded_at
from movements_in_partitions;

select setval(pg_get_serial_sequence('movements', 'id'), coalesce(max(id), 0) + 1, false) from movements;

create unique index movement_told_once_uq on movements (source, external_id)
where external_id is not null;

drop table movements_in_partitions;
drop function open_movement_partitions;
drop function attach_to_the_ledger;
drop function movements_per_partition;

create trigger refuse_rewriting_the_ledger
before update or delete or truncate on movements
for each statement execute function refuse_rewriting_the_ledger();
