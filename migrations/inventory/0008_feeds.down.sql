drop table counts;
drop table feeds;
