drop index orders_effects_due_idx;
alter table orders
  drop column effect_tries,
  drop column next_effect_at;
