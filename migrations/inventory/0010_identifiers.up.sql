-- By what names other systems know our SKUs and warehouses, where they do not use ours: a GTIN, a GLN, an address
-- of theirs. One name means one thing; one thing may have many names.

create table sku_identifiers (
  identifier text not null
    constraint sku_identifier_length_ck check (length(identifier) between 1 and 200),
  sku text not null
    constraint identified_sku_length_ck check (length(sku) between 1 and 64),
  constraint identifier_means_one_sku_uq primary key (identifier)
);

create table warehouse_identifiers (
  identifier text not null
    constraint warehouse_identifier_length_ck check (length(identifier) between 1 and 200),
  warehouse text not null
    constraint identified_warehouse_known_fk references warehouses,
  constraint identifier_means_one_warehouse_uq primary key (identifier)
);
