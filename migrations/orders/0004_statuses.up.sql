-- How the money and the goods of an order stand, each written by one place of the program, so that orders can be
-- filtered by it (docs/decisions/0027-the-life-of-an-order.md). A paid order may be cancelled from here on.
--
-- The release before this one writes no status: orders that it finishes after this has run are refused. Stop it
-- before. One statement brings the orders over that are there.

alter table orders
  add column payment_status text not null default 'open',
  add column fulfilment_status text not null default 'unfulfilled',
  -- how much of what was received went back
  add column refunded_minor bigint not null default 0,
  -- who wants a paid order cancelled, until it is or cannot be any more: whoever comes next goes on with it
  add column cancelling_by text,
  add column cancelling_why text;

update orders
set
  payment_status = case
    when state = 'paid' or refund_due then 'paid'
    when exists (select from events where order_id = orders.id and kind = 'refunded') then 'refunded'
    else 'open'
  end,
  refunded_minor = case
    when not refund_due
      and exists (select from events where order_id = orders.id and kind = 'refunded') then total_minor
    else 0
  end
where state = 'paid'
  or refund_due
  or exists (select from events where order_id = orders.id and kind = 'refunded');

alter table orders
  drop constraint paid_orders_know_when_ck,
  -- one that was cancelled may have been paid before
  add constraint paid_orders_know_when_ck check (
    case state
      when 'awaiting_payment' then paid_at is null
      when 'paid' then paid_at is not null
      else true
    end
  ) not valid,
  add constraint orders_payment_status_ck check (
    payment_status in ('open', 'authorised', 'paid', 'partially_refunded', 'refunded')
  ) not valid,
  add constraint orders_fulfilment_status_ck check (
    fulfilment_status in (
      'unfulfilled', 'partially_fulfilled', 'fulfilled', 'delivered', 'partially_returned', 'returned'
    )
  ) not valid,
  add constraint paid_orders_have_money_ck check (
    state <> 'paid' or payment_status in ('paid', 'partially_refunded', 'refunded')
  ) not valid,
  add constraint only_paid_orders_are_sent_ck check (
    state = 'paid' or fulfilment_status = 'unfulfilled'
  ) not valid,
  add constraint refunds_show_in_the_status_ck check (
    refunded_minor >= 0
    and (refunded_minor > 0) = (payment_status in ('partially_refunded', 'refunded'))
  ) not valid,
  add constraint only_paid_orders_are_being_cancelled_ck check (
    cancelling_by is null or (state = 'paid' and cancelling_by in ('shopper', 'staff'))
  ) not valid;

-- The table of domain::order::OrderState: an order is paid once and ends once.
create or replace function refuse_illegal_order_transition() returns trigger
language plpgsql as $$
begin
  if (old.state, new.state) not in (
    ('awaiting_payment', 'paid'),
    ('awaiting_payment', 'cancelled'),
    ('paid', 'cancelled')
  ) and old.state <> new.state then
    raise exception 'an order that is % cannot become %', old.state, new.state
      using errcode = 'check_violation', constraint = 'orders_end_once_ck';
  end if;
  return new;
end
$$;

-- The tables of domain::order::PaymentStatus and FulfilmentStatus.
create function refuse_illegal_status() returns trigger
language plpgsql as $$
begin
  if old.payment_status <> new.payment_status
    and (old.payment_status, new.payment_status) not in (
      ('open', 'authorised'),
      ('open', 'paid'),
      ('open', 'partially_refunded'),
      ('open', 'refunded'),
      ('authorised', 'open'),
      ('authorised', 'paid'),
      ('paid', 'partially_refunded'),
      ('paid', 'refunded'),
      ('partially_refunded', 'refunded')
    ) then
    raise exception 'a payment that is % cannot become %', old.payment_status, new.payment_status
      using errcode = 'check_violation', constraint = 'payment_status_goes_forward_ck';
  end if;
  if new.refunded_minor < old.refunded_minor then
    raise exception 'what went back stays so'
      using errcode = 'check_violation', constraint = 'payment_status_goes_forward_ck';
  end if;
  if old.fulfilment_status <> new.fulfilment_status
    and (old.fulfilment_status, new.fulfilment_status) not in (
      ('unfulfilled', 'partially_fulfilled'),
      ('unfulfilled', 'fulfilled'),
      ('partially_fulfilled', 'fulfilled'),
      ('partially_fulfilled', 'delivered'),
      ('fulfilled', 'delivered'),
      ('fulfilled', 'partially_returned'),
      ('fulfilled', 'returned'),
      ('delivered', 'partially_returned'),
      ('delivered', 'returned'),
      ('partially_returned', 'returned')
    ) then
    raise exception 'an order that is % cannot become %', old.fulfilment_status, new.fulfilment_status
      using errcode = 'check_violation', constraint = 'fulfilment_status_goes_forward_ck';
  end if;
  return new;
end
$$;

create trigger statuses_go_forward
  before update of payment_status, refunded_minor, fulfilment_status on orders
  for each row execute function refuse_illegal_status();

-- Who did it, and why. Of what was written before nobody knows.
alter table events
  add column actor text not null default 'store'
    constraint events_actor_ck check (actor in ('shopper', 'staff', 'provider', 'warehouse', 'store')),
  add column why text;

-- all orders, newest first, and those of one customer
create index orders_placed_idx on orders (placed_at desc, id desc);
create index orders_of_email_idx on orders (email, placed_at desc, id desc);
-- what is to be packed; most orders are paid, so that of these the general list is as good
create index orders_by_fulfilment_idx on orders (fulfilment_status, placed_at desc, id desc)
  where state = 'paid';
-- written only when money goes back
create index orders_given_back_idx on orders (payment_status, placed_at desc, id desc)
  where payment_status in ('partially_refunded', 'refunded');
-- what the sweeper has to go on with
create index orders_being_cancelled_idx on orders (id) where cancelling_by is not null;
