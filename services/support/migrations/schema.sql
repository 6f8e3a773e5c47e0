CREATE FUNCTION public.current_tenant() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid;
CREATE TABLE public.agent_accesses (
    tenant_id uuid,
    id bigint NOT NULL,
    agent text NOT NULL,
    ticket_id uuid,
    action text NOT NULL,
    request_id text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE ONLY public.agent_accesses FORCE ROW LEVEL SECURITY;
CREATE TABLE public.tickets (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    number integer NOT NULL,
    category text NOT NULL,
    title text NOT NULL,
    text text NOT NULL,
    state text NOT NULL,
    invoice_id uuid,
    opened_by text NOT NULL,
    opened_by_name text NOT NULL,
    agent_id uuid,
    agent_name text,
    resolution text,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    CONSTRAINT tickets_category_check CHECK ((category = ANY (ARRAY['invoice'::text, 'document'::text, 'delivery'::text, 'sign_in'::text, 'printing'::text, 'other'::text, 'promise'::text]))),
    CONSTRAINT tickets_closed_check CHECK (((state = 'closed'::text) = (closed_at IS NOT NULL))),
    CONSTRAINT tickets_state_check CHECK ((state = ANY (ARRAY['open'::text, 'waiting_agent'::text, 'waiting_customer'::text, 'closed'::text]))),
    CONSTRAINT tickets_text_check CHECK (((char_length(text) >= 1) AND (char_length(text) <= 5000))),
    CONSTRAINT tickets_title_check CHECK (((char_length(title) >= 1) AND (char_length(title) <= 200)))
);
ALTER TABLE ONLY public.tickets FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.enter_ticket(asked_by text, wanted_ticket uuid, wanted_action text, asking_request text) RETURNS uuid
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    BEGIN ATOMIC
 INSERT INTO public.agent_accesses (tenant_id, agent, ticket_id, action, request_id)
   VALUES (( SELECT k.tenant_id
            FROM public.tickets k
           WHERE (k.id = enter_ticket.wanted_ticket)), enter_ticket.asked_by, enter_ticket.wanted_ticket, enter_ticket.wanted_action, enter_ticket.asking_request);
 SELECT k.tenant_id
    FROM public.tickets k
   WHERE (k.id = enter_ticket.wanted_ticket);
END;
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
CREATE TABLE public.invoice_facts (
    tenant_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    number text,
    reference text,
    kind text,
    buyer_name text,
    total numeric(18,2),
    status text,
    authority_state text,
    expected_final_by timestamp with time zone,
    is_final boolean DEFAULT false NOT NULL,
    documents jsonb DEFAULT '{}'::jsonb NOT NULL,
    deliveries jsonb DEFAULT '{}'::jsonb NOT NULL,
    last_problem text,
    last_problem_zh text,
    last_problem_at timestamp with time zone,
    is_watched boolean DEFAULT false NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    taxpayer_id uuid,
    CONSTRAINT invoice_facts_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'issued'::text, 'rejected'::text, 'voided'::text]))),
    CONSTRAINT invoice_facts_watched_check CHECK (((NOT is_watched) OR ((expected_final_by IS NOT NULL) AND (NOT is_final))))
);
ALTER TABLE ONLY public.invoice_facts FORCE ROW LEVEL SECURITY;
CREATE VIEW public.ticket_summaries WITH (security_invoker='true') AS
 SELECT k.tenant_id,
    t.name AS tenant_name,
    k.id,
    k.number,
    k.category,
    k.title,
    k.state,
    k.invoice_id,
    f.number AS invoice_number,
    f.reference AS invoice_reference,
    f.status AS invoice_status,
    f.authority_state AS invoice_authority_state,
    k.agent_id,
    k.agent_name,
    k.version,
    k.created_at,
    k.updated_at
   FROM ((public.tickets k
     LEFT JOIN public.tenants t ON ((t.tenant_id = k.tenant_id)))
     LEFT JOIN public.invoice_facts f ON (((f.tenant_id = k.tenant_id) AND (f.invoice_id = k.invoice_id))));
