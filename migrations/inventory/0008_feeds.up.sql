-- What other systems tell: how far each of them is, and when it last counted what.

alter table holds validate constraint hold_state_known_ck;
alter table holds validate constraint hold_shipped_within_quantity_ck;

create table feeds (
  source text primary key
    constraint feed_source_length_ck check (length(source) between 1 and 64),
  -- the highest of the source's own sequence that was heard of; what comes below it came late
  sequence bigint,
  -- where whoever fetches from the source goes on
  cursor text,
  heard_at timestamptz not null default now()
);

-- The last count of a level by a source. An older one says nothing any more, and what is said later to have
-- happened before it is in it already.
create table counts (
  source text not null,
  sku text not null,
  warehouse text not null,
  as_of timestamptz not null,
  on_hand bigint not null
    constraint counted_not_negative_ck check (on_hand >= 0),
  constraint level_counted_once_uq primary key (sku, warehouse, source)
);
