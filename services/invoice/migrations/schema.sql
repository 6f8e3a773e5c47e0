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
CREATE TABLE public.buyers (
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    tax_id text NOT NULL,
    address text NOT NULL,
    phone text NOT NULL,
    bank_name text NOT NULL,
    bank_account text NOT NULL,
    email text NOT NULL,
    is_individual boolean NOT NULL,
    invoice_count bigint NOT NULL,
    last_used_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.buyers FORCE ROW LEVEL SECURITY;
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
CREATE TABLE public.event_sequences (
    tenant_id uuid NOT NULL,
    subject uuid NOT NULL,
    last_sequence bigint NOT NULL
);
ALTER TABLE ONLY public.event_sequences FORCE ROW LEVEL SECURITY;
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
    expected_final_by timestamp with time zone NOT NULL
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
    rule_pack text,
    duplicate_key text,
    CONSTRAINT invoices_authority_state_check CHECK ((authority_state = ANY (ARRAY['not_submitted'::text, 'submitted'::text, 'outcome_unknown'::text, 'waiting_operator'::text, 'confirmed'::text, 'refused'::text]))),
    CONSTRAINT invoices_channel_check CHECK ((channel = ANY (ARRAY['local_blocks'::text, 'assigned_on_issue'::text]))),
    CONSTRAINT invoices_number_check CHECK (((status = ANY (ARRAY['issued'::text, 'voided'::text])) = (number IS NOT NULL))),
    CONSTRAINT invoices_reversal_check CHECK ((reversal = ANY (ARRAY['none'::text, 'partial'::text, 'full'::text]))),
    CONSTRAINT invoices_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'pending'::text, 'issued'::text, 'rejected'::text, 'voided'::text]))),
    CONSTRAINT invoices_sums_check CHECK (((amount + tax) = amount_with_tax))
);
ALTER TABLE ONLY public.invoices FORCE ROW LEVEL SECURITY;
CREATE TABLE public.number_blocks (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    taxpayer_id uuid NOT NULL,
    year smallint NOT NULL,
    first_number numeric(20,0),
    last_number numeric(20,0),
    next_number numeric(20,0),
    ordered_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone,
    CONSTRAINT number_blocks_range_check CHECK (((num_nulls(first_number, last_number, next_number) = ANY (ARRAY[0, 3])) AND ((first_number IS NULL) OR ((next_number >= first_number) AND (next_number <= (last_number + (1)::numeric))))))
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
    CONSTRAINT quotas_period_check CHECK ((period ~ '^[0-9]{6}$'::text)),
    CONSTRAINT quotas_sums_check CHECK (((reserved >= (0)::numeric) AND ((used + reserved) <= total)))
);
ALTER TABLE ONLY public.quotas FORCE ROW LEVEL SECURITY;
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
    claimed_until timestamp with time zone
);
ALTER TABLE ONLY public.submissions FORCE ROW LEVEL SECURITY;
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
    CONSTRAINT taxpayers_channel_check CHECK ((channel = ANY (ARRAY['local_blocks'::text, 'assigned_on_issue'::text])))
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
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_secret_key UNIQUE (secret_sha256);
ALTER TABLE ONLY public.buyers
    ADD CONSTRAINT buyers_pkey PRIMARY KEY (tenant_id, name, tax_id);
ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_record_key UNIQUE (topic, partition, "offset");
ALTER TABLE ONLY public.event_sequences
    ADD CONSTRAINT event_sequences_pkey PRIMARY KEY (subject);
ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (tenant_id, route, key);
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (source, subject);
ALTER TABLE ONLY public.invoice_documents
    ADD CONSTRAINT invoice_documents_pkey PRIMARY KEY (tenant_id, invoice_id, format);
ALTER TABLE ONLY public.invoice_views
    ADD CONSTRAINT invoice_views_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_number_key UNIQUE (number);
ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_reference_key UNIQUE (tenant_id, reference);
ALTER TABLE ONLY public.number_blocks
    ADD CONSTRAINT number_blocks_first_key UNIQUE (first_number);
ALTER TABLE ONLY public.number_blocks
    ADD CONSTRAINT number_blocks_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_subject_sequence_key UNIQUE (subject, sequence);
ALTER TABLE ONLY public.quotas
    ADD CONSTRAINT quotas_pkey PRIMARY KEY (tenant_id, taxpayer_id, period);
ALTER TABLE ONLY public.revoked_sessions
    ADD CONSTRAINT revoked_sessions_pkey PRIMARY KEY (session_id);
ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.submissions
    ADD CONSTRAINT submissions_pkey PRIMARY KEY (tenant_id, invoice_id);
ALTER TABLE ONLY public.submissions
    ADD CONSTRAINT submissions_serial_key UNIQUE (serial);
ALTER TABLE ONLY public.taxpayers
    ADD CONSTRAINT taxpayers_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.taxpayers
    ADD CONSTRAINT taxpayers_tax_id_key UNIQUE (tenant_id, tax_id);
ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (tenant_id);
ALTER TABLE ONLY public.timeline_entries
    ADD CONSTRAINT timeline_entries_pkey PRIMARY KEY (tenant_id, invoice_id, event_id);
ALTER TABLE ONLY public.view_backlog
    ADD CONSTRAINT view_backlog_pkey PRIMARY KEY (tenant_id, invoice_id, changed_at);
