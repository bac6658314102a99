-- What a program asked for under a name of its own, and what it was answered: asked again under that name,
-- it is answered the same, and nothing is done twice. The mechanism is `platform::idempotency`.

create table idempotency_keys (
  -- the API key that asked
  owner text not null,
  -- method and path of the route
  route text not null,
  -- the name that the program gave
  key text not null
    constraint idempotency_key_length_ck check (length(key) between 1 and 255),
  -- SHA-256 of the body: another one is another wish
  body_hash bytea not null
    constraint idempotency_hash_is_whole_ck check (length(body_hash) = 32),
  -- whose turn it is to find the answer, and until when, unless it is moved on
  lease uuid not null,
  leased_until timestamptz not null,
  created_at timestamptz not null default now(),
  -- the answer, once there is one
  answered_at timestamptz,
  status smallint
    constraint idempotency_status_is_final_ck check (status between 200 and 499),
  headers jsonb,
  body bytea,
  primary key (owner, route, key),
  constraint idempotency_answer_is_whole_ck check (
    (answered_at is null) = (status is null)
    and (answered_at is null) = (headers is null)
    and (answered_at is null) = (body is null)
  )
)
-- a row is written twice, and swept
with (fillfactor = 80);

-- what the sweeper looks for
create index idempotency_age_idx on idempotency_keys (created_at);
