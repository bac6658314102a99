drop table refunds;
drop function keep_refunds_legal();
drop function refund_may_become(text, text);