CREATE INDEX buyers_last_used_idx ON public.buyers USING btree (tenant_id, last_used_at DESC);
CREATE INDEX buyers_tax_id_idx ON public.buyers USING btree (tenant_id, tax_id);
CREATE INDEX dead_letters_waiting_idx ON public.dead_letters USING btree (source, subject, sequence) WHERE (replayed_at IS NULL);
CREATE INDEX idempotency_keys_created_idx ON public.idempotency_keys USING btree (created_at);
CREATE INDEX invoice_views_amount_idx ON public.invoice_views USING btree (tenant_id, amount_with_tax, id);
CREATE INDEX invoice_views_buyer_tax_id_idx ON public.invoice_views USING btree (tenant_id, buyer_tax_id, sort_at DESC);
CREATE INDEX invoice_views_number_idx ON public.invoice_views USING btree (tenant_id, number, id);
CREATE INDEX invoice_views_reference_idx ON public.invoice_views USING btree (tenant_id, reference);
CREATE INDEX invoice_views_sort_idx ON public.invoice_views USING btree (tenant_id, sort_at DESC, id DESC);
CREATE INDEX invoice_views_tags_idx ON public.invoice_views USING gin (tags);
CREATE UNIQUE INDEX invoices_duplicate_key ON public.invoices USING btree (tenant_id, duplicate_key) WHERE (duplicate_key IS NOT NULL);
CREATE INDEX invoices_taxpayer_idx ON public.invoices USING btree (tenant_id, taxpayer_id);
CREATE INDEX number_blocks_taxpayer_idx ON public.number_blocks USING btree (tenant_id, taxpayer_id, year, first_number);
CREATE INDEX outbox_published_idx ON public.outbox USING btree (published_at) WHERE (published_at IS NOT NULL);
CREATE INDEX outbox_unpublished_idx ON public.outbox USING btree (shard, "position") WHERE (published_at IS NULL);
CREATE INDEX submissions_due_idx ON public.submissions USING btree (next_attempt_at);
CREATE UNIQUE INDEX taxpayers_default_key ON public.taxpayers USING btree (tenant_id) WHERE is_default;
ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_taxpayer_fkey FOREIGN KEY (tenant_id, taxpayer_id) REFERENCES public.taxpayers(tenant_id, id);
ALTER TABLE ONLY public.number_blocks
    ADD CONSTRAINT number_blocks_taxpayer_fkey FOREIGN KEY (tenant_id, taxpayer_id) REFERENCES public.taxpayers(tenant_id, id);
ALTER TABLE ONLY public.quotas
    ADD CONSTRAINT quotas_taxpayer_fkey FOREIGN KEY (tenant_id, taxpayer_id) REFERENCES public.taxpayers(tenant_id, id);
ALTER TABLE ONLY public.submissions
    ADD CONSTRAINT submissions_invoice_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES public.invoices(tenant_id, id);
ALTER TABLE public.api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.buyers ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.event_sequences ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoice_documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoice_views ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoices ENABLE ROW LEVEL SECURITY;
CREATE POLICY lookup ON public.api_keys FOR SELECT TO ofp_owner USING (true);
CREATE POLICY lookup ON public.revoked_sessions FOR SELECT TO ofp_owner USING (true);
CREATE POLICY lookup ON public.tenants FOR SELECT TO ofp_owner USING (true);
ALTER TABLE public.number_blocks ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.quotas ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.revoked_sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.submissions ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.taxpayers ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON public.api_keys TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.buyers TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.event_sequences TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.idempotency_keys TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.invoice_documents TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.invoice_views TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.invoices TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.number_blocks TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.outbox TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.quotas TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.revoked_sessions TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.submissions TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.taxpayers TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.tenants TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.timeline_entries TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.view_backlog TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.timeline_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.view_backlog ENABLE ROW LEVEL SECURITY;
CREATE POLICY worker ON public.api_keys TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.buyers TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.event_sequences TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.idempotency_keys TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.invoice_documents TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.invoice_views TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.invoices TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.number_blocks TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.outbox TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.quotas TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.revoked_sessions TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.submissions TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.taxpayers TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.tenants TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.timeline_entries TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.view_backlog TO ofp_worker USING (true) WITH CHECK (true);
GRANT USAGE ON SCHEMA public TO ofp_api;
GRANT USAGE ON SCHEMA public TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.api_keys TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants TO ofp_worker;
REVOKE ALL ON FUNCTION public.find_api_key(wanted_sha256 bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_api_key(wanted_sha256 bytea) TO ofp_api;
GRANT ALL ON FUNCTION public.find_api_key(wanted_sha256 bytea) TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.revoked_sessions TO ofp_worker;
REVOKE ALL ON FUNCTION public.find_session(wanted_tenant uuid, wanted_session uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_session(wanted_tenant uuid, wanted_session uuid) TO ofp_api;
GRANT ALL ON FUNCTION public.find_session(wanted_tenant uuid, wanted_session uuid) TO ofp_worker;
GRANT SELECT ON TABLE public.buyers TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.buyers TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dead_letters TO ofp_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.event_sequences TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.event_sequences TO ofp_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.idempotency_keys TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotency_keys TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.inbox TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.invoice_documents TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invoice_documents TO ofp_worker;
GRANT SELECT ON TABLE public.invoice_views TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invoice_views TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.invoices TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invoices TO ofp_worker;
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
GRANT SELECT ON TABLE public.schema_migrations TO ofp_api;
GRANT SELECT ON TABLE public.schema_migrations TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.submissions TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.submissions TO ofp_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.taxpayers TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.taxpayers TO ofp_worker;
GRANT SELECT ON TABLE public.timeline_entries TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.timeline_entries TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.view_backlog TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.view_backlog TO ofp_worker;
