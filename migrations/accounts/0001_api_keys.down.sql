drop table api_keys;
drop function refuse_changing_api_key();
