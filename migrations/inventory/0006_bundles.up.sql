-- Bundles: SKUs that are sold and lie nowhere; what can be bought of one is what its components allow.

-- Checked without keeping anybody from the table, now that every new row is as the constraints want it.
alter table stock_levels validate constraint back_order_limit_not_negative_ck;
alter table stock_levels validate constraint promises_within_stock_ck;

create table bundles (
  sku text primary key
    constraint bundle_sku_length_ck check (length(sku) between 1 and 64),
  -- Added to the versions of the components: another recipe is newer news whatever its components count.
  version bigint not null
);

create table bundle_components (
  bundle text not null
    constraint component_of_known_bundle_fk references bundles,
  component text not null
    constraint component_sku_length_ck check (length(component) between 1 and 64),
  quantity bigint not null
    constraint component_quantity_positive_ck check (quantity between 1 and 1000),
  primary key (bundle, component)
);

-- which bundles a change of a SKU concerns
create index bundle_components_component_idx on bundle_components (component);

-- No bundle in a bundle, and no level of one. Whoever writes a recipe keeps those away meanwhile who open levels
-- or write recipes; nobody else is kept from anything.
create function lock_the_recipes() returns trigger language plpgsql as $$
begin
  lock table bundles in exclusive mode;
  return null;
end
$$;

create trigger lock_the_recipes
before insert or update on bundles
for each statement execute function lock_the_recipes();

create trigger lock_the_recipes
before insert or update on bundle_components
for each statement execute function lock_the_recipes();

create function refuse_bundle_in_bundle() returns trigger language plpgsql as $$
declare
  wrong text;
begin
  select part.component into wrong
  from bundle_components as part
  join bundles on bundles.sku = part.component
  limit 1;
  if found then
    raise exception '% is a bundle, and no bundle is part of another', wrong
      using errcode = 'check_violation', constraint = 'component_is_no_bundle_ck', table = 'bundle_components';
  end if;
  select level.sku into wrong
  from bundles
  join stock_levels as level on level.sku = bundles.sku
  limit 1;
  if found then
    raise exception '% lies in a warehouse, and a bundle lies nowhere', wrong
      using errcode = 'check_violation', constraint = 'bundle_lies_nowhere_ck', table = 'bundles';
  end if;
  return null;
end
$$;

create trigger refuse_bundle_in_bundle
after insert or update on bundles
for each statement execute function refuse_bundle_in_bundle();

create trigger refuse_bundle_in_bundle
after insert or update on bundle_components
for each statement execute function refuse_bundle_in_bundle();

create function refuse_level_of_bundle() returns trigger language plpgsql as $$
declare
  wrong text;
begin
  -- Waits for recipes that are being written and keeps others from beginning, not those who open levels.
  lock table bundles in row share mode;
  select opened.sku into wrong
  from opened
  join bundles on bundles.sku = opened.sku
  limit 1;
  if found then
    raise exception '% is a bundle, and a bundle lies nowhere', wrong
      using errcode = 'check_violation', constraint = 'bundle_lies_nowhere_ck', table = 'stock_levels';
  end if;
  return null;
end
$$;

create trigger refuse_level_of_bundle
after insert on stock_levels
referencing new table as opened
for each statement execute function refuse_level_of_bundle();

-- The SKUs whose levels have to be locked to change these: themselves or, of a bundle, its components, and the
-- other components of every bundle that they are part of, because what can be bought of that is told.
create function concerned_by(skus text[]) returns text[] language plpgsql stable as $$
begin
  -- most stores have none
  if not exists (select from bundle_components) then
    return skus;
  end if;
  return array(
    with moved as (
      select unnest(skus) as sku
      union
      select component
      from bundle_components
      where bundle = any(skus)
    )
    select sku
    from moved
    union
    select sibling.component
    from moved
    join bundle_components as part on part.component = moved.sku
    join bundle_components as sibling on sibling.bundle = part.bundle
  );
end
$$;
