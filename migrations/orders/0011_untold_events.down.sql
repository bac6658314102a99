drop trigger events_are_to_be_told on events;
drop function note_untold_event();
drop table untold_events;
