drop table outbox;
drop table events;
drop table lines;
drop table addresses;
drop table orders;
drop function refuse_change_of_history();
drop function refuse_illegal_order_transition();
