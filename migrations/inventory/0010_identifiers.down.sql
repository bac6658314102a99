drop table warehouse_identifiers;
drop table sku_identifiers;
