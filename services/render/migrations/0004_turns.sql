-- Tenants take turns: what each has waiting, the oldest first.
drop index documents_pending_idx;
create index documents_pending_idx on documents (tenant_id, claimed_until) where state = 'pending';
