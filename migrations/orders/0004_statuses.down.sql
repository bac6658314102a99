-- Only while no paid order was cancelled: the schema before knows none, and refuses to be made of them.
drop index orders_being_cancelled_idx;
drop index orders_given_back_idx;
drop index orders_by_fulfilment_idx;
drop index orders_of_email_idx;
drop index orders_placed_idx;
alter table events drop column why, drop column actor;
drop trigger statuses_go_forward on orders;
drop function refuse_illegal_status();

create or replace function refuse_illegal_order_transition() returns trigger
language plpgsql as $$
begin
  if old.state <> new.state and old.state <> 'awaiting_payment' then
    raise exception 'an order that is % cannot become %', old.state, new.state
      using errcode = 'check_violation', constraint = 'orders_end_once_ck';
  end if;
  return new;
end
$$;

alter table orders
  drop constraint paid_orders_know_when_ck,
  add constraint paid_orders_know_when_ck check ((state = 'paid') = (paid_at is not null)),
  -- their constraints go with the columns
  drop column cancelling_why,
  drop column cancelling_by,
  drop column refunded_minor,
  drop column fulfilment_status,
  drop column payment_status;
