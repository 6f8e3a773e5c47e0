CREATE FUNCTION public.count_invoices() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  insert into invoice_counts as c (
    tenant_id, day, status, authority_state, reversal, invoices, amount, tax, amount_with_tax
  )
  select tenant_id, (sort_at at time zone 'Asia/Shanghai')::date as day, status, authority_state, reversal,
    sum(weight), sum(weight * amount), sum(weight * tax), sum(weight * amount_with_tax)
  from (
    select 1 as weight, tenant_id, sort_at, status, authority_state, reversal, amount, tax, amount_with_tax
    from new_rows
  ) as change
  group by 1, 2, 3, 4, 5
  order by 1, 2, 3, 4, 5
  on conflict (tenant_id, day, status, authority_state, reversal) do update
  set invoices = c.invoices + excluded.invoices, amount = c.amount + excluded.amount, tax = c.tax + excluded.tax,
      amount_with_tax = c.amount_with_tax + excluded.amount_with_tax;
  return null;
end $$;
CREATE FUNCTION public.current_tenant() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid;
CREATE TABLE public.api_keys (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    secret_sha256 bytea NOT NULL,
    scopes text[] NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone
);
ALTER TABLE ONLY public.api_keys FORCE ROW LEVEL SECURITY;
CREATE TABLE public.tenants (
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    is_active boolean NOT NULL,
    rate_per_second integer NOT NULL,
    burst integer NOT NULL
);
ALTER TABLE ONLY public.tenants FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.find_api_key(wanted_sha256 bytea) RETURNS TABLE(id uuid, tenant_id uuid, scopes text[], expires_at timestamp with time zone, rate_per_second integer, burst integer)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    BEGIN ATOMIC
 SELECT k.id,
     k.tenant_id,
     k.scopes,
     k.expires_at,
     t.rate_per_second,
     t.burst
    FROM (public.api_keys k
      JOIN public.tenants t ON ((t.tenant_id = k.tenant_id)))
   WHERE ((k.secret_sha256 = find_api_key.wanted_sha256) AND (k.revoked_at IS NULL) AND ((k.expires_at IS NULL) OR (k.expires_at > now())) AND t.is_active);
END;
CREATE TABLE public.invoice_terms (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    terms bigint[] NOT NULL
);
ALTER TABLE ONLY public.invoice_terms FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.find_by_terms(wanted bigint[], within_time bigint[], within_sum bigint[], within_number bigint[]) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 500
    SET search_path TO 'public', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET enable_seqscan TO 'off'
    BEGIN ATOMIC
 SELECT t.id
    FROM public.invoice_terms t
   WHERE ((t.terms @> find_by_terms.wanted) AND ((find_by_terms.within_time IS NULL) OR (t.terms && find_by_terms.within_time)) AND ((find_by_terms.within_sum IS NULL) OR (t.terms && find_by_terms.within_sum)) AND ((find_by_terms.within_number IS NULL) OR (t.terms && find_by_terms.within_number)) AND (t.tenant_id = public.current_tenant()));
