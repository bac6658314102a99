-- One cart is one order that can be paid, whichever version of it was ordered: two tabs that order at
-- once do not end in two payments. Not `concurrently`: that would wait for another machine which waits
-- to migrate, and no order has been placed yet.
create unique index one_awaiting_order_per_cart_uq
  on orders (cart_id)
  where state = 'awaiting_payment';
