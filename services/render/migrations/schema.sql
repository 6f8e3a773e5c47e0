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
CREATE TABLE public.documents (
    tenant_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    format text NOT NULL,
    version integer NOT NULL,
    state text NOT NULL,
    claimed_until timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    sha256 text,
    size integer,
    bucket text,
    object_key text,
    object_version_id text,
    object_offset bigint,
    reason text,
    reason_zh text,
    mark text,
    redrawn_for text,
    redrawn_by text,
    sealed_on date,
    leaf_index integer,
    attempts integer DEFAULT 0 NOT NULL,
    CONSTRAINT documents_format_check CHECK ((format = ANY (ARRAY['xml'::text, 'pdf'::text, 'ofd'::text, 'json'::text, 'ubl'::text]))),
    CONSTRAINT documents_mark_check CHECK ((mark = 'voided'::text)),
    CONSTRAINT documents_redrawn_check CHECK ((num_nulls(redrawn_for, redrawn_by) = ANY (ARRAY[0, 2]))),
    CONSTRAINT documents_sealed_check CHECK (((num_nonnulls(sealed_on, leaf_index) = 0) OR ((num_nulls(sealed_on, leaf_index) = 0) AND (state = 'ready'::text)))),
    CONSTRAINT documents_state_check CHECK (
CASE state
    WHEN 'pending'::text THEN (num_nonnulls(finished_at, sha256, size, bucket, object_key, object_version_id, object_offset, reason, reason_zh) = 0)
    WHEN 'ready'::text THEN ((num_nulls(finished_at, sha256, size, bucket, object_key, object_version_id, object_offset) = 0) AND (num_nonnulls(reason, reason_zh) = 0))
    WHEN 'failed'::text THEN (num_nulls(finished_at, reason, reason_zh) = 0)
    ELSE false
END),
    CONSTRAINT documents_version_check CHECK ((version >= 1))
);
ALTER TABLE ONLY public.documents FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.find_document_owner(wanted_sha256 text) RETURNS TABLE(tenant_id uuid, invoice_id uuid, format text, version integer)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    BEGIN ATOMIC
 SELECT d.tenant_id,
     d.invoice_id,
     d.format,
     d.version
    FROM public.documents d
   WHERE ((d.sha256 = find_document_owner.wanted_sha256) AND (d.state = 'ready'::text))
  LIMIT 1;
