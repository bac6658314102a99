drop table webhook_sources;
drop table webhook_attempts;
drop table webhook_deliveries;
drop function refuse_illegal_delivery();
drop table webhook_messages;
drop table webhook_endpoints;
