-- Keys by which programs are let in: those of the merchant's own servers, and those that apps carry.

create table api_keys (
  -- the part of a key that may be shown and logged
  id text primary key
    constraint api_key_id_is_twelve_letters_ck check (id ~ '^[0-9A-Za-z]{12}$'),
  name text not null
    constraint api_key_name_length_ck check (length(name) between 1 and 100),
  kind text not null
    constraint api_key_kind_known_ck check (kind in ('secret', 'publishable')),
  scopes text[] not null
    constraint api_key_may_do_something_ck check (cardinality(scopes) > 0),
  -- SHA-256 of the secret part, which itself is nowhere
  secret_hash bytea not null
    constraint api_key_hash_is_whole_ck check (length(secret_hash) = 32),
  created_at timestamptz not null default now(),
  -- to the minute
  last_used_at timestamptz,
  revoked_at timestamptz,
  -- Whoever has an app has the key that it carries: it may do what any visitor may, whatever a command or a
  -- later release thinks of it.
  constraint publishable_key_is_harmless_ck check (
    kind = 'secret' or scopes <@ array['catalogue:read', 'carts', 'orders:own']
  )
);

-- What a key is and may do never changes, and what was revoked stays so: a leaked key cannot grow.
create function refuse_changing_api_key() returns trigger language plpgsql as $$
begin
  if tg_op <> 'UPDATE' then
    raise exception 'a key is revoked, not deleted'
      using errcode = 'check_violation', constraint = 'api_key_is_kept_ck', table = 'api_keys';
  end if;
  if (old.id, old.name, old.kind, old.scopes, old.secret_hash, old.created_at)
    is distinct from
    (new.id, new.name, new.kind, new.scopes, new.secret_hash, new.created_at) then
    raise exception 'only the use and the end of a key are written down'
      using errcode = 'check_violation', constraint = 'api_key_is_fixed_ck', table = 'api_keys';
  end if;
  if old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at then
    raise exception 'a key that was revoked stays revoked'
      using errcode = 'check_violation', constraint = 'api_key_stays_revoked_ck', table = 'api_keys';
  end if;
  return new;
end
$$;

create trigger refuse_changing_api_key
before update or delete on api_keys
for each row execute function refuse_changing_api_key();
