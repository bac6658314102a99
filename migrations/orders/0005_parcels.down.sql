drop index orders_to_be_sent_idx;
drop table parcel_lines;
drop table parcels;
drop function refuse_change_of_parcel();
