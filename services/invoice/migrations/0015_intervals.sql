-- Terms for intervals of time and sum, and a sample, so that what is common and lies far behind is found where it lies:
-- domain/terms.py. What is there already gets them once; the owner is bound by row-level security meanwhile no more.
set local statement_timeout = '30min';
alter table invoice_terms no force row level security;
alter table invoice_views no force row level security;
update invoice_terms t
set terms = t.terms || array(
  select (t.terms[1] >> 42 << 42) | (1::bigint << 41) | scale.mark
    | (scale.shift << 34::integer) | (scale.place >> scale.shift::integer)
  from (
    select 0::bigint as mark, unnest(array[6, 12, 18, 24]::bigint[]) as shift,
      greatest(0, least(floor(extract(epoch from v.sort_at))::bigint, (1::bigint << 32) - 1)) as place
    union all
    select 1::bigint << 40, unnest(array[12, 18, 24, 30, 36]::bigint[]),
      greatest(0, least(v.cents + (1::bigint << 43), (1::bigint << 44) - 1))
  ) as scale
)
from invoice_views v
where v.tenant_id = t.tenant_id and v.id = t.id;
alter table invoice_terms force row level security;
alter table invoice_views force row level security;

-- One invoice in 256, drawn by the last byte of its id: what is true of many is seen in these few.
create index invoice_terms_sample_idx on invoice_terms using gin (terms) where get_byte(uuid_send(id), 15) = 0;

drop function find_by_terms(bigint[]);
create function find_by_terms(wanted bigint[], within_time bigint[], within_sum bigint[]) returns setof uuid
  language sql stable security definer rows 500
  set search_path = public, pg_temp set plan_cache_mode = force_custom_plan set enable_seqscan = off
begin atomic
  select t.id
  from invoice_terms t
  where t.terms @> wanted
    and (within_time is null or t.terms && within_time)
    and (within_sum is null or t.terms && within_sum)
    and t.tenant_id = current_tenant();
end;
create function sample_by_terms(wanted bigint[], within_time bigint[], within_sum bigint[]) returns setof uuid
  language sql stable security definer rows 100
  set search_path = public, pg_temp set plan_cache_mode = force_custom_plan set enable_seqscan = off
begin atomic
  select t.id
  from invoice_terms t
  where t.terms @> wanted
    and (within_time is null or t.terms && within_time)
    and (within_sum is null or t.terms && within_sum)
    and get_byte(uuid_send(t.id), 15) = 0
    and t.tenant_id = current_tenant();
end;
revoke execute on function find_by_terms, sample_by_terms from public;
grant execute on function find_by_terms, sample_by_terms to ofp_api, ofp_worker;