CREATE FUNCTION public.list_all_tickets(asked_by text, asking_request text, wanted_state text, wanted_invoice uuid, wanted_number text, before_id uuid, most integer) RETURNS SETOF public.ticket_summaries
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    BEGIN ATOMIC
 INSERT INTO public.agent_accesses (agent, action, request_id)
   VALUES (list_all_tickets.asked_by, 'list'::text, list_all_tickets.asking_request);
 SELECT s.tenant_id,
     s.tenant_name,
     s.id,
     s.number,
     s.category,
     s.title,
     s.state,
     s.invoice_id,
     s.invoice_number,
     s.invoice_reference,
     s.invoice_status,
     s.invoice_authority_state,
     s.agent_id,
     s.agent_name,
     s.version,
     s.created_at,
     s.updated_at
    FROM public.ticket_summaries s
   WHERE (((list_all_tickets.wanted_state IS NULL) OR (s.state = list_all_tickets.wanted_state)) AND ((list_all_tickets.wanted_invoice IS NULL) OR (s.invoice_id = list_all_tickets.wanted_invoice)) AND ((list_all_tickets.wanted_number IS NULL) OR (s.invoice_number = list_all_tickets.wanted_number)) AND ((list_all_tickets.before_id IS NULL) OR (s.id < list_all_tickets.before_id)))
   ORDER BY s.id DESC
  LIMIT list_all_tickets.most;
END;
ALTER TABLE public.agent_accesses ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.agent_accesses_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.connectors (
    tenant_id uuid NOT NULL,
    taxpayer_id uuid NOT NULL,
    seller_name text NOT NULL,
    state text NOT NULL,
    since timestamp with time zone NOT NULL,
    ticket_id uuid,
    CONSTRAINT connectors_ticket_check CHECK (((ticket_id IS NULL) OR (state <> 'ok'::text)))
);
ALTER TABLE ONLY public.connectors FORCE ROW LEVEL SECURITY;
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
CREATE TABLE public.ticket_changes (
    tenant_id uuid NOT NULL,
    ticket_id uuid NOT NULL,
    version integer NOT NULL,
    change text NOT NULL,
    state text NOT NULL,
    actor text NOT NULL,
    actor_name text NOT NULL,
    note text NOT NULL,
    request_id text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT ticket_changes_change_check CHECK ((change = ANY (ARRAY['opened'::text, 'replied'::text, 'noted'::text, 'assigned'::text, 'closed'::text, 'reopened'::text, 'copy_requested'::text])))
);
ALTER TABLE ONLY public.ticket_changes FORCE ROW LEVEL SECURITY;
CREATE TABLE public.ticket_counters (
    tenant_id uuid NOT NULL,
    last_number integer NOT NULL
);
ALTER TABLE ONLY public.ticket_counters FORCE ROW LEVEL SECURITY;
CREATE TABLE public.ticket_replies (
    tenant_id uuid NOT NULL,
    ticket_id uuid NOT NULL,
    id uuid NOT NULL,
    author text NOT NULL,
    author_name text NOT NULL,
    is_agent boolean NOT NULL,
    is_internal boolean NOT NULL,
    text text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT ticket_replies_internal_check CHECK ((is_agent OR (NOT is_internal))),
    CONSTRAINT ticket_replies_text_check CHECK (((char_length(text) >= 1) AND (char_length(text) <= 5000)))
);
ALTER TABLE ONLY public.ticket_replies FORCE ROW LEVEL SECURITY;
CREATE TABLE public.users (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    username text NOT NULL,
    display_name text NOT NULL,
    is_agent boolean NOT NULL,
    is_active boolean NOT NULL
);
ALTER TABLE ONLY public.users FORCE ROW LEVEL SECURITY;
ALTER TABLE ONLY public.agent_accesses
    ADD CONSTRAINT agent_accesses_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_secret_key UNIQUE (secret_sha256);
