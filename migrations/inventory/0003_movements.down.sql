drop table movements;
drop function refuse_rewriting_the_ledger;
