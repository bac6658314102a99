drop table outbox;
drop table stock_levels;
drop table warehouses;