ALTER TABLE ONLY public.connectors
    ADD CONSTRAINT connectors_pkey PRIMARY KEY (tenant_id, taxpayer_id);
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
ALTER TABLE ONLY public.invoice_facts
    ADD CONSTRAINT invoice_facts_pkey PRIMARY KEY (tenant_id, invoice_id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_subject_sequence_key UNIQUE (subject, sequence);
ALTER TABLE ONLY public.revoked_sessions
    ADD CONSTRAINT revoked_sessions_pkey PRIMARY KEY (session_id);
ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (tenant_id);
ALTER TABLE ONLY public.ticket_changes
    ADD CONSTRAINT ticket_changes_pkey PRIMARY KEY (tenant_id, ticket_id, version);
ALTER TABLE ONLY public.ticket_counters
    ADD CONSTRAINT ticket_counters_pkey PRIMARY KEY (tenant_id);
ALTER TABLE ONLY public.ticket_replies
    ADD CONSTRAINT ticket_replies_pkey PRIMARY KEY (tenant_id, ticket_id, id);
ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_id_key UNIQUE (id);
ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_number_key UNIQUE (tenant_id, number);
ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (tenant_id, id);
CREATE INDEX agent_accesses_ticket_idx ON public.agent_accesses USING btree (ticket_id, id);
CREATE INDEX connectors_ticket_idx ON public.connectors USING btree (tenant_id, ticket_id);
CREATE INDEX dead_letters_waiting_idx ON public.dead_letters USING btree (source, subject, sequence) WHERE (replayed_at IS NULL);
CREATE INDEX idempotency_keys_created_idx ON public.idempotency_keys USING btree (created_at);
CREATE INDEX invoice_facts_due_idx ON public.invoice_facts USING btree (expected_final_by) WHERE is_watched;
CREATE INDEX invoice_facts_number_idx ON public.invoice_facts USING btree (tenant_id, number);
CREATE INDEX invoice_facts_watched_idx ON public.invoice_facts USING btree (tenant_id, taxpayer_id) WHERE is_watched;
CREATE INDEX outbox_published_idx ON public.outbox USING btree (published_at) WHERE (published_at IS NOT NULL);
CREATE INDEX outbox_unpublished_idx ON public.outbox USING btree (shard, "position") WHERE (published_at IS NULL);
CREATE INDEX tickets_invoice_idx ON public.tickets USING btree (tenant_id, invoice_id);
CREATE UNIQUE INDEX tickets_promise_key ON public.tickets USING btree (tenant_id, invoice_id) WHERE ((category = 'promise'::text) AND (state <> 'closed'::text));
CREATE INDEX tickets_state_idx ON public.tickets USING btree (state, id);
CREATE INDEX users_username_idx ON public.users USING btree (tenant_id, username);
ALTER TABLE ONLY public.connectors
    ADD CONSTRAINT connectors_ticket_fkey FOREIGN KEY (tenant_id, ticket_id) REFERENCES public.tickets(tenant_id, id);
ALTER TABLE ONLY public.ticket_changes
    ADD CONSTRAINT ticket_changes_ticket_fkey FOREIGN KEY (tenant_id, ticket_id) REFERENCES public.tickets(tenant_id, id);
ALTER TABLE ONLY public.ticket_replies
    ADD CONSTRAINT ticket_replies_ticket_fkey FOREIGN KEY (tenant_id, ticket_id) REFERENCES public.tickets(tenant_id, id);
ALTER TABLE public.agent_accesses ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.connectors ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.event_sequences ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoice_facts ENABLE ROW LEVEL SECURITY;
CREATE POLICY lookup ON public.api_keys FOR SELECT TO ofp_owner USING (true);
CREATE POLICY lookup ON public.invoice_facts FOR SELECT TO ofp_owner USING (true);
CREATE POLICY lookup ON public.revoked_sessions FOR SELECT TO ofp_owner USING (true);
CREATE POLICY lookup ON public.tenants FOR SELECT TO ofp_owner USING (true);
CREATE POLICY lookup ON public.tickets FOR SELECT TO ofp_owner USING (true);
ALTER TABLE public.outbox ENABLE ROW LEVEL SECURITY;
CREATE POLICY record ON public.agent_accesses FOR INSERT TO ofp_owner WITH CHECK (true);
ALTER TABLE public.revoked_sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON public.agent_accesses FOR SELECT TO ofp_api USING ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.api_keys TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.connectors TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.event_sequences TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.idempotency_keys TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.invoice_facts TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.outbox TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.revoked_sessions TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.tenants TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.ticket_changes TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.ticket_counters TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.ticket_replies TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.tickets TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
CREATE POLICY tenant ON public.users TO ofp_api USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));
ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.ticket_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.ticket_counters ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.ticket_replies ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tickets ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;
CREATE POLICY worker ON public.agent_accesses TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.api_keys TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.connectors TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.event_sequences TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.idempotency_keys TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.invoice_facts TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.outbox TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.revoked_sessions TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.tenants TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.ticket_changes TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.ticket_counters TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.ticket_replies TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.tickets TO ofp_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON public.users TO ofp_worker USING (true) WITH CHECK (true);
GRANT USAGE ON SCHEMA public TO ofp_api;
GRANT USAGE ON SCHEMA public TO ofp_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.tickets TO ofp_api;
GRANT SELECT,INSERT,UPDATE ON TABLE public.tickets TO ofp_worker;
REVOKE ALL ON FUNCTION public.enter_ticket(asked_by text, wanted_ticket uuid, wanted_action text, asking_request text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.enter_ticket(asked_by text, wanted_ticket uuid, wanted_action text, asking_request text) TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.api_keys TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants TO ofp_worker;
GRANT SELECT ON TABLE public.tenants TO ofp_api;
REVOKE ALL ON FUNCTION public.find_api_key(wanted_sha256 bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_api_key(wanted_sha256 bytea) TO ofp_api;
GRANT ALL ON FUNCTION public.find_api_key(wanted_sha256 bytea) TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.revoked_sessions TO ofp_worker;
REVOKE ALL ON FUNCTION public.find_session(wanted_tenant uuid, wanted_session uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_session(wanted_tenant uuid, wanted_session uuid) TO ofp_api;
GRANT ALL ON FUNCTION public.find_session(wanted_tenant uuid, wanted_session uuid) TO ofp_worker;
GRANT SELECT ON TABLE public.invoice_facts TO ofp_api;
GRANT SELECT,INSERT,UPDATE ON TABLE public.invoice_facts TO ofp_worker;
GRANT SELECT ON TABLE public.ticket_summaries TO ofp_api;
REVOKE ALL ON FUNCTION public.list_all_tickets(asked_by text, asking_request text, wanted_state text, wanted_invoice uuid, wanted_number text, before_id uuid, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_all_tickets(asked_by text, asking_request text, wanted_state text, wanted_invoice uuid, wanted_number text, before_id uuid, most integer) TO ofp_api;
GRANT SELECT,INSERT,UPDATE ON TABLE public.connectors TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dead_letters TO ofp_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.event_sequences TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.event_sequences TO ofp_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.idempotency_keys TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotency_keys TO ofp_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.inbox TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.outbox TO ofp_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.outbox TO ofp_worker;
GRANT SELECT ON TABLE public.schema_migrations TO ofp_api;
GRANT SELECT ON TABLE public.schema_migrations TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.ticket_changes TO ofp_api;
GRANT SELECT,INSERT ON TABLE public.ticket_changes TO ofp_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.ticket_counters TO ofp_api;
GRANT SELECT,INSERT,UPDATE ON TABLE public.ticket_counters TO ofp_worker;
GRANT SELECT,INSERT ON TABLE public.ticket_replies TO ofp_api;
GRANT SELECT,INSERT ON TABLE public.ticket_replies TO ofp_worker;
GRANT SELECT ON TABLE public.users TO ofp_api;
GRANT SELECT,INSERT,UPDATE ON TABLE public.users TO ofp_worker;
