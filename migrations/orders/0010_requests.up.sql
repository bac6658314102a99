-- Under which names programs asked for this order, as hashes. Who asks again under one of them gets this order, also
-- after the answer was lost and the cart emptied. It is looked for by the cart, whose index there is already.
alter table orders
  add column requests bytea[] not null default '{}';
