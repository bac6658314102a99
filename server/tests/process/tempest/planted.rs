//! Bugs that a store could have, planted into its databases: the program is the one that is sold, and what it relies
//! on is not there. Each has to be found by what finds nothing in a storm without it.

use super::check::Promise;
use sqlx::PgPool;

/// What is wrong with the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// Nothing keeps an order from having two attempts that take money, or a cart from being two orders.
    NoUniqueIndex,
    /// The inbox forgets what was acted on.
    WebhookWithoutDedupe,
    /// Whoever finishes an order believes to have locked it.
    FinalisedWithoutLock,
    /// A payment counts as made when it is begun.
    OutcomeBeforeItIsKnown,
    /// News count as told when they are written, and the relay finds nothing to tell.
    AcknowledgedBeforeSending,
}

impl Bug {
    /// Which promise it breaks, and words that tell of it.
    pub fn breaks(self) -> (Promise, &'static str) {
        match self {
            Self::NoUniqueIndex => (Promise::NeverChargeTwice, "; the provider has payment"),
            Self::WebhookWithoutDedupe => (Promise::EffectsOnce, "the inbox has it 0 times"),
            Self::FinalisedWithoutLock => (Promise::EffectsOnce, "placed 1 times, paid 2"),
            Self::OutcomeBeforeItIsKnown => {
                (Promise::BooksBalance, "are in the books, the provider has 0")
            }
            Self::AcknowledgedBeforeSending => {
                (Promise::EffectsOnce, "count as told, and were not")
            }
        }
    }

    pub async fn plant(self, pool: &PgPool) {
        sqlx::raw_sql(self.sql()).execute(pool).await.unwrap();
    }

    fn sql(self) -> &'static str {
        match self {
            Self::NoUniqueIndex => {
                "drop index payments.one_capture_per_intent_uq;
                 drop index orders.one_order_per_cart_version_uq;
                 drop index orders.one_awaiting_order_per_cart_uq"
            }
            Self::WebhookWithoutDedupe => {
                "create function payments.forget() returns trigger language plpgsql as $$
                 begin
                   delete from payments.provider_events
                   where (provider, event_id) = (new.provider, new.event_id);
                   return null;
                 end $$;
                 create trigger forget after update of processed_at on payments.provider_events
                 for each row execute function payments.forget()"
            }
            // No lock passes through a view of a function; all else does. Who writes takes a moment, as a busy
            // database does.
            Self::FinalisedWithoutLock => {
                "alter table orders.orders rename to orders_kept;
                 create function orders.all_orders() returns setof orders.orders_kept
                 language plpgsql stable as $$
                 begin
                   return query select * from orders.orders_kept;
                 end $$;
                 create view orders.orders as select * from orders.all_orders();
                 do $$
                 declare
                   filled record;
                 begin
                   for filled in
                     select column_name, column_default
                     from information_schema.columns
                     where table_schema = 'orders'
                       and table_name = 'orders_kept'
                       and column_default is not null
                   loop
                     execute format('alter view orders.orders alter column %I set default %s',
                       filled.column_name, filled.column_default);
                   end loop;
                 end $$;
                 create function orders.write_through() returns trigger language plpgsql as $$
                 begin
                   if tg_op = 'INSERT' then
                     insert into orders.orders_kept select new.* on conflict do nothing;
                     return case when found then new end;
                   end if;
                   perform pg_sleep(0.05);
                   execute format(
                     'update orders.orders_kept set (%s) = (select ($1).*) where id = $2',
                     (select string_agg(quote_ident(attname), ', ' order by attnum)
                      from pg_attribute
                      where attrelid = 'orders.orders_kept'::regclass
                        and attnum > 0
                        and not attisdropped))
                   using new, old.id;
                   return new;
                 end $$;
                 create trigger write_through instead of insert or update on orders.orders
                 for each row execute function orders.write_through()"
            }
            Self::OutcomeBeforeItIsKnown => {
                "create function payments.anticipate() returns trigger language plpgsql as $$
                 begin
                   if new.state = 'requires_action' then
                     new.state := 'succeeded';
                     new.redirect_url := null;
                     new.return_url := null;
                   end if;
                   return new;
                 end $$;
                 create trigger anticipate before update on payments.attempts
                 for each row execute function payments.anticipate()"
            }
            Self::AcknowledgedBeforeSending => {
                "create function orders.acknowledge() returns trigger language plpgsql as $$
                 begin
                   new.relayed_at := now();
                   return new;
                 end $$;
                 create trigger acknowledge before insert on orders.outbox
                 for each row execute function orders.acknowledge()"
            }
        }
    }
}
