-- What was sent or cancelled keeps this from going through: the state is not known to what came before.
alter table holds
  drop constraint hold_shipped_within_quantity_ck,
  drop constraint hold_state_known_ck,
  add constraint hold_state_known_ck check (state in ('held', 'allocated', 'released')),
  drop column shipped,
  drop column cancelled;

create or replace function refuse_illegal_hold() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state = 'held' then
      return new;
    end if;
    raise exception 'a hold begins as held, not as %', new.state
      using errcode = 'check_violation', constraint = 'hold_transition_legal_ck', table = 'holds';
  end if;
  if tg_op = 'DELETE' then
    if old.state = 'released' then
      return old;
    end if;
    raise exception 'a hold that is % cannot be deleted', old.state
      using errcode = 'check_violation', constraint = 'hold_transition_legal_ck', table = 'holds';
  end if;
  if old.state <> 'held' then
    raise exception 'a hold that is % cannot become %', old.state, new.state
      using errcode = 'check_violation', constraint = 'hold_transition_legal_ck', table = 'holds';
  end if;
  if (old.id, old.reference, old.round, old.sku, old.warehouse, old.quantity, old.created_at)
    is distinct from
    (new.id, new.reference, new.round, new.sku, new.warehouse, new.quantity, new.created_at) then
    raise exception 'only the state and the expiry of a hold can change'
      using errcode = 'check_violation', constraint = 'hold_content_fixed_ck', table = 'holds';
  end if;
  return new;
end
$$;
