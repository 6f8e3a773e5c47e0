-- The 发票代码 beside a number of 8 digits; empty where the number stands alone.
alter table invoices add column code text not null default '';
