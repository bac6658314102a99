drop index provider_events_due_idx;

alter table provider_events
  drop column problem,
  drop column next_try_at,
  drop column tries;
