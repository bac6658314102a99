//! SQL about bundles.

use super::few;
use domain::{Sku, stock::Recipe};
use sqlx::{PgConnection, PgPool};

/// Locks the levels that a bundle's old and new components concern, by SKU and warehouse as everyone does.
pub async fn lock_components(
    connection: &mut PgConnection,
    bundle: &str,
    components: &[&str],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "select
         from stock_levels
         where sku = any(
           concerned_by(
             $2::text[] || array(select component from bundle_components where bundle = $1)
           )
         )
         order by sku, warehouse
         for no key update",
    )
    .bind(bundle)
    .bind(components)
    .execute(connection)
    .await?;
    Ok(())
}

/// Puts a recipe in the place of the one there was. The version goes beyond that of the bundle as it was.
pub async fn define(
    connection: &mut PgConnection,
    bundle: &str,
    components: &[&str],
    quantities: &[i64],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "with before as (
           select coalesce(max(bundle.version), 0) + coalesce(sum(level.version), 0) as version
           from bundles as bundle
           left join bundle_components as part on part.bundle = bundle.sku
           left join stock_levels as level on level.sku = part.component
           where bundle.sku = $1
         ), bundle as (
           insert into bundles (sku, version)
           select $1, before.version::bigint + 1
           from before
           on conflict (sku) do update
           set version = excluded.version
           returning sku
         ), gone as (
           delete from bundle_components
           where bundle = $1
             and component <> all($2::text[])
         )
         insert into bundle_components (bundle, component, quantity)
         select bundle.sku, part.component, part.quantity
         from bundle
         cross join unnest($2::text[], $3::bigint[]) as part (component, quantity)
         on conflict (bundle, component) do update
         set quantity = excluded.quantity",
    )
    .bind(bundle)
    .bind(components)
    .bind(quantities)
    .execute(connection)
    .await?;
    Ok(())
}

/// Tells how much there is of a bundle now, as of something that pages have to be made anew for.
pub async fn tell(connection: &mut PgConnection, bundle: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "with totals as (
           select level.sku, sum(can_be_sold(level)) as available, sum(level.version) as version
           from stock_levels as level
           where level.sku = any(
             array(select component from bundle_components where bundle = $2)
           )
           group by level.sku
         ), stands as (
           select
             bundle.sku,
             min(coalesce(totals.available, 0) / part.quantity)::bigint as available,
             (bundle.version + sum(coalesce(totals.version, 0)))::bigint as version
           from bundles as bundle
           join bundle_components as part on part.bundle = bundle.sku
           left join totals on totals.sku = part.component
           where bundle.sku = $2
           group by bundle.sku
         ), told as (
           insert into outbox (id, topic, key, payload)
           select
             gen_random_uuid(),
             'stock',
             sku,
             jsonb_build_object('sku', sku, 'available', available, 'version', version, 'class_changed', true)
               || case
                 when available = 0 then jsonb_build_object('class', 'sold_out')
                 when available <= $1 then jsonb_build_object('class', 'few_left', 'left', available)
                 else jsonb_build_object('class', 'in_stock')
               end
           from stands
           returning 1
         )
         select pg_notify(current_schema() || '_outbox', '')
         from told",
    )
    .bind(few())
    .bind(bundle)
    .execute(connection)
    .await?;
    Ok(())
}

/// What these bundles are made of, by bundle and component; nothing for what is no bundle.
pub async fn recipes(pool: &PgPool, bundles: &[&str]) -> Result<Vec<Recipe>, sqlx::Error> {
    #[derive(sqlx::FromRow)]
    struct Row {
        #[sqlx(try_from = "String")]
        bundle: Sku,
        #[sqlx(try_from = "String")]
        component: Sku,
        quantity: i64,
    }
    let rows: Vec<Row> = sqlx::query_as(
        "select bundle, component, quantity
         from bundle_components
         where bundle = any($1)
         order by bundle, component",
    )
    .bind(bundles)
    .fetch_all(pool)
    .await?;
    let recipe = |Row { bundle, component, quantity }| Recipe {
        bundle,
        component,
        // A thousand at most, says component_quantity_positive_ck.
        quantity: u32::try_from(quantity).unwrap_or(u32::MAX),
    };
    Ok(rows.into_iter().map(recipe).collect())
}
