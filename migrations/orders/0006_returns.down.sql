drop table return_lines;
drop table returns;
drop function refuse_change_of_return_line();
drop function refuse_illegal_return();
