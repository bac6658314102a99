-- What of the timelines is still to be told to those who want to hear of it. A row is written with each event, whoever
-- writes that, and goes once it was handed over (docs/decisions/0031-what-is-told-of-orders.md). Events of before
-- are told to nobody.
create table untold_events (
  event_id bigint primary key
);

create function note_untold_event() returns trigger
language plpgsql as $$
begin
  insert into untold_events (event_id) values (new.id);
  return null;
end
$$;

create trigger events_are_to_be_told
  after insert on events
  for each row execute function note_untold_event();
