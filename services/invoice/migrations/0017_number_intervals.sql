-- Terms for intervals of numbers too, beside those of time and sum: domain/terms.py. What is there already gets them once.
set local statement_timeout = '30min';
alter table invoice_terms no force row level security;
alter table invoice_views no force row level security;
update invoice_terms t
set terms = t.terms || array(
  select (t.terms[1] >> 42 << 42) | (1::bigint << 41) | (1::bigint << 34) | (shift << 34::integer)
    | ((rpad(left(v.number_key, 18), 18, '0')::bigint >> shift::integer) & ((1::bigint << 34) - 1))
  from unnest(array[6, 12, 18, 24, 30, 36, 42, 48, 54]::bigint[]) as shift
)
from invoice_views v
where v.tenant_id = t.tenant_id and v.id = t.id;
alter table invoice_terms force row level security;
alter table invoice_views force row level security;

drop function find_by_terms(bigint[], bigint[], bigint[]);
drop function sample_by_terms(bigint[], bigint[], bigint[]);
create function find_by_terms(
  wanted bigint[], within_time bigint[], within_sum bigint[], within_number bigint[]
) returns setof uuid
  language sql stable security definer rows 500
  set search_path = public, pg_temp set plan_cache_mode = force_custom_plan set enable_seqscan = off
begin atomic
  select t.id
  from invoice_terms t
  where t.terms @> wanted
    and (within_time is null or t.terms && within_time)
    and (within_sum is null or t.terms && within_sum)
    and (within_number is null or t.terms && within_number)
    and t.tenant_id = current_tenant();
end;
create function sample_by_terms(
  wanted bigint[], within_time bigint[], within_sum bigint[], within_number bigint[]
) returns setof uuid
  language sql stable security definer rows 100
  set search_path = public, pg_temp set plan_cache_mode = force_custom_plan set enable_seqscan = off
begin atomic
  select t.id
  from invoice_terms t
  where t.terms @> wanted
    and (within_time is null or t.terms && within_time)
    and (within_sum is null or t.terms && within_sum)
    and (within_number is null or t.terms && within_number)
    and get_byte(uuid_send(t.id), 15) = 0
    and t.tenant_id = current_tenant();
end;
revoke execute on function find_by_terms, sample_by_terms from public;
grant execute on function find_by_terms, sample_by_terms to ofp_api, ofp_worker;
