-- The 发票代码 of a tax-control invoice: its 8-digit number alone does not name a file.
alter table invoices add column code text;
