drop table letters;
drop function refuse_illegal_letter();
