-- What an order leaves behind, written by one transaction. The tables are the store's own with their
-- columns, checks and indexes, but without triggers and foreign keys: `like` copies neither.

drop schema if exists bench cascade;
create schema bench;

create table bench.orders (like orders.orders including all);
create table bench.addresses (like orders.addresses including all);
create table bench.lines (like orders.lines including all);
create table bench.events (like orders.events including all);
create table bench.order_outbox (like orders.outbox including all);
create table bench.stock_levels (like inventory.stock_levels including all) with (fillfactor = 70);
create table bench.holds (like inventory.holds including all);
create table bench.movements (like inventory.movements including all);
create table bench.intents (like payments.intents including all);
create table bench.attempts (like payments.attempts including all);
create table bench.postings (like payments.postings including all);
create table bench.entries (like payments.entries including all);
create table bench.provider_events (like payments.provider_events including all);
create table bench.payment_outbox (like payments.outbox including all);

insert into bench.stock_levels (sku, warehouse, on_hand, held, allocated, safety, version)
select sku, warehouse, on_hand, held, allocated, safety, version
from inventory.stock_levels;

-- Each statement is one that the store runs for an order of one line, in the order in which it does,
-- but for the level: the row that orders wait for is locked last.
create function bench.write_an_order(wanted text, place text) returns void
language plpgsql as $$
declare
  new_order uuid := gen_random_uuid();
  new_hold uuid := gen_random_uuid();
  new_intent uuid := gen_random_uuid();
  new_attempt uuid := gen_random_uuid();
  new_posting uuid := gen_random_uuid();
  token text := new_order::text;
begin
  -- The order is placed, its pieces are set aside.
  insert into bench.orders (
    id, number, access_key, market, cart_id, cart_version, digest, email, shipping_method, currency,
    items_minor, shipping_minor, total_minor, taxes, expires_at, next_check_at, cart_to_empty
  )
  values (
    new_order, left(token, 13), left(token, 22), 'eu', md5(token) || md5(token), 1, decode(md5(token) || md5(token), 'hex'),
    'shopper@example.com', 'standard', 'EUR', 1999, 490, 2489,
    '[{"rate": 1900, "gross": {"minor": 2489, "currency": "EUR"}, "tax": {"minor": 397, "currency": "EUR"}}]',
    now() + interval '15 minutes', now() + interval '5 seconds', false
  );
  insert into bench.addresses (order_id, full_name, street, city, postal_code, country)
  values (new_order, 'Ada Lovelace', 'Unter den Linden 1', 'Berlin', '10117', 'DE');
  insert into bench.lines (
    order_id, position, sku, product_id, slug, name, options, quantity, unit_minor, total_minor,
    tax_rate_basis_points
  )
  values (new_order, 1, wanted, token, 'a-product', 'A product', '', 1, 1999, 1999, 1900);
  insert into bench.events (order_id, kind) values (new_order, 'placed');
  insert into bench.holds (id, reference, round, sku, warehouse, quantity, expires_at)
  values (new_hold, new_order, 1, wanted, place, 1, now() + interval '15 minutes');
  insert into bench.movements (sku, warehouse, kind, on_hand, held, allocated, cause, reference)
  values (wanted, place, 'held', 0, 1, 0, 'ordered', new_order);

  -- The payment begins, and the provider says where.
  insert into bench.intents (id, order_reference, amount_minor, currency)
  values (new_intent, new_order, 2489, 'EUR');
  insert into bench.attempts (id, intent, provider, amount_minor, currency, return_url)
  values (new_attempt, new_intent, 'sandbox', 2489, 'EUR', 'http://127.0.0.1/orders/' || token);
  update bench.attempts
  set state = 'requires_action',
    provider_reference = token,
    redirect_url = 'http://127.0.0.1/pay/' || token
  where id = new_attempt;

  -- The provider tells that the money is there.
  insert into bench.provider_events (provider, event_id, kind, payment_reference, payload)
  values ('sandbox', token, 'payment.succeeded', token, repeat(token, 11));
  update bench.attempts
  set state = 'succeeded',
    redirect_url = null,
    return_url = null
  where id = new_attempt;
  insert into bench.postings (id, kind, attempt) values (new_posting, 'capture', new_attempt);
  insert into bench.entries (posting, account, amount_minor, currency)
  values (new_posting, 'provider_clearing/sandbox', 2489, 'EUR'),
    (new_posting, 'customer_receivable', -2489, 'EUR');
  update bench.intents set state = 'paid', paid_at = now() where id = new_intent;
  insert into bench.payment_outbox (id, topic, key, payload)
  values (gen_random_uuid(), 'payment', token, jsonb_build_object(
    'event', 'captured', 'order', new_order, 'intent', new_intent, 'attempt', new_attempt,
    'amount', jsonb_build_object('minor', 2489, 'currency', 'EUR')
  ));
  update bench.provider_events
  set processed_at = now(), attempt = new_attempt
  where provider = 'sandbox' and event_id = token;

  -- The order is paid.
  update bench.holds set state = 'allocated', ended_at = now() where id = new_hold;
  insert into bench.movements (sku, warehouse, kind, on_hand, held, allocated, cause, reference)
  values (wanted, place, 'allocated', 0, -1, 1, 'paid', new_order);
  update bench.orders
  set state = 'paid', paid_at = now(), cart_to_empty = false
  where id = new_order;
  insert into bench.events (order_id, kind) values (new_order, 'paid');
  insert into bench.order_outbox (id, topic, key, payload)
  values (gen_random_uuid(), 'order', token, jsonb_build_object(
    'state', 'paid', 'payment', 'confirmed'
  ));

  -- What is relayed is marked.
  update bench.payment_outbox set relayed_at = now() where key = token and relayed_at is null;
  update bench.order_outbox set relayed_at = now() where key = token and relayed_at is null;

  update bench.stock_levels
  set held = held + 1, version = version + 1
  where sku = wanted and warehouse = place;
  update bench.stock_levels
  set held = held - 1, allocated = allocated + 1, version = version + 1
  where sku = wanted and warehouse = place;
end
$$;
