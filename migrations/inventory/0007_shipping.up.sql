-- What became of an order's pieces after it was paid: sent, in as many parcels as it takes, or cancelled before.

alter table holds
  add column shipped bigint not null default 0,
  add column cancelled bigint not null default 0,
  drop constraint hold_state_known_ck,
  add constraint hold_state_known_ck check (
    state in ('held', 'allocated', 'released', 'shipped', 'cancelled')
  ) not valid,
  -- nothing is sent or cancelled that is not there, and the state says what is left
  add constraint hold_shipped_within_quantity_ck check (
    shipped >= 0
    and cancelled >= 0
    and case state
      when 'held' then shipped + cancelled = 0
      when 'released' then shipped + cancelled = 0
      when 'allocated' then shipped + cancelled < quantity
      when 'shipped' then shipped > 0 and shipped + cancelled = quantity
      when 'cancelled' then cancelled = quantity
    end
  ) not valid;

-- The transitions of domain::stock::HoldState: held becomes allocated or released, allocated becomes shipped or
-- cancelled, bit by bit. A hold begins as held, and neither what it holds nor for whom ever changes.
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
  if not (
    (old.state = 'held' and new.state in ('held', 'allocated', 'released'))
    or (old.state = 'allocated' and new.state in ('allocated', 'shipped', 'cancelled'))
  ) then
    raise exception 'a hold that is % cannot become %', old.state, new.state
      using errcode = 'check_violation', constraint = 'hold_transition_legal_ck', table = 'holds';
  end if;
  if (old.id, old.reference, old.round, old.sku, old.warehouse, old.quantity, old.created_at)
    is distinct from
    (new.id, new.reference, new.round, new.sku, new.warehouse, new.quantity, new.created_at) then
    raise exception 'only the state and the expiry of a hold can change'
      using errcode = 'check_violation', constraint = 'hold_content_fixed_ck', table = 'holds';
  end if;
  if new.shipped < old.shipped or new.cancelled < old.cancelled then
    raise exception 'what was sent or cancelled stays so'
      using errcode = 'check_violation', constraint = 'hold_content_fixed_ck', table = 'holds';
  end if;
  return new;
end
$$;
