-- Invoices and credit notes (docs/decisions/0029-invoices.md). What is to be issued is written in the transaction of the
-- change that asks for it; it is issued afterwards, under the next number of its series, and never changes.

-- The last number of each series and year. Whoever takes the next holds the row until the document is there or the
-- number is given back, so that no number is missing: a sequence would lose those of transactions that fail.
create table invoice_counters (
  series text not null,
  year integer not null,
  last integer not null,
  primary key (series, year)
);

create table invoices (
  id uuid primary key,
  order_id uuid not null
    constraint invoice_of_known_order_fk references orders,
  kind text not null
    constraint invoice_kind_known_ck check (kind in ('invoice', 'credit_note')),
  series text not null,
  year integer not null,
  serial integer not null,
  number text not null
    generated always as (series || '-' || year::text || '-' || lpad(serial::text, greatest(6, length(serial::text)), '0')) stored,
  cause text not null,
  issued_on date not null,
  currency char(3) not null,
  -- what is invoiced or credited, tax included; never below nothing
  total_minor bigint not null,
  -- what of an invoice was credited since
  credited_minor bigint not null default 0,
  -- the invoice that a credit note is about
  corrects uuid,
  -- all that stands in it: whose it is, for whom, lines, tax by rate, dates
  facts jsonb not null,

  constraint invoice_numbers_uq unique (series, year, serial),
  constraint invoice_once_uq unique (order_id, kind, cause),
  constraint invoice_kinds_are_numbered_apart_ck check (series = case kind when 'invoice' then 'INV' else 'CN' end),
  constraint invoice_year_is_its_days_ck check (year = extract(year from issued_on)),
  constraint invoices_are_about_something_ck check (total_minor > 0),
  constraint credit_within_invoice_ck check (credited_minor between 0 and total_minor),
  constraint credit_notes_correct_something_ck check ((kind = 'credit_note') = (corrects is not null)),
  constraint invoice_and_order_uq unique (id, order_id),
  constraint credit_note_of_the_same_order_fk foreign key (corrects, order_id) references invoices (id, order_id)
);

-- As it was printed, byte for byte.
create table invoice_prints (
  invoice_id uuid primary key
    constraint print_of_known_invoice_fk references invoices,
  pdf bytea not null
);

-- What is to be issued, and then to be printed.
create table invoices_due (
  id uuid primary key,
  order_id uuid not null
    constraint due_for_known_order_fk references orders,
  kind text not null
    constraint due_kind_known_ck check (kind in ('invoice', 'credit_note')),
  -- which refund a credit note is for; empty for an invoice, of which an order has one
  cause text not null
    constraint due_cause_length_ck check (length(cause) <= 200),
  -- what is credited; nothing for an invoice, which stands in the order
  credit jsonb,
  -- as what it was issued; then it is to be printed
  invoice_id uuid
    constraint due_is_known_invoice_fk references invoices,
  attempts integer not null default 0,
  next_at timestamptz not null default now(),
  failure text,
  written_at timestamptz not null default now(),
  constraint due_once_uq unique (order_id, kind, cause),
  constraint due_credits_something_ck check ((kind = 'credit_note') = (credit is not null))
);

-- what is due, in the order in which it is numbered
create index invoices_due_idx on invoices_due (next_at, id);

-- A number follows the one before it, and a credit note counts against its invoice.
create function number_without_gap() returns trigger language plpgsql as $$
begin
  if new.serial <> 1 and not exists (
    select from invoices where series = new.series and year = new.year and serial = new.serial - 1
  ) then
    raise exception 'no document has the number before %', new.serial
      using errcode = 'check_violation', constraint = 'numbers_without_gap_ck', table = 'invoices';
  end if;
  if new.kind = 'credit_note' then
    update invoices
    set credited_minor = credited_minor + new.total_minor
    where id = new.corrects
      and kind = 'invoice'
      and currency = new.currency;
    if not found then
      raise exception 'a credit note is about an invoice in its own currency'
        using errcode = 'check_violation', constraint = 'credit_notes_correct_invoices_ck', table = 'invoices';
    end if;
  end if;
  return new;
end
$$;

create trigger number_without_gap
before insert on invoices
for each row execute function number_without_gap();

-- A document that was issued stays as it is; only what was credited of it grows, by the trigger above alone.
create function refuse_change_of_invoice() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and pg_trigger_depth() > 1
    and to_jsonb(new) - 'credited_minor' = to_jsonb(old) - 'credited_minor' then
    return null;
  end if;
  raise exception 'an invoice that was issued is not changed'
    using errcode = 'check_violation', constraint = 'invoices_are_frozen_ck', table = 'invoices';
end
$$;

create trigger invoices_are_frozen
after update or delete on invoices
for each row execute function refuse_change_of_invoice();

create trigger invoice_prints_are_frozen
before update or delete on invoice_prints
for each row execute function refuse_change_of_history();
