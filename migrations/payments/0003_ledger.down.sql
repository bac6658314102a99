drop table entries;
drop table postings;
drop table accounts;
drop function refuse_rewriting();
drop function keep_postings_closed();
drop function keep_posting_balanced();