END;
CREATE TABLE public.invoices (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    number text NOT NULL,
    reference text NOT NULL,
    seller_name text NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    body bytea NOT NULL,
    correlation_id text NOT NULL,
    traceparent text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    code text
);
ALTER TABLE ONLY public.invoices FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.find_invoice_owner(wanted_code text, wanted_number text) RETURNS TABLE(tenant_id uuid, invoice_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    BEGIN ATOMIC
 SELECT i.tenant_id,
     i.id
    FROM public.invoices i
   WHERE ((i.number = find_invoice_owner.wanted_number) AND (COALESCE(i.code, ''::text) = find_invoice_owner.wanted_code))
  LIMIT 1;
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
CREATE TABLE public.day_roots (
    tenant_id uuid NOT NULL,
    day date NOT NULL,
    documents integer NOT NULL,
    root bytea NOT NULL,
    previous bytea,
    payload bytea NOT NULL,
    key_id text NOT NULL,
    signature bytea NOT NULL,
    tile_roots bytea NOT NULL,
    sealed_at timestamp with time zone NOT NULL,
    CONSTRAINT day_roots_documents_check CHECK ((documents > 0)),
    CONSTRAINT day_roots_root_check CHECK (((octet_length(root) = 32) AND (octet_length(previous) = 32)))
);
ALTER TABLE ONLY public.day_roots FORCE ROW LEVEL SECURITY;
CREATE TABLE public.day_tiles (
    tenant_id uuid NOT NULL,
    day date NOT NULL,
    tile integer NOT NULL,
    leaves bytea NOT NULL,
    CONSTRAINT day_tiles_leaves_check CHECK ((((octet_length(leaves) >= 32) AND (octet_length(leaves) <= 8192)) AND ((octet_length(leaves) % 32) = 0)))
);
ALTER TABLE ONLY public.day_tiles FORCE ROW LEVEL SECURITY;
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
CREATE TABLE public.downloads (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    format text NOT NULL,
    version integer NOT NULL,
    actor text NOT NULL,
    via text NOT NULL,
    request_id text NOT NULL,
    downloaded_at timestamp with time zone NOT NULL,
    CONSTRAINT downloads_via_check CHECK ((via = ANY (ARRAY['credential'::text, 'link'::text, 'support'::text, 'print'::text])))
);
ALTER TABLE ONLY public.downloads FORCE ROW LEVEL SECURITY;
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
CREATE TABLE public.objects (
    tenant_id uuid NOT NULL,
    object_key text NOT NULL,
    object_version_id text NOT NULL,
    bucket text NOT NULL,
    locked_until timestamp with time zone NOT NULL,
    term_starts_at timestamp with time zone NOT NULL,
    retain_until timestamp with time zone NOT NULL,
    next_attempt_at timestamp with time zone NOT NULL,
    CONSTRAINT objects_retained_check CHECK ((locked_until <= retain_until))
);
ALTER TABLE ONLY public.objects FORCE ROW LEVEL SECURITY;
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
CREATE TABLE public.printer_changes (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    profile text,
    dx numeric,
    dy numeric,
    actor text NOT NULL,
    request_id text NOT NULL,
    changed_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.printer_changes FORCE ROW LEVEL SECURITY;
CREATE TABLE public.printers (
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    profile text NOT NULL,
    dx numeric NOT NULL,
    dy numeric NOT NULL,
    version integer NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    updated_by text NOT NULL,
    CONSTRAINT printers_name_check CHECK (((length(name) >= 1) AND (length(name) <= 64))),
    CONSTRAINT printers_offset_check CHECK (((abs(dx) <= (20)::numeric) AND (abs(dy) <= (20)::numeric) AND (scale(dx) <= 2) AND (scale(dy) <= 2)))
);
ALTER TABLE ONLY public.printers FORCE ROW LEVEL SECURITY;
CREATE TABLE public.puts (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    bucket text NOT NULL,
    object_key text NOT NULL,
    locked_until timestamp with time zone NOT NULL,
    swept_at timestamp with time zone
);
ALTER TABLE ONLY public.puts FORCE ROW LEVEL SECURITY;
CREATE TABLE public.retention_choices (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    years integer NOT NULL,
    actor text NOT NULL,
    request_id text NOT NULL,
    chosen_at timestamp with time zone NOT NULL,
    applied_at timestamp with time zone,
    CONSTRAINT retention_choices_years_check CHECK (((years >= 1) AND (years <= 100)))
);
ALTER TABLE ONLY public.retention_choices FORCE ROW LEVEL SECURITY;
CREATE TABLE public.reversals (
    tenant_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    reversal text NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT reversals_reversal_check CHECK ((reversal = ANY (ARRAY['partial'::text, 'full'::text])))
);
ALTER TABLE ONLY public.reversals FORCE ROW LEVEL SECURITY;
CREATE TABLE public.schema_migrations (
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.seal_keys (
    id text NOT NULL,
    x text NOT NULL,
    first_used_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_secret_key UNIQUE (secret_sha256);
ALTER TABLE ONLY public.day_roots
    ADD CONSTRAINT day_roots_pkey PRIMARY KEY (tenant_id, day);
ALTER TABLE ONLY public.day_tiles
    ADD CONSTRAINT day_tiles_pkey PRIMARY KEY (tenant_id, day, tile);
ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_record_key UNIQUE (topic, partition, "offset");
ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_pkey PRIMARY KEY (tenant_id, invoice_id, format, version);
ALTER TABLE ONLY public.downloads
    ADD CONSTRAINT downloads_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.event_sequences
    ADD CONSTRAINT event_sequences_pkey PRIMARY KEY (subject);
ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (tenant_id, route, key);
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (source, subject);
ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.objects
    ADD CONSTRAINT objects_pkey PRIMARY KEY (tenant_id, object_key, object_version_id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_subject_sequence_key UNIQUE (subject, sequence);
ALTER TABLE ONLY public.printer_changes
    ADD CONSTRAINT printer_changes_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.printers
    ADD CONSTRAINT printers_pkey PRIMARY KEY (tenant_id, name);
ALTER TABLE ONLY public.puts
    ADD CONSTRAINT puts_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.retention_choices
    ADD CONSTRAINT retention_choices_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.reversals
    ADD CONSTRAINT reversals_pkey PRIMARY KEY (tenant_id, invoice_id);
ALTER TABLE ONLY public.revoked_sessions
    ADD CONSTRAINT revoked_sessions_pkey PRIMARY KEY (session_id);
ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.seal_keys
    ADD CONSTRAINT seal_keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (tenant_id);
CREATE INDEX dead_letters_waiting_idx ON public.dead_letters USING btree (source, subject, sequence) WHERE (replayed_at IS NULL);
CREATE INDEX documents_pending_idx ON public.documents USING btree (tenant_id, claimed_until, invoice_id) WHERE (state = 'pending'::text);
CREATE INDEX documents_sha256_idx ON public.documents USING hash (sha256) WHERE (state = 'ready'::text);
CREATE INDEX documents_unsealed_idx ON public.documents USING btree (tenant_id, invoice_id, format, version) WHERE ((state = 'ready'::text) AND (sealed_on IS NULL));
CREATE INDEX downloads_document_idx ON public.downloads USING btree (tenant_id, invoice_id, format, version);
CREATE INDEX idempotency_keys_created_idx ON public.idempotency_keys USING btree (created_at);
CREATE INDEX invoices_number_idx ON public.invoices USING btree (number);
CREATE INDEX objects_extension_idx ON public.objects USING btree (next_attempt_at) WHERE (locked_until < retain_until);
CREATE INDEX outbox_published_idx ON public.outbox USING btree (published_at) WHERE (published_at IS NOT NULL);
CREATE INDEX outbox_unpublished_idx ON public.outbox USING btree (shard, "position") WHERE (published_at IS NULL);
CREATE INDEX puts_locked_idx ON public.puts USING btree (locked_until);
CREATE INDEX retention_choices_waiting_idx ON public.retention_choices USING btree (chosen_at) WHERE (applied_at IS NULL);
ALTER TABLE ONLY public.day_tiles
    ADD CONSTRAINT day_tiles_root_fkey FOREIGN KEY (tenant_id, day) REFERENCES public.day_roots(tenant_id, day) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_invoice_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES public.invoices(tenant_id, id);
ALTER TABLE ONLY public.downloads
    ADD CONSTRAINT downloads_document_fkey FOREIGN KEY (tenant_id, invoice_id, format, version) REFERENCES public.documents(tenant_id, invoice_id, format, version);
ALTER TABLE public.api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.day_roots ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.day_tiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.downloads ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.event_sequences ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoices ENABLE ROW LEVEL SECURITY;
CREATE POLICY lookup ON public.api_keys FOR SELECT TO ofp_owner USING (true);
CREATE POLICY lookup ON public.documents FOR SELECT TO ofp_owner USING (true);
CREATE POLICY lookup ON public.invoices FOR SELECT TO ofp_owner USING (true);
CREATE POLICY lookup ON public.revoked_sessions FOR SELECT TO ofp_owner USING (true);
CREATE POLICY lookup ON public.tenants FOR SELECT TO ofp_owner USING (true);
ALTER TABLE public.objects ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.printer_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.printers ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.puts ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.retention_choices ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.reversals ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.revoked_sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON public.api_keys TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.day_roots TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.day_tiles TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.documents TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.downloads TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.event_sequences TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.idempotency_keys TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.invoices TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.objects TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.outbox TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.printer_changes TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.printers TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.puts TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.retention_choices TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.reversals TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.revoked_sessions TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.tenants TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;
CREATE POLICY worker ON public.api_keys TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.day_roots TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.day_tiles TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.documents TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.downloads TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.event_sequences TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.idempotency_keys TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.invoices TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.objects TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.outbox TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.printer_changes TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.printers TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.puts TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.retention_choices TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.reversals TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.revoked_sessions TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.tenants TO ofp_worker USING (true) WITH CHECK (true);
GRANT USAGE ON SCHEMA public TO ofp_api;
GRANT USAGE ON SCHEMA public TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.api_keys TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants TO ofp_worker;
REVOKE ALL ON FUNCTION public.find_api_key(wanted_sha256 bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_api_key(wanted_sha256 bytea) TO ofp_api;
GRANT ALL ON FUNCTION public.find_api_key(wanted_sha256 bytea) TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.documents TO ofp_api;
GRANT SELECT,INSERT,UPDATE ON TABLE public.documents TO ofp_worker;
REVOKE ALL ON FUNCTION public.find_document_owner(wanted_sha256 text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_document_owner(wanted_sha256 text) TO ofp_api;
GRANT SELECT ON TABLE public.invoices TO ofp_api;
GRANT SELECT,INSERT ON TABLE public.invoices TO ofp_worker;
REVOKE ALL ON FUNCTION public.find_invoice_owner(wanted_code text, wanted_number text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_invoice_owner(wanted_code text, wanted_number text) TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.revoked_sessions TO ofp_worker;
REVOKE ALL ON FUNCTION public.find_session(wanted_tenant uuid, wanted_session uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_session(wanted_tenant uuid, wanted_session uuid) TO ofp_api;
GRANT ALL ON FUNCTION public.find_session(wanted_tenant uuid, wanted_session uuid) TO ofp_worker;
GRANT SELECT ON TABLE public.day_roots TO ofp_api;
GRANT SELECT,INSERT ON TABLE public.day_roots TO ofp_worker;
GRANT SELECT ON TABLE public.day_tiles TO ofp_api;
GRANT SELECT,INSERT ON TABLE public.day_tiles TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dead_letters TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.downloads TO ofp_api;
GRANT SELECT,INSERT,UPDATE ON TABLE public.event_sequences TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.event_sequences TO ofp_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.idempotency_keys TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotency_keys TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.inbox TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.objects TO ofp_worker;
GRANT UPDATE(locked_until) ON TABLE public.objects TO ofp_worker;
GRANT UPDATE(retain_until) ON TABLE public.objects TO ofp_worker;
GRANT UPDATE(next_attempt_at) ON TABLE public.objects TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.outbox TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.outbox TO ofp_worker;
GRANT INSERT ON TABLE public.printer_changes TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.printers TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.puts TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.retention_choices TO ofp_api;
GRANT SELECT ON TABLE public.retention_choices TO ofp_worker;
GRANT UPDATE(applied_at) ON TABLE public.retention_choices TO ofp_worker;
GRANT SELECT ON TABLE public.reversals TO ofp_api;
GRANT SELECT,INSERT,UPDATE ON TABLE public.reversals TO ofp_worker;
GRANT SELECT ON TABLE public.schema_migrations TO ofp_api;
GRANT SELECT ON TABLE public.schema_migrations TO ofp_worker;
GRANT SELECT ON TABLE public.seal_keys TO ofp_api;
GRANT SELECT,INSERT ON TABLE public.seal_keys TO ofp_worker;
