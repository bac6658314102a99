alter table orders
  drop column requests;
