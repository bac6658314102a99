-- Only forward; the three endings share the last rank. Money that arrives after a decline or a
-- cancellation is real: it makes the attempt succeeded, so that it can be returned.
create or replace function attempt_may_become(was text, next text) returns boolean
language sql immutable
return attempt_rank(next) > attempt_rank(was)
  or (was in ('declined', 'cancelled') and next = 'succeeded');
