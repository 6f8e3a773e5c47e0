-- Stock of the paper and tax-control kinds: blocks of 8-digit numbers under a 发票代码, of a kind and of no year.
alter table number_blocks
  alter column year drop not null,
  add column kind text,
  add column code text,
  add constraint number_blocks_stock_check check (
    (kind is null) <> (year is null)
    and (code is not null) = (kind is not null and first_number is not null)
  ),
  drop constraint number_blocks_first_key;
create unique index number_blocks_first_key on number_blocks (first_number) where code is null;
create unique index number_blocks_code_key on number_blocks (code, first_number) where code is not null;
create unique index number_blocks_open_stock_key on number_blocks (tenant_id, taxpayer_id, kind)
  where first_number is null and kind is not null;
create index number_blocks_stock_idx on number_blocks (tenant_id, taxpayer_id, kind, code, first_number)
  where kind is not null;

-- A number of 20 digits stands alone; one of 8 digits is told from others by its code.
alter table invoices
  drop constraint if exists invoices_number_key,
  add constraint invoices_number_form_check check (length(number) = case when code is null then 20 else 8 end);
create unique index invoices_number_key on invoices (number) where code is null;
create unique index invoices_code_key on invoices (code, number) where code is not null;
create index invoices_stock_number_idx on invoices (tenant_id, number) where code is not null;

alter table invoice_views add column code text;

-- Every taxpayer is looked after: even one whose digital numbers come from the bureau has stock of the other kinds.
grant update (numbers_due_at) on connectors to ofp_api;
-- The owner sees the rows of all tenants only for this.
alter table connectors no force row level security;
update connectors set numbers_due_at = since where numbers_due_at is null;
alter table connectors force row level security;
alter table connectors alter column numbers_due_at set not null;
