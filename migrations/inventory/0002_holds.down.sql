drop table holds;
drop function refuse_illegal_hold;
