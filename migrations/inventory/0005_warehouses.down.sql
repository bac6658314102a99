-- What is promised beyond what is on hand keeps this from going through, and rightly so.
drop view incoming;
drop table transfer_lines;
drop table transfers;
drop function refuse_illegal_transfer;
drop table purchase_order_lines;
drop table purchase_orders;
drop function refuse_illegal_purchase;
drop function can_be_sold;
alter table stock_levels
  add constraint holds_within_on_hand_ck check (held + allocated <= on_hand),
  drop constraint promises_within_stock_ck,
  drop column back_order_limit,
  drop column sends;
alter table warehouses
  drop column kind,
  drop column street,
  drop column city,
  drop column postal_code,
  drop column latitude,
  drop column longitude,
  drop column time_zone,
  drop column cut_off_minute,
  drop column working_days,
  drop column holidays,
  drop column offers_pick_up,
  drop column active;
