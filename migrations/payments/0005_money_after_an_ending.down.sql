create or replace function attempt_may_become(was text, next text) returns boolean
language sql immutable
return attempt_rank(next) > attempt_rank(was);
