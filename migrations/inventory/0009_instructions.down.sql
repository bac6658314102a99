drop table expected_returns;
drop table instructions;
drop function refuse_changing_instruction();
drop table untold_lines;