END;
CREATE TABLE public.revoked_sessions (
    tenant_id uuid NOT NULL,
    session_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.revoked_sessions FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.find_session(wanted_tenant uuid, wanted_session uuid) RETURNS TABLE(is_revoked boolean, is_active boolean, rate_per_second integer, burst integer)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    BEGIN ATOMIC
 SELECT (EXISTS ( SELECT
            FROM public.revoked_sessions r
           WHERE (r.session_id = find_session.wanted_session))) AS "exists",
     t.is_active,
     t.rate_per_second,
     t.burst
    FROM public.tenants t
   WHERE (t.tenant_id = find_session.wanted_tenant);
END;
CREATE TABLE public.timeline_links (
    tenant_id uuid NOT NULL,
    token_sha256 bytea NOT NULL,
    invoice_id uuid NOT NULL,
    created_by text NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.timeline_links FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.find_timeline_link(wanted_sha256 bytea) RETURNS TABLE(tenant_id uuid, invoice_id uuid, expires_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    BEGIN ATOMIC
 SELECT l.tenant_id,
     l.invoice_id,
     l.expires_at
    FROM public.timeline_links l
   WHERE (l.token_sha256 = find_timeline_link.wanted_sha256);
END;
CREATE FUNCTION public.recount_invoices() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  insert into invoice_counts as c (
    tenant_id, day, status, authority_state, reversal, invoices, amount, tax, amount_with_tax
  )
  select tenant_id, (sort_at at time zone 'Asia/Shanghai')::date as day, status, authority_state, reversal,
    sum(weight), sum(weight * amount), sum(weight * tax), sum(weight * amount_with_tax)
  from (
    select 1 as weight, tenant_id, sort_at, status, authority_state, reversal, amount, tax, amount_with_tax
    from new_rows
    union all
    select -1, tenant_id, sort_at, status, authority_state, reversal, amount, tax, amount_with_tax
    from old_rows
  ) as change
  group by 1, 2, 3, 4, 5
  having sum(weight) <> 0 or sum(weight * amount) <> 0 or sum(weight * tax) <> 0
  order by 1, 2, 3, 4, 5
  on conflict (tenant_id, day, status, authority_state, reversal) do update
  set invoices = c.invoices + excluded.invoices, amount = c.amount + excluded.amount, tax = c.tax + excluded.tax,
      amount_with_tax = c.amount_with_tax + excluded.amount_with_tax;
  return null;
end $$;
CREATE FUNCTION public.sample_by_terms(wanted bigint[], within_time bigint[], within_sum bigint[], within_number bigint[]) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 100
    SET search_path TO 'public', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET enable_seqscan TO 'off'
    BEGIN ATOMIC
 SELECT t.id
    FROM public.invoice_terms t
   WHERE ((t.terms @> sample_by_terms.wanted) AND ((sample_by_terms.within_time IS NULL) OR (t.terms && sample_by_terms.within_time)) AND ((sample_by_terms.within_sum IS NULL) OR (t.terms && sample_by_terms.within_sum)) AND ((sample_by_terms.within_number IS NULL) OR (t.terms && sample_by_terms.within_number)) AND (get_byte(uuid_send(t.id), 15) = 0) AND (t.tenant_id = public.current_tenant()));
END;
CREATE TABLE public.archived_documents (
    tenant_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    documents jsonb NOT NULL,
    places jsonb DEFAULT '{}'::jsonb NOT NULL,
    seal jsonb
);
ALTER TABLE ONLY public.archived_documents FORCE ROW LEVEL SECURITY;
CREATE TABLE public.authority_callbacks (
    id bytea NOT NULL,
    about text NOT NULL,
    seller text NOT NULL,
    serial text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    heeded_at timestamp with time zone,
    CONSTRAINT authority_callbacks_about_check CHECK ((about = ANY (ARRAY['invoice'::text, 'red_form'::text])))
);
CREATE TABLE public.buyers (
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    tax_id text NOT NULL,
    address text NOT NULL,
    phone text NOT NULL,
    bank_name text NOT NULL,
    bank_account text NOT NULL,
    email text NOT NULL,
    invoice_count bigint NOT NULL,
    last_used_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.buyers FORCE ROW LEVEL SECURITY;
CREATE TABLE public.connectors (
    tenant_id uuid NOT NULL,
    taxpayer_id uuid NOT NULL,
    state text DEFAULT 'ok'::text NOT NULL,
    since timestamp with time zone NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    last_error text,
    next_attempt_at timestamp with time zone NOT NULL,
    claimed_until timestamp with time zone,
    numbers_due_at timestamp with time zone NOT NULL,
    quota_due_at timestamp with time zone NOT NULL,
    forms_active_at timestamp with time zone DEFAULT now() NOT NULL,
    forms_due_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT connectors_state_check CHECK ((state = ANY (ARRAY['ok'::text, 'degraded'::text, 'login_needed'::text, 'down'::text])))
);
ALTER TABLE ONLY public.connectors FORCE ROW LEVEL SECURITY;
CREATE TABLE public.day_checks (
    tenant_id uuid NOT NULL,
    taxpayer_id uuid NOT NULL,
    day date NOT NULL,
    due_at timestamp with time zone NOT NULL,
    checked_at timestamp with time zone,
    differs_since timestamp with time zone,
    difference jsonb,
    CONSTRAINT day_checks_difference_check CHECK (((differs_since IS NULL) = (difference IS NULL)))
);
ALTER TABLE ONLY public.day_checks FORCE ROW LEVEL SECURITY;
CREATE TABLE public.dead_letters (
    id uuid NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    key bytea,
    headers jsonb NOT NULL,
    value bytea,
    source text,
    subject uuid,
    sequence bigint,
    type text,
    reason text NOT NULL,
    error text NOT NULL,
    tries integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    replayed_at timestamp with time zone,
    CONSTRAINT dead_letters_reason_check CHECK ((reason = ANY (ARRAY['undecodable'::text, 'failed'::text, 'gap'::text, 'behind'::text])))
);
CREATE TABLE public.document_places (
    tenant_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    format text NOT NULL,
    version integer NOT NULL,
    bucket text NOT NULL,
    key text NOT NULL,
    version_id text NOT NULL,
    first_byte bigint NOT NULL,
    size integer NOT NULL,
    sha256 text NOT NULL
);
ALTER TABLE ONLY public.document_places FORCE ROW LEVEL SECURITY;
CREATE TABLE public.event_sequences (
    tenant_id uuid NOT NULL,
    subject uuid NOT NULL,
    last_sequence bigint NOT NULL
);
ALTER TABLE ONLY public.event_sequences FORCE ROW LEVEL SECURITY;
CREATE TABLE public.export_checks (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    export_id uuid NOT NULL,
    status text NOT NULL,
    sample integer NOT NULL,
    result jsonb,
    actor text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone NOT NULL,
    claimed_until timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT export_checks_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'passed'::text, 'failed'::text])))
);
ALTER TABLE ONLY public.export_checks FORCE ROW LEVEL SECURITY;
CREATE TABLE public.export_schedules (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    frequency text NOT NULL,
    content jsonb NOT NULL,
    target jsonb NOT NULL,
    sealed_secrets bytea,
    is_active boolean NOT NULL,
    next_run_at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT export_schedules_frequency_check CHECK ((frequency = ANY (ARRAY['weekly'::text, 'monthly'::text])))
);
ALTER TABLE ONLY public.export_schedules FORCE ROW LEVEL SECURITY;
CREATE TABLE public.exports (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    status text NOT NULL,
    content jsonb NOT NULL,
    schedule_id uuid,
    period_from date,
    period_to date,
    target jsonb NOT NULL,
    total integer,
    done integer DEFAULT 0 NOT NULL,
    missing integer,
    size bigint,
    sha256 text,
    object_key text,
    problem jsonb,
    actor text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone NOT NULL,
    claimed_until timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    expires_at timestamp with time zone,
    missing_reasons jsonb,
    CONSTRAINT exports_finished_check CHECK (((status <> 'finished'::text) OR (num_nulls(size, sha256, finished_at, expires_at) = 0))),
    CONSTRAINT exports_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'finished'::text, 'failed'::text, 'cancelled'::text])))
);
ALTER TABLE ONLY public.exports FORCE ROW LEVEL SECURITY;
CREATE TABLE public.history_backlog (
    tenant_id uuid NOT NULL,
    place bigint NOT NULL,
    invoice_id uuid NOT NULL,
    event_id uuid NOT NULL,
    "time" timestamp with time zone NOT NULL,
    field text NOT NULL,
    old jsonb NOT NULL,
    new jsonb NOT NULL,
    actor text NOT NULL,
    request_id text NOT NULL,
    reason text NOT NULL
);
ALTER TABLE ONLY public.history_backlog FORCE ROW LEVEL SECURITY;
ALTER TABLE public.history_backlog ALTER COLUMN place ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.history_backlog_place_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.history_heads (
    tenant_id uuid NOT NULL,
    "position" bigint NOT NULL,
    hash bytea NOT NULL
);
ALTER TABLE ONLY public.history_heads FORCE ROW LEVEL SECURITY;
CREATE TABLE public.idempotency_keys (
    tenant_id uuid NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    status smallint,
    headers jsonb,
    body bytea,
    created_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE TABLE public.inbox (
    source text NOT NULL,
    subject uuid NOT NULL,
    last_sequence bigint NOT NULL,
    parked_at timestamp with time zone,
    updated_at timestamp with time zone NOT NULL
);
CREATE TABLE public.invoice_counts (
    tenant_id uuid NOT NULL,
    day date NOT NULL,
    status text NOT NULL,
    authority_state text NOT NULL,
    reversal text NOT NULL,
    invoices bigint NOT NULL,
    amount numeric(24,2) NOT NULL,
    tax numeric(24,2) NOT NULL,
    amount_with_tax numeric(24,2) NOT NULL
);
ALTER TABLE ONLY public.invoice_counts FORCE ROW LEVEL SECURITY;
CREATE TABLE public.invoice_documents (
    tenant_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    format text NOT NULL,
    state text NOT NULL,
    version integer,
    sha256 text,
    size integer,
    reason text,
    CONSTRAINT invoice_documents_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'ready'::text, 'failed'::text])))
);
ALTER TABLE ONLY public.invoice_documents FORCE ROW LEVEL SECURITY;
CREATE TABLE public.invoice_history (
    tenant_id uuid NOT NULL,
    "position" bigint NOT NULL,
    invoice_id uuid NOT NULL,
    event_id uuid NOT NULL,
    "time" timestamp with time zone NOT NULL,
    field text NOT NULL,
    old jsonb NOT NULL,
    new jsonb NOT NULL,
    actor text NOT NULL,
    request_id text NOT NULL,
    reason text NOT NULL,
    hash bytea NOT NULL
);
ALTER TABLE ONLY public.invoice_history FORCE ROW LEVEL SECURITY;
CREATE TABLE public.invoice_job_blocks (
    tenant_id uuid NOT NULL,
    job_id uuid NOT NULL,
    number integer NOT NULL,
    rows integer[] NOT NULL,
    content bytea NOT NULL,
    places jsonb
);
ALTER TABLE ONLY public.invoice_job_blocks ALTER COLUMN content SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.invoice_job_blocks FORCE ROW LEVEL SECURITY;
CREATE TABLE public.invoice_job_lanes (
    tenant_id uuid NOT NULL,
    served_at timestamp with time zone,
    claimed_until timestamp with time zone
);
ALTER TABLE ONLY public.invoice_job_lanes FORCE ROW LEVEL SECURITY;
CREATE TABLE public.invoice_job_mappings (
    tenant_id uuid NOT NULL,
    columns jsonb NOT NULL,
    updated_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.invoice_job_mappings FORCE ROW LEVEL SECURITY;
CREATE TABLE public.invoice_job_rows (
    tenant_id uuid NOT NULL,
    job_id uuid NOT NULL,
    "row" integer NOT NULL,
    state text NOT NULL,
    reference text,
    invoice_id uuid,
    problem jsonb,
    invoice bytea,
    places jsonb,
    CONSTRAINT invoice_job_rows_outcome_check CHECK ((((state = 'succeeded'::text) = (invoice_id IS NOT NULL)) AND ((state = 'failed'::text) = (problem IS NOT NULL)))),
    CONSTRAINT invoice_job_rows_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'succeeded'::text, 'failed'::text])))
);
ALTER TABLE ONLY public.invoice_job_rows FORCE ROW LEVEL SECURITY;
CREATE TABLE public.invoice_job_uploads (
    tenant_id uuid NOT NULL,
    job_id uuid NOT NULL,
    number integer NOT NULL,
    content bytea NOT NULL
);
ALTER TABLE ONLY public.invoice_job_uploads ALTER COLUMN content SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.invoice_job_uploads FORCE ROW LEVEL SECURITY;
CREATE TABLE public.invoice_jobs (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    actor text NOT NULL,
    format text NOT NULL,
    priority smallint NOT NULL,
    status text NOT NULL,
    total integer,
    succeeded integer DEFAULT 0 NOT NULL,
    failed integer DEFAULT 0 NOT NULL,
    blocks integer DEFAULT 0 NOT NULL,
    block integer DEFAULT 1 NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    done_at_start integer DEFAULT 0 NOT NULL,
    columns text[],
    problem jsonb,
    request_id text NOT NULL,
    traceparent text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    updated_at timestamp with time zone NOT NULL,
    announced_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    expected_finish_at timestamp with time zone,
    waits_until timestamp with time zone,
    CONSTRAINT invoice_jobs_counts_check CHECK (((succeeded >= 0) AND (failed >= 0) AND ((succeeded + failed) <= total))),
    CONSTRAINT invoice_jobs_format_check CHECK ((format = ANY (ARRAY['ndjson'::text, 'csv'::text, 'xlsx'::text]))),
    CONSTRAINT invoice_jobs_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'paused'::text, 'finished'::text, 'cancelled'::text, 'failed'::text]))),
    CONSTRAINT invoice_jobs_waits_check CHECK (((waits_until IS NULL) OR ((status = ANY (ARRAY['queued'::text, 'running'::text, 'paused'::text])) AND (finished_at IS NULL))))
);
ALTER TABLE ONLY public.invoice_jobs FORCE ROW LEVEL SECURITY;
CREATE TABLE public.invoice_marks (
    tenant_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    tags text[] NOT NULL,
    notes jsonb DEFAULT '[]'::jsonb NOT NULL
);
ALTER TABLE ONLY public.invoice_marks FORCE ROW LEVEL SECURITY;
CREATE TABLE public.invoice_views (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    sort_at timestamp with time zone NOT NULL,
    issued_at timestamp with time zone,
    issue_date date,
    kind text NOT NULL,
    number text,
    reference text,
    status text NOT NULL,
    reversal text NOT NULL,
    authority_state text NOT NULL,
    buyer_name text NOT NULL,
    buyer_tax_id text NOT NULL,
    seller_name text NOT NULL,
    amount numeric(18,2) NOT NULL,
    tax numeric(18,2) NOT NULL,
    amount_with_tax numeric(18,2) NOT NULL,
    tags text[] NOT NULL,
    search_text text NOT NULL,
    status_updated_at timestamp with time zone NOT NULL,
    expected_final_by timestamp with time zone NOT NULL,
    red jsonb,
    cents bigint GENERATED ALWAYS AS (((amount_with_tax * (100)::numeric))::bigint) STORED NOT NULL,
    number_key text GENERATED ALWAYS AS (COALESCE(number, ''::text)) STORED NOT NULL,
    code text
);
ALTER TABLE ONLY public.invoice_views FORCE ROW LEVEL SECURITY;
CREATE TABLE public.invoices (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    taxpayer_id uuid NOT NULL,
    kind text NOT NULL,
    code text,
    number text,
    reference text,
    status text NOT NULL,
    reversal text NOT NULL,
    channel text NOT NULL,
    authority_state text NOT NULL,
    authority_updated_at timestamp with time zone NOT NULL,
    last_error jsonb,
    issue_date date,
    issued_at timestamp with time zone,
    amount numeric(18,2) NOT NULL,
    tax numeric(18,2) NOT NULL,
    amount_with_tax numeric(18,2) NOT NULL,
    content jsonb NOT NULL,
    fingerprint text NOT NULL,
    version bigint NOT NULL,
    actor text NOT NULL,
    status_updated_at timestamp with time zone NOT NULL,
    expected_final_by timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    red jsonb,
    blue_id uuid,
    replaces uuid,
    replaced_by uuid,
    quota_amount numeric(18,2),
    rule_pack text,
    duplicate_key text,
    CONSTRAINT invoices_authority_state_check CHECK ((authority_state = ANY (ARRAY['not_submitted'::text, 'submitted'::text, 'outcome_unknown'::text, 'waiting_operator'::text, 'confirmed'::text, 'refused'::text]))),
    CONSTRAINT invoices_channel_check CHECK ((channel = ANY (ARRAY['local_blocks'::text, 'assigned_on_issue'::text]))),
    CONSTRAINT invoices_number_check CHECK (
CASE status
    WHEN 'rejected'::text THEN ((number IS NULL) OR (blue_id IS NOT NULL))
    ELSE ((status = ANY (ARRAY['issued'::text, 'voided'::text])) = (number IS NOT NULL))
END),
    CONSTRAINT invoices_number_form_check CHECK ((length(number) =
CASE
    WHEN (code IS NULL) THEN 20
    ELSE 8
END)),
    CONSTRAINT invoices_red_check CHECK (((red IS NULL) = (blue_id IS NULL))),
    CONSTRAINT invoices_reversal_check CHECK ((reversal = ANY (ARRAY['none'::text, 'partial'::text, 'full'::text]))),
    CONSTRAINT invoices_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'pending'::text, 'issued'::text, 'rejected'::text, 'voided'::text]))),
    CONSTRAINT invoices_sums_check CHECK (((amount + tax) = amount_with_tax))
);
ALTER TABLE ONLY public.invoices FORCE ROW LEVEL SECURITY;
CREATE TABLE public.number_blocks (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    taxpayer_id uuid NOT NULL,
    year smallint,
    first_number numeric(20,0),
    last_number numeric(20,0),
    next_number numeric(20,0),
    ordered_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone,
    asked_at timestamp with time zone,
    kind text,
    code text,
    CONSTRAINT number_blocks_range_check CHECK (((num_nulls(first_number, last_number, next_number) = ANY (ARRAY[0, 3])) AND ((first_number IS NULL) OR ((next_number >= first_number) AND (next_number <= (last_number + (1)::numeric)))))),
    CONSTRAINT number_blocks_stock_check CHECK ((((kind IS NULL) <> (year IS NULL)) AND ((code IS NOT NULL) = ((kind IS NOT NULL) AND (first_number IS NOT NULL)))))
);
ALTER TABLE ONLY public.number_blocks FORCE ROW LEVEL SECURITY;
CREATE TABLE public.outbox (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    "position" bigint NOT NULL,
    shard smallint NOT NULL,
    topic text NOT NULL,
    subject uuid NOT NULL,
    sequence bigint NOT NULL,
    type text NOT NULL,
    "time" timestamp with time zone NOT NULL,
    correlation_id text NOT NULL,
    traceparent text NOT NULL,
    payload bytea NOT NULL,
    published_at timestamp with time zone,
    CONSTRAINT outbox_payload_size_check CHECK ((octet_length(payload) <= 4194304))
);
ALTER TABLE ONLY public.outbox FORCE ROW LEVEL SECURITY;
ALTER TABLE public.outbox ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.quotas (
    tenant_id uuid NOT NULL,
    taxpayer_id uuid NOT NULL,
    period text NOT NULL,
    total numeric(20,2) NOT NULL,
    used numeric(20,2) DEFAULT 0 NOT NULL,
    reserved numeric(20,2) DEFAULT 0 NOT NULL,
    is_suspended boolean DEFAULT false NOT NULL,
    as_of timestamp with time zone NOT NULL,
    bureau_used numeric(20,2),
    differs_since timestamp with time zone,
    CONSTRAINT quotas_period_check CHECK ((period ~ '^[0-9]{6}$'::text)),
    CONSTRAINT quotas_sums_check CHECK (((reserved >= (0)::numeric) AND ((used + reserved) <= total)))
);
ALTER TABLE ONLY public.quotas FORCE ROW LEVEL SECURITY;
CREATE TABLE public.red_form_cursors (
    tenant_id uuid NOT NULL,
    taxpayer_id uuid NOT NULL,
    cursor text NOT NULL
);
ALTER TABLE ONLY public.red_form_cursors FORCE ROW LEVEL SECURITY;
CREATE TABLE public.red_forms (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    taxpayer_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    invoice_number text NOT NULL,
    state text NOT NULL,
    initiator text NOT NULL,
    reason text NOT NULL,
    content jsonb NOT NULL,
    last_error jsonb,
    confirmation_number text,
    uuid text,
    red_invoice_id uuid,
    replacement_id uuid,
    replacement jsonb,
    request_key text NOT NULL,
    actor text NOT NULL,
    request_id text NOT NULL,
    traceparent text NOT NULL,
    expires_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version bigint NOT NULL,
    task text,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone,
    claimed_until timestamp with time zone,
    CONSTRAINT red_forms_initiator_check CHECK ((initiator = ANY (ARRAY['seller'::text, 'buyer'::text]))),
    CONSTRAINT red_forms_reason_check CHECK ((reason = ANY (ARRAY['issued_in_error'::text, 'goods_returned'::text, 'service_stopped'::text, 'allowance'::text]))),
    CONSTRAINT red_forms_replacement_check CHECK (((replacement IS NULL) = (replacement_id IS NULL))),
    CONSTRAINT red_forms_state_check CHECK ((state = ANY (ARRAY['01'::text, '02'::text, '03'::text, '04'::text, '05'::text, '06'::text, '07'::text, '08'::text, '09'::text, '10'::text]))),
    CONSTRAINT red_forms_task_check CHECK ((task = ANY (ARRAY['apply'::text, 'confirm'::text, 'reject'::text, 'revoke'::text])))
);
ALTER TABLE ONLY public.red_forms FORCE ROW LEVEL SECURITY;
CREATE TABLE public.saved_views (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    owner text NOT NULL,
    name text NOT NULL,
    is_shared boolean NOT NULL,
    query jsonb NOT NULL,
    updated_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.saved_views FORCE ROW LEVEL SECURITY;
CREATE TABLE public.schema_migrations (
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.submissions (
    tenant_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    serial text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    ask_first boolean DEFAULT false NOT NULL,
    request_id text NOT NULL,
    traceparent text NOT NULL,
    next_attempt_at timestamp with time zone NOT NULL,
    claimed_until timestamp with time zone,
    taxpayer_id uuid NOT NULL,
    overdue_at timestamp with time zone
);
ALTER TABLE ONLY public.submissions FORCE ROW LEVEL SECURITY;
CREATE TABLE public.tag_colours (
    tenant_id uuid NOT NULL,
    tag text NOT NULL,
    colour text NOT NULL,
    CONSTRAINT tag_colours_colour_check CHECK ((colour ~ '^#[0-9a-f]{6}$'::text))
);
ALTER TABLE ONLY public.tag_colours FORCE ROW LEVEL SECURITY;
CREATE TABLE public.taxpayers (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    tax_id text NOT NULL,
    address text NOT NULL,
    phone text NOT NULL,
    bank_name text NOT NULL,
    bank_account text NOT NULL,
    channel text NOT NULL,
    is_default boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    kinds text[] DEFAULT ARRAY['digital_special'::text, 'digital_ordinary'::text, 'paper_special'::text, 'paper_ordinary'::text, 'tax_control_special'::text, 'tax_control_ordinary'::text] NOT NULL,
    CONSTRAINT taxpayers_channel_check CHECK ((channel = ANY (ARRAY['local_blocks'::text, 'assigned_on_issue'::text]))),
    CONSTRAINT taxpayers_kinds_check CHECK (((kinds <@ ARRAY['digital_special'::text, 'digital_ordinary'::text, 'paper_special'::text, 'paper_ordinary'::text, 'tax_control_special'::text, 'tax_control_ordinary'::text]) AND (cardinality(kinds) > 0)))
);
ALTER TABLE ONLY public.taxpayers FORCE ROW LEVEL SECURITY;
CREATE TABLE public.timeline_entries (
    tenant_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    event_id uuid NOT NULL,
    "time" timestamp with time zone NOT NULL,
    service text NOT NULL,
    type text NOT NULL,
    summary text NOT NULL,
    summary_zh text NOT NULL,
    actor text NOT NULL,
    request_id text NOT NULL
);
ALTER TABLE ONLY public.timeline_entries FORCE ROW LEVEL SECURITY;
CREATE TABLE public.view_backlog (
    tenant_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    changed_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.view_backlog FORCE ROW LEVEL SECURITY;
CREATE TABLE public.voids (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    taxpayer_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    actor text NOT NULL,
    request_id text NOT NULL,
    traceparent text NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    settled_at timestamp with time zone,
    last_error jsonb,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone NOT NULL,
    claimed_until timestamp with time zone,
    CONSTRAINT voids_error_check CHECK (((state = 'refused'::text) = (last_error IS NOT NULL))),
    CONSTRAINT voids_settled_check CHECK (((state = 'requested'::text) = (settled_at IS NULL))),
    CONSTRAINT voids_state_check CHECK ((state = ANY (ARRAY['requested'::text, 'done'::text, 'refused'::text])))
);
ALTER TABLE ONLY public.voids FORCE ROW LEVEL SECURITY;
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_secret_key UNIQUE (secret_sha256);
ALTER TABLE ONLY public.archived_documents
    ADD CONSTRAINT archived_documents_pkey PRIMARY KEY (tenant_id, invoice_id);
ALTER TABLE ONLY public.authority_callbacks
    ADD CONSTRAINT authority_callbacks_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.buyers
    ADD CONSTRAINT buyers_pkey PRIMARY KEY (tenant_id, name, tax_id);
ALTER TABLE ONLY public.connectors
    ADD CONSTRAINT connectors_pkey PRIMARY KEY (tenant_id, taxpayer_id);
ALTER TABLE ONLY public.day_checks
    ADD CONSTRAINT day_checks_pkey PRIMARY KEY (tenant_id, taxpayer_id, day);
ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_record_key UNIQUE (topic, partition, "offset");
ALTER TABLE ONLY public.document_places
    ADD CONSTRAINT document_places_pkey PRIMARY KEY (tenant_id, invoice_id, format);
ALTER TABLE ONLY public.event_sequences
    ADD CONSTRAINT event_sequences_pkey PRIMARY KEY (subject);
ALTER TABLE ONLY public.export_checks
    ADD CONSTRAINT export_checks_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.export_schedules
    ADD CONSTRAINT export_schedules_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.exports
    ADD CONSTRAINT exports_period_key UNIQUE (tenant_id, schedule_id, period_from, period_to);
ALTER TABLE ONLY public.exports
    ADD CONSTRAINT exports_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.history_backlog
    ADD CONSTRAINT history_backlog_pkey PRIMARY KEY (place);
ALTER TABLE ONLY public.history_heads
    ADD CONSTRAINT history_heads_pkey PRIMARY KEY (tenant_id);
ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (tenant_id, route, key);
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (source, subject);
ALTER TABLE ONLY public.invoice_counts
    ADD CONSTRAINT invoice_counts_pkey PRIMARY KEY (tenant_id, day, status, authority_state, reversal);
ALTER TABLE ONLY public.invoice_documents
    ADD CONSTRAINT invoice_documents_pkey PRIMARY KEY (tenant_id, invoice_id, format);
ALTER TABLE ONLY public.invoice_history
    ADD CONSTRAINT invoice_history_pkey PRIMARY KEY (tenant_id, "position");
ALTER TABLE ONLY public.invoice_job_blocks
    ADD CONSTRAINT invoice_job_blocks_pkey PRIMARY KEY (tenant_id, job_id, number);
ALTER TABLE ONLY public.invoice_job_lanes
    ADD CONSTRAINT invoice_job_lanes_pkey PRIMARY KEY (tenant_id);
ALTER TABLE ONLY public.invoice_job_mappings
    ADD CONSTRAINT invoice_job_mappings_pkey PRIMARY KEY (tenant_id);
ALTER TABLE ONLY public.invoice_job_rows
    ADD CONSTRAINT invoice_job_rows_pkey PRIMARY KEY (tenant_id, job_id, "row");
ALTER TABLE ONLY public.invoice_job_uploads
    ADD CONSTRAINT invoice_job_uploads_pkey PRIMARY KEY (tenant_id, job_id, number);
ALTER TABLE ONLY public.invoice_jobs
    ADD CONSTRAINT invoice_jobs_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.invoice_marks
    ADD CONSTRAINT invoice_marks_pkey PRIMARY KEY (tenant_id, invoice_id);
ALTER TABLE ONLY public.invoice_terms
    ADD CONSTRAINT invoice_terms_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.invoice_views
    ADD CONSTRAINT invoice_views_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_reference_key UNIQUE (tenant_id, reference);
ALTER TABLE ONLY public.number_blocks
    ADD CONSTRAINT number_blocks_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_subject_sequence_key UNIQUE (subject, sequence);
ALTER TABLE ONLY public.quotas
    ADD CONSTRAINT quotas_pkey PRIMARY KEY (tenant_id, taxpayer_id, period);
ALTER TABLE ONLY public.red_form_cursors
    ADD CONSTRAINT red_form_cursors_pkey PRIMARY KEY (tenant_id, taxpayer_id);
ALTER TABLE ONLY public.red_forms
    ADD CONSTRAINT red_forms_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.red_forms
    ADD CONSTRAINT red_forms_request_key UNIQUE (tenant_id, request_key);
ALTER TABLE ONLY public.revoked_sessions
    ADD CONSTRAINT revoked_sessions_pkey PRIMARY KEY (session_id);
ALTER TABLE ONLY public.saved_views
    ADD CONSTRAINT saved_views_name_key UNIQUE (tenant_id, owner, name);
ALTER TABLE ONLY public.saved_views
    ADD CONSTRAINT saved_views_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.submissions
    ADD CONSTRAINT submissions_pkey PRIMARY KEY (tenant_id, invoice_id);
ALTER TABLE ONLY public.submissions
    ADD CONSTRAINT submissions_serial_key UNIQUE (serial);
ALTER TABLE ONLY public.tag_colours
    ADD CONSTRAINT tag_colours_pkey PRIMARY KEY (tenant_id, tag);
ALTER TABLE ONLY public.taxpayers
    ADD CONSTRAINT taxpayers_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.taxpayers
    ADD CONSTRAINT taxpayers_tax_id_key UNIQUE (tenant_id, tax_id);
ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (tenant_id);
ALTER TABLE ONLY public.timeline_entries
    ADD CONSTRAINT timeline_entries_pkey PRIMARY KEY (tenant_id, invoice_id, event_id);
ALTER TABLE ONLY public.timeline_links
    ADD CONSTRAINT timeline_links_pkey PRIMARY KEY (tenant_id, token_sha256);
ALTER TABLE ONLY public.timeline_links
    ADD CONSTRAINT timeline_links_token_key UNIQUE (token_sha256);
ALTER TABLE ONLY public.view_backlog
    ADD CONSTRAINT view_backlog_pkey PRIMARY KEY (tenant_id, invoice_id, changed_at);
ALTER TABLE ONLY public.voids
    ADD CONSTRAINT voids_pkey PRIMARY KEY (tenant_id, id);
CREATE INDEX authority_callbacks_heeded_idx ON public.authority_callbacks USING btree (heeded_at) WHERE (heeded_at IS NOT NULL);
CREATE INDEX authority_callbacks_open_idx ON public.authority_callbacks USING btree (received_at) WHERE (heeded_at IS NULL);
CREATE INDEX buyers_last_used_idx ON public.buyers USING btree (tenant_id, last_used_at DESC);
CREATE INDEX buyers_tax_id_idx ON public.buyers USING btree (tenant_id, tax_id);
CREATE INDEX connectors_forms_due_idx ON public.connectors USING btree (forms_due_at);
CREATE INDEX connectors_numbers_due_idx ON public.connectors USING btree (numbers_due_at) WHERE (numbers_due_at IS NOT NULL);
CREATE INDEX connectors_quota_due_idx ON public.connectors USING btree (quota_due_at);
CREATE INDEX day_checks_differs_idx ON public.day_checks USING btree (differs_since) WHERE (differs_since IS NOT NULL);
CREATE INDEX day_checks_due_idx ON public.day_checks USING btree (due_at);
CREATE INDEX dead_letters_waiting_idx ON public.dead_letters USING btree (source, subject, sequence) WHERE (replayed_at IS NULL);
CREATE INDEX export_checks_due_idx ON public.export_checks USING btree (next_attempt_at) WHERE (status = ANY (ARRAY['queued'::text, 'running'::text]));
CREATE INDEX export_checks_export_idx ON public.export_checks USING btree (tenant_id, export_id);
CREATE INDEX export_schedules_due_idx ON public.export_schedules USING btree (next_run_at) WHERE is_active;
CREATE INDEX exports_due_idx ON public.exports USING btree (next_attempt_at) WHERE (status = ANY (ARRAY['queued'::text, 'running'::text]));
CREATE INDEX exports_expired_idx ON public.exports USING btree (expires_at) WHERE (object_key IS NOT NULL);
CREATE INDEX idempotency_keys_created_idx ON public.idempotency_keys USING btree (created_at);
CREATE INDEX invoice_history_invoice_idx ON public.invoice_history USING btree (tenant_id, invoice_id, "position");
CREATE INDEX invoice_job_rows_unfinished_idx ON public.invoice_job_rows USING btree (tenant_id, job_id, state, "row") WHERE (state <> 'succeeded'::text);
CREATE INDEX invoice_jobs_active_idx ON public.invoice_jobs USING btree (tenant_id, priority DESC, created_at) WHERE ((status = ANY (ARRAY['queued'::text, 'running'::text])) OR (waits_until IS NOT NULL));
CREATE INDEX invoice_terms_idx ON public.invoice_terms USING gin (terms);
CREATE INDEX invoice_terms_sample_idx ON public.invoice_terms USING gin (terms) WHERE (get_byte(uuid_send(id), 15) = 0);
CREATE INDEX invoice_views_cents_idx ON public.invoice_views USING btree (tenant_id, cents, id);
CREATE INDEX invoice_views_number_key_idx ON public.invoice_views USING btree (tenant_id, number_key, id);
CREATE INDEX invoice_views_reference_idx ON public.invoice_views USING btree (tenant_id, reference);
CREATE INDEX invoice_views_reversal_idx ON public.invoice_views USING btree (tenant_id, reversal, sort_at) WHERE (reversal <> 'none'::text);
CREATE INDEX invoice_views_sort_idx ON public.invoice_views USING btree (tenant_id, sort_at DESC, id DESC);
CREATE INDEX invoice_views_status_idx ON public.invoice_views USING btree (tenant_id, status, sort_at) WHERE (status <> 'issued'::text);
CREATE INDEX invoices_blue_idx ON public.invoices USING btree (tenant_id, blue_id) WHERE (blue_id IS NOT NULL);
CREATE UNIQUE INDEX invoices_code_key ON public.invoices USING btree (code, number) WHERE (code IS NOT NULL);
CREATE UNIQUE INDEX invoices_duplicate_key ON public.invoices USING btree (tenant_id, duplicate_key) WHERE (duplicate_key IS NOT NULL);
CREATE INDEX invoices_issue_date_idx ON public.invoices USING btree (tenant_id, issue_date, id);
CREATE UNIQUE INDEX invoices_number_key ON public.invoices USING btree (number) WHERE (code IS NULL);
CREATE INDEX invoices_quota_idx ON public.invoices USING btree (tenant_id, taxpayer_id, created_at) WHERE (quota_amount IS NOT NULL);
CREATE INDEX invoices_stock_number_idx ON public.invoices USING btree (tenant_id, number) WHERE (code IS NOT NULL);
CREATE INDEX invoices_taxpayer_idx ON public.invoices USING btree (tenant_id, taxpayer_id);
CREATE UNIQUE INDEX number_blocks_code_key ON public.number_blocks USING btree (code, first_number) WHERE (code IS NOT NULL);
CREATE UNIQUE INDEX number_blocks_first_key ON public.number_blocks USING btree (first_number) WHERE (code IS NULL);
CREATE UNIQUE INDEX number_blocks_open_key ON public.number_blocks USING btree (tenant_id, taxpayer_id, year) WHERE (first_number IS NULL);
CREATE UNIQUE INDEX number_blocks_open_stock_key ON public.number_blocks USING btree (tenant_id, taxpayer_id, kind) WHERE ((first_number IS NULL) AND (kind IS NOT NULL));
CREATE INDEX number_blocks_stock_idx ON public.number_blocks USING btree (tenant_id, taxpayer_id, kind, code, first_number) WHERE (kind IS NOT NULL);
CREATE INDEX number_blocks_taxpayer_idx ON public.number_blocks USING btree (tenant_id, taxpayer_id, year, first_number);
CREATE INDEX outbox_published_idx ON public.outbox USING btree (published_at) WHERE (published_at IS NOT NULL);
CREATE INDEX outbox_unpublished_idx ON public.outbox USING btree (shard, "position") WHERE (published_at IS NULL);
CREATE INDEX red_forms_due_idx ON public.red_forms USING btree (next_attempt_at) WHERE (next_attempt_at IS NOT NULL);
CREATE INDEX red_forms_invoice_idx ON public.red_forms USING btree (tenant_id, invoice_id);
CREATE INDEX red_forms_list_idx ON public.red_forms USING btree (tenant_id, created_at DESC, id DESC);
CREATE INDEX submissions_line_idx ON public.submissions USING btree (tenant_id, taxpayer_id, next_attempt_at);
CREATE UNIQUE INDEX taxpayers_default_key ON public.taxpayers USING btree (tenant_id) WHERE is_default;
CREATE INDEX taxpayers_tax_id_idx ON public.taxpayers USING btree (tax_id);
CREATE INDEX timeline_links_invoice_idx ON public.timeline_links USING btree (tenant_id, invoice_id);
CREATE INDEX voids_due_idx ON public.voids USING btree (next_attempt_at) WHERE (state = 'requested'::text);
CREATE INDEX voids_invoice_idx ON public.voids USING btree (tenant_id, invoice_id);
CREATE UNIQUE INDEX voids_open_key ON public.voids USING btree (tenant_id, invoice_id) WHERE (state = 'requested'::text);
CREATE INDEX voids_taxpayer_idx ON public.voids USING btree (tenant_id, taxpayer_id);
CREATE TRIGGER count_changed AFTER UPDATE ON public.invoice_views REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.recount_invoices();
CREATE TRIGGER count_new AFTER INSERT ON public.invoice_views REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.count_invoices();
ALTER TABLE ONLY public.connectors
    ADD CONSTRAINT connectors_taxpayer_fkey FOREIGN KEY (tenant_id, taxpayer_id) REFERENCES public.taxpayers(tenant_id, id);
ALTER TABLE ONLY public.day_checks
    ADD CONSTRAINT day_checks_taxpayer_fkey FOREIGN KEY (tenant_id, taxpayer_id) REFERENCES public.taxpayers(tenant_id, id);
ALTER TABLE ONLY public.export_checks
    ADD CONSTRAINT export_checks_export_fkey FOREIGN KEY (tenant_id, export_id) REFERENCES public.exports(tenant_id, id);
ALTER TABLE ONLY public.invoice_job_blocks
    ADD CONSTRAINT invoice_job_blocks_job_fkey FOREIGN KEY (tenant_id, job_id) REFERENCES public.invoice_jobs(tenant_id, id);
ALTER TABLE ONLY public.invoice_job_rows
    ADD CONSTRAINT invoice_job_rows_job_fkey FOREIGN KEY (tenant_id, job_id) REFERENCES public.invoice_jobs(tenant_id, id);
ALTER TABLE ONLY public.invoice_job_uploads
    ADD CONSTRAINT invoice_job_uploads_job_fkey FOREIGN KEY (tenant_id, job_id) REFERENCES public.invoice_jobs(tenant_id, id);
ALTER TABLE ONLY public.invoice_marks
    ADD CONSTRAINT invoice_marks_invoice_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES public.invoices(tenant_id, id);
ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_blue_fkey FOREIGN KEY (tenant_id, blue_id) REFERENCES public.invoices(tenant_id, id);
ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_taxpayer_fkey FOREIGN KEY (tenant_id, taxpayer_id) REFERENCES public.taxpayers(tenant_id, id);
ALTER TABLE ONLY public.number_blocks
    ADD CONSTRAINT number_blocks_taxpayer_fkey FOREIGN KEY (tenant_id, taxpayer_id) REFERENCES public.taxpayers(tenant_id, id);
ALTER TABLE ONLY public.quotas
    ADD CONSTRAINT quotas_taxpayer_fkey FOREIGN KEY (tenant_id, taxpayer_id) REFERENCES public.taxpayers(tenant_id, id);
ALTER TABLE ONLY public.red_forms
    ADD CONSTRAINT red_forms_invoice_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES public.invoices(tenant_id, id);
ALTER TABLE ONLY public.submissions
    ADD CONSTRAINT submissions_invoice_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES public.invoices(tenant_id, id);
ALTER TABLE ONLY public.timeline_links
    ADD CONSTRAINT timeline_links_invoice_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES public.invoices(tenant_id, id);
ALTER TABLE ONLY public.voids
    ADD CONSTRAINT voids_invoice_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES public.invoices(tenant_id, id);
ALTER TABLE ONLY public.voids
    ADD CONSTRAINT voids_taxpayer_fkey FOREIGN KEY (tenant_id, taxpayer_id) REFERENCES public.taxpayers(tenant_id, id);
ALTER TABLE public.api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.archived_documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.buyers ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.connectors ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.day_checks ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.document_places ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.event_sequences ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.export_checks ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.export_schedules ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.exports ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.history_backlog ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.history_heads ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoice_counts ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoice_documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoice_history ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoice_job_blocks ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoice_job_lanes ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoice_job_mappings ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoice_job_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoice_job_uploads ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoice_jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoice_marks ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoice_terms ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoice_views ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoices ENABLE ROW LEVEL SECURITY;
CREATE POLICY lookup ON public.api_keys FOR SELECT TO ofp_owner USING (true);
CREATE POLICY lookup ON public.invoice_terms FOR SELECT TO ofp_owner USING (true);
CREATE POLICY lookup ON public.revoked_sessions FOR SELECT TO ofp_owner USING (true);
CREATE POLICY lookup ON public.tenants FOR SELECT TO ofp_owner USING (true);
CREATE POLICY lookup ON public.timeline_links FOR SELECT TO ofp_owner USING (true);
ALTER TABLE public.number_blocks ENABLE ROW LEVEL SECURITY;
CREATE POLICY only_drafts ON public.invoices AS RESTRICTIVE FOR DELETE TO ofp_api USING ((status = 'draft'::text));
ALTER TABLE public.outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.quotas ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.red_form_cursors ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.red_forms ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.revoked_sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.saved_views ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.submissions ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tag_colours ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.taxpayers ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON public.api_keys TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.archived_documents TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.buyers TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.connectors TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.day_checks TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.document_places TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.event_sequences TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.export_checks TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.export_schedules TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.exports TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.history_backlog TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.history_heads TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.idempotency_keys TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.invoice_counts TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.invoice_documents TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.invoice_history TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.invoice_job_blocks TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.invoice_job_lanes TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.invoice_job_mappings TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.invoice_job_rows TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.invoice_job_uploads TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.invoice_jobs TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.invoice_marks TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.invoice_terms TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.invoice_views TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.invoices TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.number_blocks TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.outbox TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.quotas TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.red_form_cursors TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.red_forms TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.revoked_sessions TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.saved_views TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.submissions TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.tag_colours TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.taxpayers TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.tenants TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.timeline_entries TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.timeline_links TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.view_backlog TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.voids TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.timeline_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.timeline_links ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.view_backlog ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.voids ENABLE ROW LEVEL SECURITY;
CREATE POLICY worker ON public.api_keys TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.archived_documents TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.buyers TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.connectors TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.day_checks TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.document_places TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.event_sequences TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.export_checks TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.export_schedules TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.exports TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.history_backlog TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.history_heads TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.idempotency_keys TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.invoice_counts TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.invoice_documents TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.invoice_history TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.invoice_job_blocks TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.invoice_job_lanes TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.invoice_job_mappings TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.invoice_job_rows TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.invoice_job_uploads TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.invoice_jobs TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.invoice_marks TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.invoice_terms TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.invoice_views TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.invoices TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.number_blocks TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.outbox TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.quotas TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.red_form_cursors TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.red_forms TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.revoked_sessions TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.saved_views TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.submissions TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.tag_colours TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.taxpayers TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.tenants TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.timeline_entries TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.timeline_links TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.view_backlog TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.voids TO ofp_worker USING (true) WITH CHECK (true);
GRANT USAGE ON SCHEMA public TO ofp_api;
GRANT USAGE ON SCHEMA public TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.api_keys TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants TO ofp_worker;
REVOKE ALL ON FUNCTION public.find_api_key(wanted_sha256 bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_api_key(wanted_sha256 bytea) TO ofp_api;
GRANT ALL ON FUNCTION public.find_api_key(wanted_sha256 bytea) TO ofp_worker;
GRANT SELECT ON TABLE public.invoice_terms TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invoice_terms TO ofp_worker;
REVOKE ALL ON FUNCTION public.find_by_terms(wanted bigint[], within_time bigint[], within_sum bigint[], within_number bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_by_terms(wanted bigint[], within_time bigint[], within_sum bigint[], within_number bigint[]) TO ofp_api;
GRANT ALL ON FUNCTION public.find_by_terms(wanted bigint[], within_time bigint[], within_sum bigint[], within_number bigint[]) TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.revoked_sessions TO ofp_worker;
REVOKE ALL ON FUNCTION public.find_session(wanted_tenant uuid, wanted_session uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_session(wanted_tenant uuid, wanted_session uuid) TO ofp_api;
GRANT ALL ON FUNCTION public.find_session(wanted_tenant uuid, wanted_session uuid) TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.timeline_links TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.timeline_links TO ofp_worker;
REVOKE ALL ON FUNCTION public.find_timeline_link(wanted_sha256 bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_timeline_link(wanted_sha256 bytea) TO ofp_api;
REVOKE ALL ON FUNCTION public.sample_by_terms(wanted bigint[], within_time bigint[], within_sum bigint[], within_number bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sample_by_terms(wanted bigint[], within_time bigint[], within_sum bigint[], within_number bigint[]) TO ofp_api;
GRANT ALL ON FUNCTION public.sample_by_terms(wanted bigint[], within_time bigint[], within_sum bigint[], within_number bigint[]) TO ofp_worker;
GRANT SELECT ON TABLE public.archived_documents TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.archived_documents TO ofp_worker;
GRANT INSERT ON TABLE public.authority_callbacks TO ofp_api;
GRANT SELECT,DELETE,UPDATE ON TABLE public.authority_callbacks TO ofp_worker;
GRANT SELECT ON TABLE public.buyers TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.buyers TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.connectors TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.connectors TO ofp_worker;
GRANT UPDATE(numbers_due_at) ON TABLE public.connectors TO ofp_api;
GRANT SELECT,INSERT,UPDATE ON TABLE public.day_checks TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dead_letters TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.document_places TO ofp_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.event_sequences TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.event_sequences TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.export_checks TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.export_checks TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.export_schedules TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.export_schedules TO ofp_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.exports TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.exports TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.history_backlog TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.history_heads TO ofp_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.idempotency_keys TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotency_keys TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.inbox TO ofp_worker;
GRANT SELECT ON TABLE public.invoice_counts TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invoice_counts TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.invoice_documents TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invoice_documents TO ofp_worker;
GRANT SELECT ON TABLE public.invoice_history TO ofp_api;
GRANT SELECT,INSERT ON TABLE public.invoice_history TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.invoice_job_blocks TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invoice_job_blocks TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.invoice_job_lanes TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invoice_job_lanes TO ofp_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.invoice_job_mappings TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invoice_job_mappings TO ofp_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.invoice_job_rows TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invoice_job_rows TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.invoice_job_uploads TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invoice_job_uploads TO ofp_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.invoice_jobs TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invoice_jobs TO ofp_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.invoice_marks TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invoice_marks TO ofp_worker;
GRANT SELECT ON TABLE public.invoice_views TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invoice_views TO ofp_worker;
GRANT SELECT,INSERT,DELETE ON TABLE public.invoices TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invoices TO ofp_worker;
GRANT UPDATE(reversal) ON TABLE public.invoices TO ofp_api;
GRANT UPDATE(authority_state) ON TABLE public.invoices TO ofp_api;
GRANT UPDATE(authority_updated_at) ON TABLE public.invoices TO ofp_api;
GRANT UPDATE(last_error) ON TABLE public.invoices TO ofp_api;
GRANT UPDATE(version) ON TABLE public.invoices TO ofp_api;
GRANT UPDATE(expected_final_by) ON TABLE public.invoices TO ofp_api;
GRANT UPDATE(red) ON TABLE public.invoices TO ofp_api;
GRANT UPDATE(blue_id) ON TABLE public.invoices TO ofp_api;
GRANT UPDATE(replaces) ON TABLE public.invoices TO ofp_api;
GRANT UPDATE(replaced_by) ON TABLE public.invoices TO ofp_api;
GRANT UPDATE(quota_amount) ON TABLE public.invoices TO ofp_api;
GRANT UPDATE(duplicate_key) ON TABLE public.invoices TO ofp_api;
GRANT SELECT,INSERT ON TABLE public.number_blocks TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.number_blocks TO ofp_worker;
GRANT UPDATE(next_number) ON TABLE public.number_blocks TO ofp_api;
GRANT SELECT,INSERT ON TABLE public.outbox TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.outbox TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.quotas TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.quotas TO ofp_worker;
GRANT UPDATE(used) ON TABLE public.quotas TO ofp_api;
GRANT UPDATE(reserved) ON TABLE public.quotas TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.red_form_cursors TO ofp_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.red_forms TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.red_forms TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.saved_views TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.saved_views TO ofp_worker;
GRANT SELECT ON TABLE public.schema_migrations TO ofp_api;
GRANT SELECT ON TABLE public.schema_migrations TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.submissions TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.submissions TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tag_colours TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tag_colours TO ofp_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.taxpayers TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.taxpayers TO ofp_worker;
GRANT SELECT ON TABLE public.timeline_entries TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.timeline_entries TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.view_backlog TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.view_backlog TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.voids TO ofp_api;
GRANT SELECT,INSERT,UPDATE ON TABLE public.voids TO ofp_worker;
