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
CREATE TABLE public.deliveries (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    channel text NOT NULL,
    recipient text NOT NULL,
    state text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone NOT NULL,
    last_error text,
    message_id text,
    requested_by text NOT NULL,
    correlation_id text NOT NULL,
    traceparent text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    about text DEFAULT 'invoice'::text NOT NULL,
    formats text[],
    attached text[],
    CONSTRAINT deliveries_about_check CHECK ((about = ANY (ARRAY['invoice'::text, 'void'::text]))),
    CONSTRAINT deliveries_channel_check CHECK ((channel = 'email'::text)),
    CONSTRAINT deliveries_sent_check CHECK (((state = 'sent'::text) = (sent_at IS NOT NULL))),
    CONSTRAINT deliveries_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'pending'::text, 'sent'::text, 'failed'::text])))
);
ALTER TABLE ONLY public.deliveries FORCE ROW LEVEL SECURITY;
CREATE TABLE public.event_sequences (
    tenant_id uuid NOT NULL,
    subject uuid NOT NULL,
    last_sequence bigint NOT NULL
);
ALTER TABLE ONLY public.event_sequences FORCE ROW LEVEL SECURITY;
CREATE TABLE public.feed_events (
    tenant_id uuid NOT NULL,
    "position" bigint NOT NULL,
    id uuid NOT NULL,
    source text NOT NULL,
    type text NOT NULL,
    subject uuid NOT NULL,
    sequence bigint NOT NULL,
    "time" timestamp with time zone NOT NULL,
    correlation_id text NOT NULL,
    traceparent text NOT NULL,
    payload bytea NOT NULL
)
WITH (toast_tuple_target='8160');
ALTER TABLE ONLY public.feed_events ALTER COLUMN payload SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.feed_events FORCE ROW LEVEL SECURITY;
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
CREATE TABLE public.inbox_messages (
    tenant_id uuid NOT NULL,
    "position" bigint NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    invoice_id uuid,
    number text,
    reference text NOT NULL,
    title text NOT NULL,
    title_zh text NOT NULL,
    text text NOT NULL,
    text_zh text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT inbox_messages_kind_check CHECK ((kind = ANY (ARRAY['invoice_issued'::text, 'invoice_rejected'::text, 'document_failed'::text, 'delivery_failed'::text, 'connector_login_needed'::text, 'connector_down'::text, 'connector_restored'::text, 'invoice_voided'::text, 'invoice_void_refused'::text, 'export_finished'::text, 'export_failed'::text, 'export_check_failed'::text, 'copy_requested'::text])))
);
ALTER TABLE ONLY public.inbox_messages FORCE ROW LEVEL SECURITY;
CREATE TABLE public.inbox_readers (
    tenant_id uuid NOT NULL,
    reader_id uuid NOT NULL,
    read_up_to bigint NOT NULL
);
ALTER TABLE ONLY public.inbox_readers FORCE ROW LEVEL SECURITY;
CREATE TABLE public.inbox_reads (
    tenant_id uuid NOT NULL,
    reader_id uuid NOT NULL,
    "position" bigint NOT NULL
);
ALTER TABLE ONLY public.inbox_reads FORCE ROW LEVEL SECURITY;
CREATE TABLE public.invoices (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    number text,
    reference text,
    seller_name text,
    buyer_name text,
    amount_with_tax numeric,
    issued_at timestamp with time zone,
    email text,
    pdf_version integer,
    pdf_sha256 text,
    pdf_bucket text,
    pdf_key text,
    pdf_version_id text,
    pdf_offset bigint,
    pdf_length bigint,
    voided_at timestamp with time zone,
    code text DEFAULT ''::text NOT NULL,
    documents jsonb DEFAULT '{}'::jsonb NOT NULL,
    lacks jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT invoices_amount_check CHECK ((scale(amount_with_tax) = 2)),
    CONSTRAINT invoices_facts_check CHECK ((num_nulls(number, reference, seller_name, buyer_name, amount_with_tax, issued_at) = ANY (ARRAY[0, 6]))),
    CONSTRAINT invoices_pdf_check CHECK ((num_nulls(pdf_version, pdf_sha256, pdf_bucket, pdf_key, pdf_version_id, pdf_offset, pdf_length) = ANY (ARRAY[0, 7])))
);
ALTER TABLE ONLY public.invoices FORCE ROW LEVEL SECURITY;
CREATE TABLE public.notices (
    tenant_id uuid NOT NULL,
    event_id uuid NOT NULL,
    user_id uuid NOT NULL,
    subject uuid NOT NULL,
    title text NOT NULL,
    title_zh text NOT NULL,
    text text NOT NULL,
    text_zh text NOT NULL,
    state text DEFAULT 'pending'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone NOT NULL,
    last_error text,
    created_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    ended_at timestamp with time zone,
    CONSTRAINT notices_sent_check CHECK (((state = 'sent'::text) = (sent_at IS NOT NULL))),
    CONSTRAINT notices_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'sent'::text, 'failed'::text, 'withdrawn'::text])))
);
ALTER TABLE ONLY public.notices FORCE ROW LEVEL SECURITY;
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
CREATE TABLE public.schema_migrations (
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.streams (
    tenant_id uuid NOT NULL,
    feed_position bigint DEFAULT 0 NOT NULL,
    inbox_position bigint DEFAULT 0 NOT NULL
);
ALTER TABLE ONLY public.streams FORCE ROW LEVEL SECURITY;
CREATE TABLE public.users (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    email text,
    roles text[] NOT NULL,
    is_active boolean NOT NULL
);
ALTER TABLE ONLY public.users FORCE ROW LEVEL SECURITY;
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_secret_key UNIQUE (secret_sha256);
ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_record_key UNIQUE (topic, partition, "offset");
ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.event_sequences
    ADD CONSTRAINT event_sequences_pkey PRIMARY KEY (subject);
ALTER TABLE ONLY public.feed_events
    ADD CONSTRAINT feed_events_pkey PRIMARY KEY (tenant_id, "position");
ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (tenant_id, route, key);
ALTER TABLE ONLY public.inbox_messages
    ADD CONSTRAINT inbox_messages_id_key UNIQUE (tenant_id, id);
ALTER TABLE ONLY public.inbox_messages
    ADD CONSTRAINT inbox_messages_pkey PRIMARY KEY (tenant_id, "position");
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (source, subject);
ALTER TABLE ONLY public.inbox_readers
    ADD CONSTRAINT inbox_readers_pkey PRIMARY KEY (tenant_id, reader_id);
ALTER TABLE ONLY public.inbox_reads
    ADD CONSTRAINT inbox_reads_pkey PRIMARY KEY (tenant_id, reader_id, "position");
ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.notices
    ADD CONSTRAINT notices_pkey PRIMARY KEY (tenant_id, event_id, user_id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_subject_sequence_key UNIQUE (subject, sequence);
ALTER TABLE ONLY public.revoked_sessions
    ADD CONSTRAINT revoked_sessions_pkey PRIMARY KEY (session_id);
ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.streams
    ADD CONSTRAINT streams_pkey PRIMARY KEY (tenant_id);
ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (tenant_id);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (tenant_id, id);
CREATE INDEX dead_letters_waiting_idx ON public.dead_letters USING btree (source, subject, sequence) WHERE (replayed_at IS NULL);
CREATE INDEX deliveries_due_idx ON public.deliveries USING btree (next_attempt_at) WHERE (state = 'pending'::text);
CREATE INDEX deliveries_invoice_idx ON public.deliveries USING btree (tenant_id, invoice_id);
CREATE INDEX deliveries_state_idx ON public.deliveries USING btree (tenant_id, state, id);
CREATE INDEX idempotency_keys_created_idx ON public.idempotency_keys USING btree (created_at);
CREATE INDEX notices_due_idx ON public.notices USING btree (next_attempt_at) WHERE (state = 'pending'::text);
CREATE INDEX notices_subject_idx ON public.notices USING btree (tenant_id, subject) WHERE (ended_at IS NULL);
CREATE INDEX notices_user_idx ON public.notices USING btree (tenant_id, user_id);
CREATE INDEX outbox_published_idx ON public.outbox USING btree (published_at) WHERE (published_at IS NOT NULL);
CREATE INDEX outbox_unpublished_idx ON public.outbox USING btree (shard, "position") WHERE (published_at IS NULL);
ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_invoice_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES public.invoices(tenant_id, id);
ALTER TABLE ONLY public.notices
    ADD CONSTRAINT notices_user_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id);
ALTER TABLE public.api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.event_sequences ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.feed_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.inbox_messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.inbox_readers ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.inbox_reads ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoices ENABLE ROW LEVEL SECURITY;
CREATE POLICY lookup ON public.api_keys FOR SELECT TO ofp_owner USING (true);
CREATE POLICY lookup ON public.revoked_sessions FOR SELECT TO ofp_owner USING (true);
CREATE POLICY lookup ON public.tenants FOR SELECT TO ofp_owner USING (true);
ALTER TABLE public.notices ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.revoked_sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.streams ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON public.api_keys TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.deliveries TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.event_sequences TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.feed_events TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.idempotency_keys TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.inbox_messages TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.inbox_readers TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.inbox_reads TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.invoices TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.notices TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.outbox TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.revoked_sessions TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.streams TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.tenants TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.users TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;
CREATE POLICY worker ON public.api_keys TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.deliveries TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.event_sequences TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.feed_events TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.idempotency_keys TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.inbox_messages TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.inbox_readers TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.inbox_reads TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.invoices TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.notices TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.outbox TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.revoked_sessions TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.streams TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.tenants TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.users TO ofp_worker USING (true) WITH CHECK (true);
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
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dead_letters TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.deliveries TO ofp_api;
GRANT SELECT,INSERT,UPDATE ON TABLE public.deliveries TO ofp_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.event_sequences TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.event_sequences TO ofp_worker;
GRANT SELECT ON TABLE public.feed_events TO ofp_api;
GRANT INSERT ON TABLE public.feed_events TO ofp_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.idempotency_keys TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotency_keys TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.inbox TO ofp_worker;
GRANT SELECT ON TABLE public.inbox_messages TO ofp_api;
GRANT INSERT ON TABLE public.inbox_messages TO ofp_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.inbox_readers TO ofp_api;
GRANT SELECT,INSERT,DELETE ON TABLE public.inbox_reads TO ofp_api;
GRANT SELECT ON TABLE public.invoices TO ofp_api;
GRANT SELECT,INSERT,UPDATE ON TABLE public.invoices TO ofp_worker;
GRANT UPDATE(id) ON TABLE public.invoices TO ofp_api;
GRANT SELECT,INSERT,UPDATE ON TABLE public.notices TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.outbox TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.outbox TO ofp_worker;
GRANT SELECT ON TABLE public.schema_migrations TO ofp_api;
GRANT SELECT ON TABLE public.schema_migrations TO ofp_worker;
GRANT SELECT ON TABLE public.streams TO ofp_api;
GRANT SELECT,INSERT,UPDATE ON TABLE public.streams TO ofp_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.users TO ofp_worker;
