drop table invoices_due, invoice_prints, invoices, invoice_counters;
drop function number_without_gap();
drop function refuse_change_of_invoice();
