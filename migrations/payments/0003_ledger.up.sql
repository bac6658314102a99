-- Double entry: every movement of money is a posting of at least two entries that sum to zero in
-- each currency. What is posted stays: a mistake is put right by another posting.

create table accounts (
  code text primary key,
  kind text not null,
  constraint accounts_kind_known_ck check (kind in ('asset', 'liability', 'income', 'expense'))
);

create table postings (
  id uuid primary key,
  kind text not null,
  attempt uuid references attempts,
  refund uuid references refunds,
  posted_at timestamptz not null default now(),
  -- The transaction that wrote the posting: no entry joins it later.
  written_in xid8 not null default pg_current_xact_id(),
  constraint postings_cause_ck check (
    (kind = 'capture' and attempt is not null and refund is null)
    or (kind = 'refund' and refund is not null and attempt is null)
  ),
  constraint posted_once_per_attempt_uq unique (kind, attempt),
  constraint posted_once_per_refund_uq unique (kind, refund)
);

create table entries (
  id bigint generated always as identity primary key,
  posting uuid not null references postings,
  account text not null references accounts,
  -- A debit is above zero, a credit below.
  amount_minor bigint not null,
  currency char(3) not null,
  constraint entries_amount_not_zero_ck check (amount_minor <> 0),
  constraint entries_currency_code_ck check (currency ~ '^[A-Z]{3}$')
);

-- The entries of a posting are summed when it is committed.
create index entries_posting_idx on entries (posting);

-- The argument names the column that holds the posting's id.
create function keep_posting_balanced() returns trigger
language plpgsql
set search_path from current
as $$
declare
  written uuid := to_jsonb(new) ->> tg_argv[0];
  entry_count bigint;
  unbalanced text;
begin
  select count(*)
  into entry_count
  from entries
  where posting = written;
  select string_agg(currency || ' ' || off, ', ')
  into unbalanced
  from (
    select currency, sum(amount_minor) as off
    from entries
    where posting = written
    group by currency
    having sum(amount_minor) <> 0
  ) as sums;
  if entry_count < 2 or unbalanced is not null then
    raise exception 'posting % does not balance: % entries, off by %',
      written, entry_count, coalesce(unbalanced, 'nothing')
      using errcode = 'check_violation', constraint = 'postings_balance_ck';
  end if;
  return null;
end
$$;

-- Deferred, because the entries come one after another.
create constraint trigger postings_balance_tg
after insert on postings
deferrable initially deferred
for each row execute function keep_posting_balanced('id');

create constraint trigger entries_balance_tg
after insert on entries
deferrable initially deferred
for each row execute function keep_posting_balanced('posting');

create function keep_postings_closed() returns trigger
language plpgsql
set search_path from current
as $$
begin
  perform
  from postings
  where id = new.posting
    and written_in = pg_current_xact_id();
  if not found then
    raise exception 'posting % is closed', new.posting
      using errcode = 'check_violation', constraint = 'entries_with_their_posting_ck';
  end if;
  return new;
end
$$;

create trigger entries_with_their_posting_tg
before insert on entries
for each row execute function keep_postings_closed();

create function refuse_rewriting() returns trigger
language plpgsql
as $$
begin
  raise exception '% is append-only', tg_table_name
    using errcode = 'restrict_violation', constraint = 'ledger_append_only_ck';
end
$$;

create trigger postings_append_only_tg
before update or delete or truncate on postings
for each statement execute function refuse_rewriting();

create trigger entries_append_only_tg
before update or delete or truncate on entries
for each statement execute function refuse_rewriting();
