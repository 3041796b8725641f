-- A database with data at migration 27, the last before sql/tables, as pg_dump 15 wrote it.

set check_function_bodies = false;

CREATE FUNCTION public.erc8004_agent_stats_answer(agent uuid) RETURNS SETOF text
    LANGUAGE plpgsql STABLE
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
begin
  return query
  select row_to_json(answer)::text
  from (
    select
      v.agent_uuid,
      v.agent_id::text as agent_id,
      v.chain,
      v.registry_address,
      v.owner_address,
      v.status,
      v.claimed,
      erc8004_timestamp(v.registered_at) as registered_at,
      erc8004_timestamp(v.last_activity_at) as last_activity_at,
      v.total_feedback,
      v.average_score::float8 as average_score,
      v.positive_feedback,
      v.negative_feedback,
      v.revoked_feedback,
      v.unscored_feedback,
      v.unique_clients,
      erc8004_timestamp(v.last_feedback_at) as last_feedback_at,
      v.total_payments,
      v.total_amount_usdc::numeric(30, 6)::text as total_amount_usdc,
      v.successful_payments,
      v.failed_payments,
      v.avg_payment_amount::numeric(30, 6)::text as avg_payment_amount,
      v.success_rate::float8 as success_rate,
      erc8004_timestamp(v.last_payment_at) as last_payment_at,
      v.unique_endpoints_used,
      v.trust_level,
      erc8004_timestamp(now()) as as_of
    from erc8004_agent_stats_now(agent) as v
  ) as answer;
end;
$$;

CREATE FUNCTION public.erc8004_uuid() RETURNS uuid
    LANGUAGE sql PARALLEL SAFE
    RETURN (encode(((SUBSTRING(int8send((floor((EXTRACT(epoch FROM clock_timestamp()) * (1000)::numeric)))::bigint) FROM 3) || set_byte(set_byte(SUBSTRING(int8send((floor((random() * ('1099511627776'::bigint)::double precision)))::bigint) FROM 4), 0, (112 + (floor((random() * (16)::double precision)))::integer)), 2, (128 + (floor((random() * (64)::double precision)))::integer))) || SUBSTRING(int8send((floor((random() * ('1099511627776'::bigint)::double precision)))::bigint) FROM 4)), 'hex'::text))::uuid;

CREATE TABLE public.erc8004_reputation (
    id uuid DEFAULT public.erc8004_uuid() NOT NULL,
    agent_uuid uuid NOT NULL,
    client_address text NOT NULL,
    value numeric(39,0) NOT NULL,
    value_decimals smallint DEFAULT 0 NOT NULL,
    score numeric(5,2),
    tag1 text,
    tag2 text,
    endpoint text,
    file_uri text,
    file_hash text,
    chain text NOT NULL,
    tx_hash text,
    is_revoked boolean DEFAULT false NOT NULL,
    revoked_at timestamp with time zone,
    revocation_reason text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck__erc8004_reputation__client_address CHECK (((octet_length(client_address) = 42) AND (client_address ~ '^0x[0-9a-f]*$'::text))),
    CONSTRAINT ck__erc8004_reputation__revoked_has_time CHECK ((is_revoked = (revoked_at IS NOT NULL))),
    CONSTRAINT ck__erc8004_reputation__score CHECK (((score >= (0)::numeric) AND (score <= (100)::numeric))),
    CONSTRAINT ck__erc8004_reputation__tags CHECK ((((length(tag1) >= 1) AND (length(tag1) <= 256)) AND ((length(tag2) >= 1) AND (length(tag2) <= 256)))),
    CONSTRAINT ck__erc8004_reputation__value CHECK ((abs(value) <= '100000000000000000000000000000000000000'::numeric)),
    CONSTRAINT ck__erc8004_reputation__value_decimals CHECK (((value_decimals >= 0) AND (value_decimals <= 18)))
);

CREATE FUNCTION public.erc8004_last_feedback_at(agent uuid) RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
 SELECT r.created_at
    FROM public.erc8004_reputation r
   WHERE ((r.agent_uuid = erc8004_last_feedback_at.agent) AND (NOT r.is_revoked))
   ORDER BY r.created_at DESC, r.id DESC
  LIMIT 1;
END;

CREATE TABLE public.erc8004_client_counts (
    agent_uuid uuid NOT NULL,
    client_address text NOT NULL,
    total_feedback bigint NOT NULL,
    scored_feedback bigint NOT NULL,
    score_sum numeric NOT NULL,
    positive_feedback bigint NOT NULL,
    negative_feedback bigint NOT NULL,
    revoked_feedback bigint NOT NULL
);

CREATE TABLE public.erc8004_feedback_changes (
    agent_uuid uuid NOT NULL,
    client_address text NOT NULL,
    sign smallint NOT NULL,
    is_revoked boolean NOT NULL,
    score numeric(5,2),
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT ck__erc8004_feedback_changes__sign CHECK ((sign = ANY (ARRAY['-1'::integer, 1])))
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='10000');

CREATE VIEW public.erc8004_feedback_contributions AS
 SELECT t.agent_uuid,
    t.client_address,
        CASE
            WHEN (NOT t.is_revoked) THEN (t.sign)::integer
            ELSE 0
        END AS total_feedback,
        CASE
            WHEN ((NOT t.is_revoked) AND (t.score IS NOT NULL)) THEN (t.sign)::integer
            ELSE 0
        END AS scored_feedback,
        CASE
            WHEN (NOT t.is_revoked) THEN ((t.sign)::numeric * COALESCE(t.score, (0)::numeric))
            ELSE (0)::numeric
        END AS score_sum,
        CASE
            WHEN ((NOT t.is_revoked) AND (t.score >= (80)::numeric)) THEN (t.sign)::integer
            ELSE 0
        END AS positive_feedback,
        CASE
            WHEN ((NOT t.is_revoked) AND (t.score < (50)::numeric)) THEN (t.sign)::integer
            ELSE 0
        END AS negative_feedback,
        CASE
            WHEN t.is_revoked THEN (t.sign)::integer
            ELSE 0
        END AS revoked_feedback
   FROM public.erc8004_feedback_changes t;

CREATE TABLE public.erc8004_feedback_counts (
    agent_uuid uuid NOT NULL,
    total_feedback bigint NOT NULL,
    scored_feedback bigint NOT NULL,
    score_sum numeric NOT NULL,
    positive_feedback bigint NOT NULL,
    negative_feedback bigint NOT NULL,
    revoked_feedback bigint NOT NULL,
    unique_clients bigint NOT NULL,
    last_feedback_at timestamp with time zone
);

CREATE FUNCTION public.erc8004_feedback_now(agent uuid) RETURNS TABLE(total_feedback bigint, average_score numeric, positive_feedback bigint, negative_feedback bigint, revoked_feedback bigint, unscored_feedback bigint, unique_clients bigint, last_feedback_at timestamp with time zone)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 WITH by_client AS (
          SELECT t.client_address,
             sum(t.total_feedback) AS total_feedback,
             sum(t.scored_feedback) AS scored_feedback,
             sum(t.score_sum) AS score_sum,
             sum(t.positive_feedback) AS positive_feedback,
             sum(t.negative_feedback) AS negative_feedback,
             sum(t.revoked_feedback) AS revoked_feedback
            FROM public.erc8004_feedback_contributions t
           WHERE (t.agent_uuid = erc8004_feedback_now.agent)
           GROUP BY t.client_address
         ), parts AS (
          SELECT f.total_feedback,
             f.scored_feedback,
             f.score_sum,
             f.positive_feedback,
             f.negative_feedback,
             f.revoked_feedback,
             f.unique_clients
            FROM public.erc8004_feedback_counts f
           WHERE (f.agent_uuid = erc8004_feedback_now.agent)
         UNION ALL
          SELECT b.total_feedback,
             b.scored_feedback,
             b.score_sum,
             b.positive_feedback,
             b.negative_feedback,
             b.revoked_feedback,
             ((((COALESCE(c.total_feedback, (0)::bigint) + b.total_feedback) > 0))::integer - ((COALESCE(c.total_feedback, (0)::bigint) > 0))::integer)
            FROM (by_client b
              LEFT JOIN public.erc8004_client_counts c ON (((c.agent_uuid = erc8004_feedback_now.agent) AND (c.client_address = b.client_address))))
         )
  SELECT (COALESCE(sum(p.total_feedback), (0)::numeric))::bigint AS "coalesce",
     round((sum(p.score_sum) / NULLIF(sum(p.scored_feedback), (0)::numeric)), 2) AS round,
     (COALESCE(sum(p.positive_feedback), (0)::numeric))::bigint AS "coalesce",
     (COALESCE(sum(p.negative_feedback), (0)::numeric))::bigint AS "coalesce",
     (COALESCE(sum(p.revoked_feedback), (0)::numeric))::bigint AS "coalesce",
     (COALESCE((sum(p.total_feedback) - sum(p.scored_feedback)), (0)::numeric))::bigint AS "coalesce",
     (COALESCE(sum(p.unique_clients), (0)::numeric))::bigint AS "coalesce",
     public.erc8004_last_feedback_at(erc8004_feedback_now.agent) AS erc8004_last_feedback_at
    FROM parts p;
END;

CREATE TABLE public.erc8004_agent_payments (
    id uuid DEFAULT public.erc8004_uuid() NOT NULL,
    agent_uuid uuid NOT NULL,
    chain text NOT NULL,
    tx_hash text NOT NULL,
    amount_usdc numeric(20,6) NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    endpoint text,
    failure_reason text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    verified_at timestamp with time zone,
    CONSTRAINT ck__erc8004_agent_payments__amount_usdc CHECK ((amount_usdc >= (0)::numeric)),
    CONSTRAINT ck__erc8004_agent_payments__status CHECK ((status = ANY (ARRAY['pending'::text, 'verified'::text, 'failed'::text, 'rejected'::text]))),
    CONSTRAINT ck__erc8004_agent_payments__tx_hash CHECK (((octet_length(tx_hash) = 66) AND (tx_hash ~ '^0x[0-9a-f]*$'::text))),
    CONSTRAINT ck__erc8004_agent_payments__verified_has_time CHECK (((status = 'verified'::text) = (verified_at IS NOT NULL)))
);

CREATE FUNCTION public.erc8004_last_payment_at(agent uuid) RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
 SELECT p.created_at
    FROM public.erc8004_agent_payments p
   WHERE (p.agent_uuid = erc8004_last_payment_at.agent)
   ORDER BY p.created_at DESC, p.id DESC
  LIMIT 1;
END;

CREATE SEQUENCE public.erc8004_local_agent_ids
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE FUNCTION public.erc8004_local_agent_id() RETURNS numeric
    LANGUAGE sql
    RETURN ('115792089237316195423570985008687907853269984665640564039457584007913129639936'::numeric + (nextval('public.erc8004_local_agent_ids'::regclass))::numeric);

CREATE TABLE public.erc8004_endpoint_counts (
    agent_uuid uuid NOT NULL,
    endpoint_hash uuid NOT NULL,
    total_payments bigint NOT NULL
);

CREATE TABLE public.erc8004_payment_changes (
    agent_uuid uuid NOT NULL,
    sign smallint NOT NULL,
    status text NOT NULL,
    amount_usdc numeric(20,6) NOT NULL,
    endpoint text,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT ck__erc8004_payment_changes__sign CHECK ((sign = ANY (ARRAY['-1'::integer, 1])))
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='10000');

CREATE VIEW public.erc8004_payment_contributions AS
 SELECT t.agent_uuid,
    (md5(t.endpoint))::uuid AS endpoint_hash,
    t.sign AS total_payments,
        CASE
            WHEN (t.status = 'verified'::text) THEN (t.sign)::integer
            ELSE 0
        END AS successful_payments,
        CASE
            WHEN (t.status = ANY (ARRAY['failed'::text, 'rejected'::text])) THEN (t.sign)::integer
            ELSE 0
        END AS failed_payments,
        CASE
            WHEN (t.status = 'verified'::text) THEN ((t.sign)::numeric * t.amount_usdc)
            ELSE (0)::numeric
        END AS total_amount_usdc
   FROM public.erc8004_payment_changes t;

CREATE TABLE public.erc8004_payment_counts (
    agent_uuid uuid NOT NULL,
    total_payments bigint NOT NULL,
    successful_payments bigint NOT NULL,
    failed_payments bigint NOT NULL,
    total_amount_usdc numeric NOT NULL,
    unique_endpoints_used bigint NOT NULL,
    last_payment_at timestamp with time zone
);

CREATE FUNCTION public.erc8004_payments_now(agent uuid) RETURNS TABLE(total_payments bigint, total_amount_usdc numeric, successful_payments bigint, failed_payments bigint, avg_payment_amount numeric, success_rate numeric, last_payment_at timestamp with time zone, unique_endpoints_used bigint)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 WITH by_endpoint AS (
          SELECT t.endpoint_hash,
             sum(t.total_payments) AS total_payments,
             sum(t.successful_payments) AS successful_payments,
             sum(t.failed_payments) AS failed_payments,
             sum(t.total_amount_usdc) AS total_amount_usdc
            FROM public.erc8004_payment_contributions t
           WHERE (t.agent_uuid = erc8004_payments_now.agent)
           GROUP BY t.endpoint_hash
         ), parts AS (
          SELECT c.total_payments,
             c.successful_payments,
             c.failed_payments,
             c.total_amount_usdc,
             c.unique_endpoints_used
            FROM public.erc8004_payment_counts c
           WHERE (c.agent_uuid = erc8004_payments_now.agent)
         UNION ALL
          SELECT b.total_payments,
             b.successful_payments,
             b.failed_payments,
             b.total_amount_usdc,
                 CASE
                     WHEN (b.endpoint_hash IS NULL) THEN 0
                     ELSE ((((COALESCE(e.total_payments, (0)::bigint) + b.total_payments) > 0))::integer - ((COALESCE(e.total_payments, (0)::bigint) > 0))::integer)
                 END AS "case"
            FROM (by_endpoint b
              LEFT JOIN public.erc8004_endpoint_counts e ON (((e.agent_uuid = erc8004_payments_now.agent) AND (e.endpoint_hash = b.endpoint_hash))))
         ), summed AS (
          SELECT (COALESCE(sum(p.total_payments), (0)::numeric))::bigint AS total_payments,
             (COALESCE(sum(p.successful_payments), (0)::numeric))::bigint AS successful_payments,
             (COALESCE(sum(p.failed_payments), (0)::numeric))::bigint AS failed_payments,
             COALESCE(sum(p.total_amount_usdc), (0)::numeric) AS total_amount_usdc,
             (COALESCE(sum(p.unique_endpoints_used), (0)::numeric))::bigint AS unique_endpoints_used
            FROM parts p
         )
  SELECT s.total_payments,
     s.total_amount_usdc,
     s.successful_payments,
     s.failed_payments,
     round((s.total_amount_usdc / (NULLIF(s.successful_payments, 0))::numeric), 6) AS round,
     round(((100.0 * (s.successful_payments)::numeric) / (NULLIF((s.successful_payments + s.failed_payments), 0))::numeric), 2) AS round,
     public.erc8004_last_payment_at(erc8004_payments_now.agent) AS erc8004_last_payment_at,
     s.unique_endpoints_used
    FROM summed s;
END;

CREATE FUNCTION public.erc8004_trust_level(settled_payments bigint, success_rate numeric, average_score numeric) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN ((settled_payments = 0) AND (average_score IS NULL)) THEN 'new'::text WHEN ((settled_payments >= 10) AND (success_rate >= (95)::numeric) AND (average_score >= (80)::numeric)) THEN 'excellent'::text WHEN ((settled_payments >= 5) AND (success_rate >= (85)::numeric) AND (average_score >= (70)::numeric)) THEN 'good'::text WHEN (COALESCE((success_rate >= (75)::numeric), true) AND COALESCE((average_score >= (60)::numeric), true)) THEN 'fair'::text ELSE 'poor'::text END;

CREATE TABLE public.erc8004_agents (
    id uuid DEFAULT public.erc8004_uuid() NOT NULL,
    agent_id numeric(78,0) DEFAULT public.erc8004_local_agent_id() NOT NULL,
    chain text NOT NULL,
    registry_address text NOT NULL,
    owner_address text NOT NULL,
    token_uri text,
    registration_file jsonb,
    status text DEFAULT 'active'::text NOT NULL,
    tx_hash text,
    block_number bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    last_activity_at timestamp with time zone DEFAULT now() NOT NULL,
    claimed boolean DEFAULT false NOT NULL,
    log_index integer,
    CONSTRAINT ck__erc8004_agents__agent_id CHECK ((agent_id >= (0)::numeric)),
    CONSTRAINT ck__erc8004_agents__claimed_has_token CHECK (((NOT claimed) OR (agent_id < '115792089237316195423570985008687907853269984665640564039457584007913129639936'::numeric))),
    CONSTRAINT ck__erc8004_agents__log_index CHECK (((log_index IS NULL) OR ((log_index >= 0) AND (block_number IS NOT NULL)))),
    CONSTRAINT ck__erc8004_agents__owner_address CHECK (((octet_length(owner_address) = 42) AND (owner_address ~ '^0x[0-9a-f]*$'::text))),
    CONSTRAINT ck__erc8004_agents__registration_file_is_object CHECK ((jsonb_typeof(registration_file) = 'object'::text)),
    CONSTRAINT ck__erc8004_agents__registration_file_size CHECK ((octet_length((registration_file)::text) <= 65536)),
    CONSTRAINT ck__erc8004_agents__registry_address CHECK (((octet_length(registry_address) = 42) AND (registry_address ~ '^0x[0-9a-f]*$'::text))),
    CONSTRAINT ck__erc8004_agents__status CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text, 'revoked'::text]))),
    CONSTRAINT ck__erc8004_agents__token_uri CHECK ((length(token_uri) <= 2048)),
    CONSTRAINT ck__erc8004_agents__tx_hash CHECK (((octet_length(tx_hash) = 66) AND (tx_hash ~ '^0x[0-9a-f]*$'::text)))
);

CREATE MATERIALIZED VIEW public.mv_erc8004_agent_payment_stats AS
 SELECT p.agent_uuid,
    p.total_payments,
    p.total_amount_usdc,
    p.successful_payments,
    p.failed_payments,
    round((p.total_amount_usdc / (NULLIF(p.successful_payments, 0))::numeric), 6) AS avg_payment_amount,
    round(((100.0 * (p.successful_payments)::numeric) / (NULLIF((p.successful_payments + p.failed_payments), 0))::numeric), 2) AS success_rate,
    p.last_payment_at,
    p.unique_endpoints_used
   FROM public.erc8004_payment_counts p
  WITH NO DATA;

CREATE MATERIALIZED VIEW public.mv_erc8004_agent_reputation AS
 SELECT a.id AS agent_uuid,
    a.chain,
    a.owner_address,
    f.total_feedback,
    round((f.score_sum / (NULLIF(f.scored_feedback, 0))::numeric), 2) AS average_score,
    f.positive_feedback,
    f.negative_feedback,
    f.revoked_feedback,
    (f.total_feedback - f.scored_feedback) AS unscored_feedback,
    f.unique_clients,
    f.last_feedback_at
   FROM (public.erc8004_feedback_counts f
     JOIN public.erc8004_agents a ON ((a.id = f.agent_uuid)))
  WITH NO DATA;

CREATE VIEW public.v_erc8004_agent_stats AS
 SELECT s.agent_uuid,
    s.agent_id,
    s.chain,
    s.registry_address,
    s.owner_address,
    s.status,
    s.registered_at,
    s.last_activity_at,
    s.total_feedback,
    s.average_score,
    s.positive_feedback,
    s.negative_feedback,
    s.revoked_feedback,
    s.unscored_feedback,
    s.unique_clients,
    s.last_feedback_at,
    s.total_payments,
    s.total_amount_usdc,
    s.successful_payments,
    s.failed_payments,
    s.avg_payment_amount,
    s.success_rate,
    s.last_payment_at,
    s.unique_endpoints_used,
    public.erc8004_trust_level((s.successful_payments + s.failed_payments), s.success_rate, s.average_score) AS trust_level,
    s.claimed
   FROM ( SELECT a.id AS agent_uuid,
            a.agent_id,
            a.chain,
            a.registry_address,
            a.owner_address,
            a.status,
            a.claimed,
            a.created_at AS registered_at,
            GREATEST(a.last_activity_at, r.last_feedback_at, p.last_payment_at) AS last_activity_at,
            COALESCE(r.total_feedback, (0)::bigint) AS total_feedback,
            r.average_score,
            COALESCE(r.positive_feedback, (0)::bigint) AS positive_feedback,
            COALESCE(r.negative_feedback, (0)::bigint) AS negative_feedback,
            COALESCE(r.revoked_feedback, (0)::bigint) AS revoked_feedback,
            COALESCE(r.unscored_feedback, (0)::bigint) AS unscored_feedback,
            COALESCE(r.unique_clients, (0)::bigint) AS unique_clients,
            r.last_feedback_at,
            COALESCE(p.total_payments, (0)::bigint) AS total_payments,
            COALESCE(p.total_amount_usdc, (0)::numeric) AS total_amount_usdc,
            COALESCE(p.successful_payments, (0)::bigint) AS successful_payments,
            COALESCE(p.failed_payments, (0)::bigint) AS failed_payments,
            p.avg_payment_amount,
            p.success_rate,
            p.last_payment_at,
            COALESCE(p.unique_endpoints_used, (0)::bigint) AS unique_endpoints_used
           FROM ((public.erc8004_agents a
             LEFT JOIN public.mv_erc8004_agent_reputation r ON ((r.agent_uuid = a.id)))
             LEFT JOIN public.mv_erc8004_agent_payment_stats p ON ((p.agent_uuid = a.id)))) s;

CREATE FUNCTION public.erc8004_agent_stats_now(agent uuid) RETURNS SETOF public.v_erc8004_agent_stats
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT a.id,
     a.agent_id,
     a.chain,
     a.registry_address,
     a.owner_address,
     a.status,
     a.created_at,
     GREATEST(a.last_activity_at, f.last_feedback_at, p.last_payment_at) AS "greatest",
     f.total_feedback,
     f.average_score,
     f.positive_feedback,
     f.negative_feedback,
     f.revoked_feedback,
     f.unscored_feedback,
     f.unique_clients,
     f.last_feedback_at,
     p.total_payments,
     p.total_amount_usdc,
     p.successful_payments,
     p.failed_payments,
     p.avg_payment_amount,
     p.success_rate,
     p.last_payment_at,
     p.unique_endpoints_used,
     public.erc8004_trust_level((p.successful_payments + p.failed_payments), p.success_rate, f.average_score) AS erc8004_trust_level,
     a.claimed
    FROM ((public.erc8004_agents a
      CROSS JOIN LATERAL public.erc8004_feedback_now(a.id) f(total_feedback, average_score, positive_feedback, negative_feedback, revoked_feedback, unscored_feedback, unique_clients, last_feedback_at))
      CROSS JOIN LATERAL public.erc8004_payments_now(a.id) p(total_payments, total_amount_usdc, successful_payments, failed_payments, avg_payment_amount, success_rate, last_payment_at, unique_endpoints_used))
   WHERE (a.id = erc8004_agent_stats_now.agent);
END;

CREATE FUNCTION public.erc8004_file_text(registration_file jsonb, member text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE jsonb_typeof((registration_file -> member)) WHEN 'string'::text THEN (registration_file ->> member) ELSE NULL::text END;

CREATE FUNCTION public.erc8004_parted(content text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN replace(replace(replace(replace(replace(replace(replace(content, '.'::text, ' '::text), '/'::text, ' '::text), ':'::text, ' '::text), '_'::text, ' '::text), '-'::text, ' '::text), '@'::text, ' '::text), '#'::text, ' '::text);

CREATE FUNCTION public.erc8004_words(content text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN to_tsvector('simple'::regconfig, public.erc8004_parted(content));

CREATE FUNCTION public.erc8004_agent_words(registration_file jsonb) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN public.erc8004_words(((COALESCE(public.erc8004_file_text(registration_file, 'name'::text), ''::text) || ' '::text) || COALESCE(public.erc8004_file_text(registration_file, 'description'::text), ''::text)));

CREATE FUNCTION public.erc8004_carry_into_search() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  if tg_op = 'INSERT' then
    insert into erc8004_agent_search (
      agent_uuid, agent_id, chain, owner_address, status, claimed,
      registered_at, last_activity_at, services, x402, words
    )
    select
      a.id,
      a.agent_id,
      a.chain,
      a.owner_address,
      a.status,
      a.claimed,
      a.created_at,
      a.last_activity_at,
      o.services,
      erc8004_takes_x402(a.registration_file),
      erc8004_agent_words(a.registration_file)
    from changed as a
    cross join lateral erc8004_service_names(a.registration_file) as o;
  else
    update erc8004_agent_search as s
    set
      agent_id = a.agent_id,
      chain = a.chain,
      owner_address = a.owner_address,
      status = a.status,
      claimed = a.claimed,
      last_activity_at = greatest(s.last_activity_at, a.last_activity_at),
      services = o.services,
      x402 = erc8004_takes_x402(a.registration_file),
      words = erc8004_agent_words(a.registration_file)
    from changed as a
    cross join lateral erc8004_service_names(a.registration_file) as o
    where s.agent_uuid = a.id;
  end if;
  return null;
end;
$$;

CREATE FUNCTION public.erc8004_change_key() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  perform pg_advisory_xact_lock(hashtext('api_keys'), erc8004_key_lock(old.id));
  if tg_op = 'DELETE' then
    return old;
  end if;
  if new.rotated_at is not distinct from old.rotated_at
    and new.expires_at is distinct from old.expires_at then
    new.granted_until := new.expires_at;
  end if;
  return new;
end;
$$;

CREATE FUNCTION public.erc8004_complete_key() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  new.family_id := coalesce(new.family_id, new.id);
  new.granted_until := coalesce(new.granted_until, new.expires_at);
  return new;
end;
$$;

CREATE FUNCTION public.erc8004_confirm_key(key_id uuid, known_scopes text[], known_wallet_address text, known_tier text) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  if not pg_try_advisory_xact_lock_shared(hashtext('api_keys'), erc8004_key_lock(key_id)) then
    raise exception 'the API key of this write is being changed'
      using errcode = 'serialization_failure';
  end if;
  if not exists (
    select
    from api_keys as k
    where k.id = key_id
      and k.status = 'active'
      and (k.expires_at is null or k.expires_at > clock_timestamp())
      and k.scopes <@ known_scopes
      and k.scopes @> known_scopes
      and k.wallet_address is not distinct from known_wallet_address
      and k.tier = known_tier
  ) then
    raise exception 'the API key of this write is no longer what it was' using errcode = 'KEY01';
  end if;
end;
$$;

CREATE FUNCTION public.erc8004_database_marks() RETURNS jsonb
    LANGUAGE plpgsql STABLE
    AS $$
declare
  is_standby constant boolean := pg_is_in_recovery();
  server text;
  timeline text;
begin
  begin
    server := (select c.system_identifier from pg_control_system() as c);
  exception when others then
    server := null;
  end;
  begin
    timeline := case
      when is_standby then (select c.timeline_id::text from pg_control_checkpoint() as c)
      else left(pg_walfile_name(pg_current_wal_lsn()), 8)
    end;
  exception when others then
    timeline := null;
  end;
  return jsonb_build_object(
    'server', server,
    'timeline', timeline,
    'started', extract(epoch from pg_postmaster_start_time())::text,
    'is_standby', is_standby,
    'database', (select d.oid::text from pg_database as d where d.datname = current_database()),
    'agents', pg_relation_filenode(to_regclass('erc8004_agents'))::text,
    'refreshes', pg_relation_filenode(to_regclass('erc8004_stats_refreshes'))::text
  );
end;
$$;

CREATE FUNCTION public.erc8004_database_identity() RETURNS text
    LANGUAGE sql STABLE
    RETURN "left"(encode(sha256(convert_to((public.erc8004_database_marks())::text, 'UTF8'::name)), 'hex'::text), 12);

CREATE FUNCTION public.erc8004_drop_from_search() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  if tg_op = 'TRUNCATE' then
    delete from erc8004_agent_search;
  else
    delete from erc8004_agent_search as s using gone where s.agent_uuid = gone.id;
  end if;
  return null;
end;
$$;

CREATE FUNCTION public.erc8004_end_former_owner() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  delete from erc8004_agent_metadata as m where m.agent_uuid = new.id;
  if old.claimed then
    delete from erc8004_validations as v where v.agent_uuid = new.id;
    update erc8004_reputation as r
    set
      is_revoked = true,
      revoked_at = now(),
      revocation_reason = 'The client is the owner of the agent, as its registry says.'
    where r.agent_uuid = new.id
      and r.client_address = new.owner_address
      and not r.is_revoked;
  end if;
  return null;
end;
$$;

CREATE FUNCTION public.erc8004_fold_feedback() RETURNS SETOF uuid
    LANGUAGE sql
    AS $$
  with taken as (
    delete from erc8004_feedback_contributions
    returning
      agent_uuid, client_address, total_feedback, scored_feedback, score_sum,
      positive_feedback, negative_feedback, revoked_feedback
  ),
  by_client as (
    select
      t.agent_uuid,
      t.client_address,
      sum(t.total_feedback) as total_feedback,
      sum(t.scored_feedback) as scored_feedback,
      sum(t.score_sum) as score_sum,
      sum(t.positive_feedback) as positive_feedback,
      sum(t.negative_feedback) as negative_feedback,
      sum(t.revoked_feedback) as revoked_feedback
    from taken as t
    join erc8004_agents as a on a.id = t.agent_uuid
    group by t.agent_uuid, t.client_address
  ),
  clients as (
    insert into erc8004_client_counts as c (
      agent_uuid, client_address, total_feedback, scored_feedback, score_sum,
      positive_feedback, negative_feedback, revoked_feedback
    )
    select
      b.agent_uuid, b.client_address, b.total_feedback, b.scored_feedback, b.score_sum,
      b.positive_feedback, b.negative_feedback, b.revoked_feedback
    from by_client as b
    on conflict on constraint pk__erc8004_client_counts do update
    set
      total_feedback = c.total_feedback + excluded.total_feedback,
      scored_feedback = c.scored_feedback + excluded.scored_feedback,
      score_sum = c.score_sum + excluded.score_sum,
      positive_feedback = c.positive_feedback + excluded.positive_feedback,
      negative_feedback = c.negative_feedback + excluded.negative_feedback,
      revoked_feedback = c.revoked_feedback + excluded.revoked_feedback
  ),
  by_agent as (
    select
      b.agent_uuid,
      sum(b.total_feedback) as total_feedback,
      sum(b.scored_feedback) as scored_feedback,
      sum(b.score_sum) as score_sum,
      sum(b.positive_feedback) as positive_feedback,
      sum(b.negative_feedback) as negative_feedback,
      sum(b.revoked_feedback) as revoked_feedback,
      -- The counts before this fold: a statement does not see what its parts write.
      sum(
        (coalesce(c.total_feedback, 0) + b.total_feedback > 0)::int
        - (coalesce(c.total_feedback, 0) > 0)::int
      ) as unique_clients
    from by_client as b
    left join erc8004_client_counts as c using (agent_uuid, client_address)
    group by b.agent_uuid
  )
  insert into erc8004_feedback_counts as f (
    agent_uuid, total_feedback, scored_feedback, score_sum, positive_feedback,
    negative_feedback, revoked_feedback, unique_clients, last_feedback_at
  )
  select
    b.agent_uuid, b.total_feedback, b.scored_feedback, b.score_sum, b.positive_feedback,
    b.negative_feedback, b.revoked_feedback, b.unique_clients,
    erc8004_last_feedback_at(b.agent_uuid)
  from by_agent as b
  on conflict on constraint pk__erc8004_feedback_counts do update
  set
    total_feedback = f.total_feedback + excluded.total_feedback,
    scored_feedback = f.scored_feedback + excluded.scored_feedback,
    score_sum = f.score_sum + excluded.score_sum,
    positive_feedback = f.positive_feedback + excluded.positive_feedback,
    negative_feedback = f.negative_feedback + excluded.negative_feedback,
    revoked_feedback = f.revoked_feedback + excluded.revoked_feedback,
    unique_clients = f.unique_clients + excluded.unique_clients,
    last_feedback_at = excluded.last_feedback_at
  returning f.agent_uuid;
$$;

CREATE FUNCTION public.erc8004_fold_payments() RETURNS SETOF uuid
    LANGUAGE sql
    AS $$
  with taken as (
    delete from erc8004_payment_contributions
    returning
      agent_uuid, endpoint_hash, total_payments, successful_payments, failed_payments,
      total_amount_usdc
  ),
  standing as (
    select
      t.agent_uuid, t.endpoint_hash, t.total_payments, t.successful_payments,
      t.failed_payments, t.total_amount_usdc
    from taken as t
    join erc8004_agents as a on a.id = t.agent_uuid
  ),
  by_endpoint as (
    select s.agent_uuid, s.endpoint_hash, sum(s.total_payments) as total_payments
    from standing as s
    where s.endpoint_hash is not null
    group by s.agent_uuid, s.endpoint_hash
  ),
  endpoints as (
    insert into erc8004_endpoint_counts as e (agent_uuid, endpoint_hash, total_payments)
    select b.agent_uuid, b.endpoint_hash, b.total_payments
    from by_endpoint as b
    on conflict on constraint pk__erc8004_endpoint_counts do update
    set total_payments = e.total_payments + excluded.total_payments
  ),
  endpoints_by_agent as (
    select
      b.agent_uuid,
      sum(
        (coalesce(e.total_payments, 0) + b.total_payments > 0)::int
        - (coalesce(e.total_payments, 0) > 0)::int
      ) as unique_endpoints_used
    from by_endpoint as b
    left join erc8004_endpoint_counts as e using (agent_uuid, endpoint_hash)
    group by b.agent_uuid
  ),
  by_agent as (
    select
      s.agent_uuid,
      sum(s.total_payments) as total_payments,
      sum(s.successful_payments) as successful_payments,
      sum(s.failed_payments) as failed_payments,
      sum(s.total_amount_usdc) as total_amount_usdc
    from standing as s
    group by s.agent_uuid
  )
  insert into erc8004_payment_counts as p (
    agent_uuid, total_payments, successful_payments, failed_payments, total_amount_usdc,
    unique_endpoints_used, last_payment_at
  )
  select
    b.agent_uuid, b.total_payments, b.successful_payments, b.failed_payments,
    b.total_amount_usdc, coalesce(e.unique_endpoints_used, 0),
    erc8004_last_payment_at(b.agent_uuid)
  from by_agent as b
  left join endpoints_by_agent as e using (agent_uuid)
  on conflict on constraint pk__erc8004_payment_counts do update
  set
    total_payments = p.total_payments + excluded.total_payments,
    successful_payments = p.successful_payments + excluded.successful_payments,
    failed_payments = p.failed_payments + excluded.failed_payments,
    total_amount_usdc = p.total_amount_usdc + excluded.total_amount_usdc,
    unique_endpoints_used = p.unique_endpoints_used + excluded.unique_endpoints_used,
    last_payment_at = excluded.last_payment_at
  returning p.agent_uuid;
$$;

CREATE FUNCTION public.erc8004_found_agents(agents uuid[]) RETURNS TABLE(place bigint, agent json)
    LANGUAGE plpgsql STABLE
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
begin
  return query
  select given.place, row_to_json(summary)
  from unnest(agents) with ordinality as given (agent_uuid, place)
  cross join lateral (
    select
      a.id as agent_uuid,
      a.agent_id::text as agent_id,
      a.chain,
      a.registry_address,
      a.owner_address,
      a.status,
      a.claimed,
      left(told.name, 200) as name,
      left(told.description, 300) as description,
      s.services[:20] as services,
      s.x402,
      array_remove(
        array[
          case when length(told.name) > 200 then 'name' end,
          case when length(told.description) > 300 then 'description' end,
          case when cardinality(s.services) > 20 then 'services' end
        ],
        null
      ) as truncated,
      erc8004_timestamp(s.registered_at) as registered_at,
      erc8004_timestamp(s.last_activity_at) as last_activity_at,
      s.total_feedback,
      s.average_score::float8 as average_score,
      s.total_payments,
      s.success_rate::float8 as success_rate,
      s.trust_level
    from erc8004_agents as a
    join erc8004_agent_search as s on s.agent_uuid = a.id
    cross join lateral (
      select
        erc8004_file_text(a.registration_file, 'name') as name,
        erc8004_file_text(a.registration_file, 'description') as description
    ) as told
    where a.id = given.agent_uuid
  ) as summary
  order by given.place;
end;
$$;

CREATE FUNCTION public.erc8004_found_page(matches uuid[], page_size integer) RETURNS TABLE(agents text, last_agent jsonb, is_more boolean)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    coalesce(json_agg(listed.agent order by listed.place), '[]')::text,
    (array_agg(listed.agent order by listed.place desc))[1]::jsonb,
    cardinality(matches) > page_size
  from erc8004_found_agents(matches[:page_size]) as listed;
end;
$$;

CREATE FUNCTION public.erc8004_key_lock(key_id uuid) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (hashtext((key_id)::text) & 1023);

CREATE FUNCTION public.erc8004_note_feedback() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  if tg_op <> 'INSERT' then
    insert into erc8004_feedback_changes
      (agent_uuid, client_address, sign, is_revoked, score, created_at)
    select agent_uuid, client_address, -1, is_revoked, score, created_at from gone;
  end if;
  if tg_op <> 'DELETE' then
    insert into erc8004_feedback_changes
      (agent_uuid, client_address, sign, is_revoked, score, created_at)
    select agent_uuid, client_address, 1, is_revoked, score, created_at from come;
  end if;
  return null;
end;
$$;

CREATE FUNCTION public.erc8004_note_payments() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  if tg_op <> 'INSERT' then
    insert into erc8004_payment_changes
      (agent_uuid, sign, status, amount_usdc, endpoint, created_at)
    select agent_uuid, -1, status, amount_usdc, endpoint, created_at from gone;
  end if;
  if tg_op <> 'DELETE' then
    insert into erc8004_payment_changes
      (agent_uuid, sign, status, amount_usdc, endpoint, created_at)
    select agent_uuid, 1, status, amount_usdc, endpoint, created_at from come;
  end if;
  return null;
end;
$$;

CREATE FUNCTION public.erc8004_position(block_number bigint, log_index integer) RETURNS bigint[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY[COALESCE(block_number, ('-1'::integer)::bigint), (COALESCE(log_index, '-1'::integer))::bigint];

CREATE PROCEDURE public.erc8004_refresh_reputation()
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET work_mem TO '128MB'
    AS $$
begin
  refresh materialized view concurrently mv_erc8004_agent_reputation;
end;
$$;

CREATE TABLE public.erc8004_agent_search (
    agent_uuid uuid NOT NULL,
    agent_id numeric(78,0) NOT NULL,
    chain text NOT NULL,
    owner_address text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL,
    registered_at timestamp with time zone NOT NULL,
    last_activity_at timestamp with time zone NOT NULL,
    services text[] NOT NULL,
    x402 boolean NOT NULL,
    words tsvector NOT NULL,
    total_feedback bigint DEFAULT 0 NOT NULL,
    average_score numeric(5,2),
    total_payments bigint DEFAULT 0 NOT NULL,
    success_rate numeric(5,2),
    trust_level text DEFAULT 'new'::text NOT NULL,
    claimed boolean DEFAULT false NOT NULL
);

CREATE PROCEDURE public.erc8004_refresh_search(IN agents uuid[])
    LANGUAGE sql
    BEGIN ATOMIC
 UPDATE public.erc8004_agent_search s SET last_activity_at = v.last_activity_at, total_feedback = v.total_feedback, average_score = v.average_score, total_payments = v.total_payments, success_rate = v.success_rate, trust_level = v.trust_level
    FROM public.v_erc8004_agent_stats v
   WHERE ((s.agent_uuid = ANY (erc8004_refresh_search.agents)) AND (v.agent_uuid = s.agent_uuid) AND ((((((s.last_activity_at IS DISTINCT FROM v.last_activity_at) OR (s.total_feedback IS DISTINCT FROM v.total_feedback)) OR (s.average_score IS DISTINCT FROM v.average_score)) OR (s.total_payments IS DISTINCT FROM v.total_payments)) OR (s.success_rate IS DISTINCT FROM v.success_rate)) OR (s.trust_level IS DISTINCT FROM v.trust_level)));
 UPDATE public.erc8004_agent_search s SET last_activity_at = a.last_activity_at
    FROM public.erc8004_agents a
   WHERE ((s.agent_uuid = ANY (erc8004_refresh_search.agents)) AND (a.id = s.agent_uuid) AND (s.last_activity_at < a.last_activity_at));
END;

CREATE FUNCTION public.erc8004_reputation_answer(agent uuid) RETURNS SETOF text
    LANGUAGE plpgsql STABLE
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
begin
  return query
  select row_to_json(answer)::text
  from (
    select
      a.id as agent_uuid,
      a.claimed,
      f.total_feedback,
      f.average_score::float8 as average_score,
      f.positive_feedback,
      f.negative_feedback,
      f.revoked_feedback,
      f.unscored_feedback,
      f.unique_clients,
      erc8004_timestamp(f.last_feedback_at) as last_feedback_at,
      erc8004_timestamp(now()) as as_of
    from erc8004_agents as a
    cross join lateral erc8004_feedback_now(a.id) as f
    where a.id = agent
  ) as answer;
end;
$$;

CREATE TABLE public.erc8004_tag_scales (
    tag text NOT NULL,
    low numeric NOT NULL,
    high numeric NOT NULL,
    CONSTRAINT ck__erc8004_tag_scales__low_below_high CHECK ((low < high))
);

CREATE FUNCTION public.erc8004_score(value numeric, value_decimals smallint, tag1 text) RETURNS numeric
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
 SELECT round(((((erc8004_score.value * (0.1 ^ (erc8004_score.value_decimals)::numeric)) - scale.low) / (scale.high - scale.low)) * (100)::numeric), 2) AS round
    FROM public.erc8004_tag_scales scale
   WHERE ((scale.tag = COALESCE(erc8004_score.tag1, ''::text)) AND (((erc8004_score.value * (0.1 ^ (erc8004_score.value_decimals)::numeric)) >= scale.low) AND ((erc8004_score.value * (0.1 ^ (erc8004_score.value_decimals)::numeric)) <= scale.high)));
END;

CREATE FUNCTION public.erc8004_service_names(registration_file jsonb) RETURNS TABLE(services text[])
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
 SELECT COALESCE(array_agg(DISTINCT lower(named.name)), '{}'::text[]) AS "coalesce"
    FROM (( VALUES ((erc8004_service_names.registration_file -> 'services'::text)), ((erc8004_service_names.registration_file -> 'endpoints'::text))) list(entries)
      CROSS JOIN LATERAL ( SELECT (entry.entry #>> '{}'::text[]) AS "?column?"
            FROM jsonb_path_query(list.entries, '$[*]."name"?(@.type() == "string")'::jsonpath) entry(entry)
         UNION ALL
          SELECT (entry.entry #>> '{}'::text[])
            FROM jsonb_path_query(list.entries, '$[*]?(@.type() == "string")'::jsonpath) entry(entry)
         UNION ALL
          SELECT (pair.pair ->> 'key'::text)
            FROM jsonb_path_query(list.entries, 'strict $?(@.type() == "object").keyvalue()'::jsonpath) pair(pair)) named(name))
   WHERE ((list.entries <> '[]'::jsonb) AND ((length(named.name) >= 1) AND (length(named.name) <= 64)));
END;

CREATE FUNCTION public.erc8004_set_score() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  new.score := erc8004_score(new.value, new.value_decimals, new.tag1);
  return new;
end;
$$;

CREATE FUNCTION public.erc8004_stats_as_of() RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    AS $$
begin
  return (select f.began_at from erc8004_stats_refreshes as f order by f.id desc limit 1);
end;
$$;

CREATE FUNCTION public.erc8004_stats_refresh_number() RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    AS $$
begin
  return lpad(coalesce((select max(f.id) from erc8004_stats_refreshes as f), 0)::text, 19, '0');
end;
$$;

CREATE FUNCTION public.erc8004_takes_x402(registration_file jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN COALESCE(((registration_file @> '{"x402Support": true}'::jsonb) OR (registration_file @> '{"x402support": true}'::jsonb)), false);

CREATE FUNCTION public.erc8004_timestamp(moment timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN to_char((moment AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'::text);

CREATE FUNCTION public.erc8004_totals() RETURNS jsonb
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 WITH counted AS MATERIALIZED (
          SELECT erc8004_agent_search.trust_level,
             erc8004_agent_search.status,
             erc8004_agent_search.chain,
             erc8004_agent_search.claimed,
             count(*) AS agents
            FROM public.erc8004_agent_search
           GROUP BY erc8004_agent_search.trust_level, erc8004_agent_search.status, erc8004_agent_search.chain, erc8004_agent_search.claimed
         )
  SELECT jsonb_build_object('agents', COALESCE(( SELECT jsonb_agg(jsonb_build_object('chain', by_chain.chain, 'status', by_chain.status, 'agents', by_chain.agents, 'claimed', by_chain.claimed_agents) ORDER BY by_chain.chain, by_chain.status) AS jsonb_agg
            FROM ( SELECT counted.chain,
                     counted.status,
                     (sum(counted.agents))::bigint AS agents,
                     (COALESCE(sum(counted.agents) FILTER (WHERE counted.claimed), (0)::numeric))::bigint AS claimed_agents
                    FROM counted
                   GROUP BY counted.chain, counted.status) by_chain), '[]'::jsonb), 'feedback', ( SELECT COALESCE(sum(mv_erc8004_agent_reputation.total_feedback), (0)::numeric) AS "coalesce"
            FROM public.mv_erc8004_agent_reputation), 'payments', ( SELECT COALESCE(sum(mv_erc8004_agent_payment_stats.total_payments), (0)::numeric) AS "coalesce"
            FROM public.mv_erc8004_agent_payment_stats), 'amount_usdc', ( SELECT ((COALESCE(sum(mv_erc8004_agent_payment_stats.total_amount_usdc), (0)::numeric))::numeric(30,6))::text AS "coalesce"
            FROM public.mv_erc8004_agent_payment_stats), 'trust_levels', ( SELECT COALESCE(jsonb_object_agg(by_trust_level.trust_level, by_trust_level.agents), '{}'::jsonb) AS "coalesce"
            FROM ( SELECT counted.trust_level,
                     (sum(counted.agents))::bigint AS agents
                    FROM counted
                   GROUP BY counted.trust_level) by_trust_level)) AS jsonb_build_object;
END;

CREATE PROCEDURE public.erc8004_unfold()
    LANGUAGE sql
    BEGIN ATOMIC
 WITH feedback_counts AS (
          DELETE FROM public.erc8004_feedback_counts
         ), client_counts AS (
          DELETE FROM public.erc8004_client_counts
         ), payment_counts AS (
          DELETE FROM public.erc8004_payment_counts
         ), endpoint_counts AS (
          DELETE FROM public.erc8004_endpoint_counts
         ), feedback_changes AS (
          DELETE FROM public.erc8004_feedback_changes
         ), payment_changes AS (
          DELETE FROM public.erc8004_payment_changes erc8004_payment_changes_1
         ), feedback AS (
          INSERT INTO public.erc8004_feedback_changes (agent_uuid, client_address, sign, is_revoked, score, created_at)  SELECT r.agent_uuid,
                     r.client_address,
                     1,
                     r.is_revoked,
                     r.score,
                     r.created_at
                    FROM public.erc8004_reputation r
         )
  INSERT INTO public.erc8004_payment_changes (agent_uuid, sign, status, amount_usdc, endpoint, created_at)  SELECT p.agent_uuid,
             1,
             p.status,
             p.amount_usdc,
             p.endpoint,
             p.created_at
            FROM public.erc8004_agent_payments p;
END;

CREATE FUNCTION public.erc8004_words_query(content text) RETURNS tsquery
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN plainto_tsquery('simple'::regconfig, public.erc8004_parted(content));

CREATE FUNCTION public.refresh_erc8004_stats(from_history boolean DEFAULT false) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
declare
  began constant timestamptz := clock_timestamp();
  changed uuid[];
  folded timestamptz;
  reputation_done timestamptz;
  payment_done timestamptz;
  search_done timestamptz;
  number bigint;
begin
  if not pg_try_advisory_xact_lock(hashtext('refresh_erc8004_stats')) then
    return false;
  end if;

  if from_history then
    call erc8004_unfold();
  end if;
  changed := array(
    select erc8004_fold_feedback()
    union
    select erc8004_fold_payments()
  );
  if from_history then
    changed := array(select agent_uuid from erc8004_agent_search);
  end if;
  folded := clock_timestamp();

  call erc8004_refresh_reputation();
  reputation_done := clock_timestamp();

  refresh materialized view concurrently mv_erc8004_agent_payment_stats;
  payment_done := clock_timestamp();

  update erc8004_validations
  set status = 'expired'
  where status = 'pending' and expires_at <= began;

  call erc8004_refresh_search(changed);
  search_done := clock_timestamp();

  delete from idempotency_keys where created_at < began - interval '24 hours';

  insert into erc8004_stats_refreshes (
    began_at, ended_at, fold_seconds, reputation_seconds, payment_seconds, search_seconds, totals
  )
  values (
    began,
    greatest(began, clock_timestamp()),
    extract(epoch from folded - began),
    extract(epoch from reputation_done - folded),
    extract(epoch from payment_done - reputation_done),
    extract(epoch from search_done - payment_done),
    erc8004_totals()
  )
  returning id into number;
  delete from erc8004_stats_refreshes where id <= number - 10000;
  return true;
end;
$$;

CREATE TABLE public.api_keys (
    id uuid DEFAULT public.erc8004_uuid() NOT NULL,
    key text NOT NULL,
    key_prefix text NOT NULL,
    name text NOT NULL,
    tier text NOT NULL,
    scopes text[] NOT NULL,
    wallet_address text,
    status text DEFAULT 'active'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    family_id uuid NOT NULL,
    granted_until timestamp with time zone,
    rotated_at timestamp with time zone,
    CONSTRAINT ck__api_keys__key_is_sha256 CHECK ((key ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT ck__api_keys__name CHECK (((length(name) >= 1) AND (length(name) <= 100))),
    CONSTRAINT ck__api_keys__scopes CHECK (((scopes <@ ARRAY['read'::text, 'write'::text, 'payments'::text, 'admin'::text]) AND (cardinality(scopes) > 0))),
    CONSTRAINT ck__api_keys__status CHECK ((status = ANY (ARRAY['active'::text, 'revoked'::text]))),
    CONSTRAINT ck__api_keys__tier CHECK ((tier = ANY (ARRAY['free'::text, 'pro'::text, 'team'::text, 'enterprise'::text]))),
    CONSTRAINT ck__api_keys__wallet_address CHECK ((wallet_address ~ '^0x[0-9a-f]{40}$'::text)),
    CONSTRAINT ck__api_keys__write_has_wallet CHECK (((NOT (scopes @> ARRAY['write'::text])) OR (scopes @> ARRAY['admin'::text]) OR (wallet_address IS NOT NULL)))
);

COMMENT ON COLUMN public.api_keys.family_id IS 'The first of the keys that replaced each other by rotation; the own id of a key that replaced none.';

COMMENT ON COLUMN public.api_keys.granted_until IS 'When the key ends by the word of the operator; expires_at is earlier in the grace of a rotation.';

CREATE TABLE public.erc8004_agent_metadata (
    agent_uuid uuid NOT NULL,
    key text NOT NULL,
    value bytea NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck__erc8004_agent_metadata__key CHECK (((length(key) >= 1) AND (length(key) <= 128))),
    CONSTRAINT ck__erc8004_agent_metadata__value CHECK ((octet_length(value) <= 10240))
);

CREATE TABLE public.erc8004_chains (
    name text NOT NULL,
    chain_id bigint NOT NULL,
    is_testnet boolean NOT NULL,
    identity_registry text NOT NULL,
    reputation_registry text NOT NULL,
    validation_registry text NOT NULL,
    CONSTRAINT ck__erc8004_chains__addresses CHECK (((identity_registry ~ '^0x[0-9a-f]{40}$'::text) AND (reputation_registry ~ '^0x[0-9a-f]{40}$'::text) AND (validation_registry ~ '^0x[0-9a-f]{40}$'::text)))
);

CREATE TABLE public.erc8004_feedback_responses (
    id uuid DEFAULT public.erc8004_uuid() NOT NULL,
    feedback_id uuid NOT NULL,
    responder_address text NOT NULL,
    response_uri text NOT NULL,
    response_hash text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck__erc8004_feedback_responses__responder_address CHECK ((responder_address ~ '^0x[0-9a-f]{40}$'::text))
);

CREATE TABLE public.erc8004_stats_refreshes (
    id bigint NOT NULL,
    began_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    fold_seconds double precision NOT NULL,
    reputation_seconds double precision NOT NULL,
    payment_seconds double precision NOT NULL,
    search_seconds double precision NOT NULL,
    totals jsonb NOT NULL,
    CONSTRAINT ck__erc8004_stats_refreshes__ends_after_it_begins CHECK ((began_at <= ended_at))
);

ALTER TABLE public.erc8004_stats_refreshes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.erc8004_stats_refreshes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.erc8004_validations (
    id uuid DEFAULT public.erc8004_uuid() NOT NULL,
    agent_uuid uuid NOT NULL,
    chain text NOT NULL,
    registry_address text NOT NULL,
    request_hash text NOT NULL,
    request_uri text,
    validator_address text NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    response smallint,
    response_uri text,
    response_hash text,
    tag text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    responded_at timestamp with time zone,
    expires_at timestamp with time zone,
    CONSTRAINT ck__erc8004_validations__addresses CHECK (((registry_address ~ '^0x[0-9a-f]{40}$'::text) AND (validator_address ~ '^0x[0-9a-f]{40}$'::text))),
    CONSTRAINT ck__erc8004_validations__completed_has_response CHECK (((status = 'completed'::text) = ((response IS NOT NULL) AND (responded_at IS NOT NULL)))),
    CONSTRAINT ck__erc8004_validations__request_hash CHECK ((request_hash ~ '^0x[0-9a-f]{64}$'::text)),
    CONSTRAINT ck__erc8004_validations__response CHECK (((response >= 0) AND (response <= 100))),
    CONSTRAINT ck__erc8004_validations__status CHECK ((status = ANY (ARRAY['pending'::text, 'completed'::text, 'expired'::text])))
);

CREATE TABLE public.idempotency_keys (
    api_key_id uuid NOT NULL,
    idempotency_key text NOT NULL,
    request_hash bytea NOT NULL,
    status smallint,
    headers jsonb,
    body bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON COLUMN public.idempotency_keys.api_key_id IS 'The family_id of the API key.';

CREATE TABLE public.schema_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

INSERT INTO public.api_keys VALUES ('00000000-0000-7000-d000-000000000001', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'kam_a', 'a', 'pro', '{read,write}', '0x6666666666666666666666666666666666666666', 'active', '2026-01-01 00:00:00+00', '2027-01-01 00:00:00+00', NULL, '00000000-0000-7000-d000-000000000001', '2027-01-01 00:00:00+00', NULL);
INSERT INTO public.api_keys VALUES ('00000000-0000-7000-d000-000000000002', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 'kam_b', 'a', 'pro', '{read,write}', '0x6666666666666666666666666666666666666666', 'active', '2026-02-01 00:00:00+00', NULL, NULL, '00000000-0000-7000-d000-000000000001', NULL, NULL);

INSERT INTO public.erc8004_agent_metadata VALUES ('00000000-0000-7000-8000-000000000001', 'agentWallet', '\x0102', '2026-02-01 00:00:00+00');
INSERT INTO public.erc8004_agent_metadata VALUES ('00000000-0000-7000-8000-000000000002', 'agentWallet', '\x0102', '2026-02-01 00:00:00+00');

INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000201', '00000000-0000-7000-8000-000000000002', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc9', 0.250000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:01:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000202', '00000000-0000-7000-8000-000000000002', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccca', 0.500000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:02:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000203', '00000000-0000-7000-8000-000000000002', 'base', '0xcccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccb', 0.750000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:03:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000204', '00000000-0000-7000-8000-000000000002', 'base', '0xcccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc', 1.000000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:04:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000205', '00000000-0000-7000-8000-000000000002', 'base', '0xcccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccd', 1.250000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:05:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000206', '00000000-0000-7000-8000-000000000002', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccce', 1.500000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:06:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000207', '00000000-0000-7000-8000-000000000002', 'base', '0xcccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccf', 1.750000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:07:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000208', '00000000-0000-7000-8000-000000000002', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccd0', 2.000000, 'pending', 'https://e.example/2', NULL, '2026-03-01 00:08:00+00', NULL);
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000209', '00000000-0000-7000-8000-000000000002', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccd1', 2.250000, 'failed', 'https://e.example/0', NULL, '2026-03-01 00:09:00+00', NULL);
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000210', '00000000-0000-7000-8000-000000000002', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccd2', 2.500000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:10:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000211', '00000000-0000-7000-8000-000000000002', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccd3', 2.750000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:11:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000212', '00000000-0000-7000-8000-000000000002', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccd4', 3.000000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:12:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000213', '00000000-0000-7000-8000-000000000002', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccd5', 3.250000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:13:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000214', '00000000-0000-7000-8000-000000000002', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccd6', 3.500000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:14:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000301', '00000000-0000-7000-8000-000000000003', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc12d', 0.250000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:01:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000302', '00000000-0000-7000-8000-000000000003', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc12e', 0.500000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:02:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000303', '00000000-0000-7000-8000-000000000003', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc12f', 0.750000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:03:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000304', '00000000-0000-7000-8000-000000000003', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc130', 1.000000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:04:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000305', '00000000-0000-7000-8000-000000000003', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc131', 1.250000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:05:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000306', '00000000-0000-7000-8000-000000000003', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc132', 1.500000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:06:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000307', '00000000-0000-7000-8000-000000000003', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc133', 1.750000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:07:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000308', '00000000-0000-7000-8000-000000000003', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc134', 2.000000, 'pending', 'https://e.example/2', NULL, '2026-03-01 00:08:00+00', NULL);
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000309', '00000000-0000-7000-8000-000000000003', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc135', 2.250000, 'failed', 'https://e.example/0', NULL, '2026-03-01 00:09:00+00', NULL);
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000310', '00000000-0000-7000-8000-000000000003', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc136', 2.500000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:10:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000311', '00000000-0000-7000-8000-000000000003', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc137', 2.750000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:11:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000312', '00000000-0000-7000-8000-000000000003', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc138', 3.000000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:12:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000313', '00000000-0000-7000-8000-000000000003', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc139', 3.250000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:13:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000314', '00000000-0000-7000-8000-000000000003', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc13a', 3.500000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:14:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000401', '00000000-0000-7000-8000-000000000004', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc191', 0.250000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:01:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000402', '00000000-0000-7000-8000-000000000004', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc192', 0.500000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:02:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000403', '00000000-0000-7000-8000-000000000004', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc193', 0.750000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:03:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000404', '00000000-0000-7000-8000-000000000004', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc194', 1.000000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:04:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000405', '00000000-0000-7000-8000-000000000004', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc195', 1.250000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:05:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000406', '00000000-0000-7000-8000-000000000004', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc196', 1.500000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:06:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000407', '00000000-0000-7000-8000-000000000004', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc197', 1.750000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:07:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000409', '00000000-0000-7000-8000-000000000004', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc199', 2.250000, 'failed', 'https://e.example/0', NULL, '2026-03-01 00:09:00+00', NULL);
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000410', '00000000-0000-7000-8000-000000000004', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc19a', 2.500000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:10:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000411', '00000000-0000-7000-8000-000000000004', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc19b', 2.750000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:11:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000412', '00000000-0000-7000-8000-000000000004', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc19c', 3.000000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:12:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000413', '00000000-0000-7000-8000-000000000004', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc19d', 3.250000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:13:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000414', '00000000-0000-7000-8000-000000000004', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc19e', 3.500000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:14:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000501', '00000000-0000-7000-8000-000000000005', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc1f5', 0.250000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:01:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000502', '00000000-0000-7000-8000-000000000005', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc1f6', 0.500000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:02:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000503', '00000000-0000-7000-8000-000000000005', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc1f7', 0.750000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:03:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000504', '00000000-0000-7000-8000-000000000005', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc1f8', 1.000000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:04:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000505', '00000000-0000-7000-8000-000000000005', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc1f9', 1.250000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:05:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000506', '00000000-0000-7000-8000-000000000005', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc1fa', 1.500000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:06:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000507', '00000000-0000-7000-8000-000000000005', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc1fb', 1.750000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:07:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000508', '00000000-0000-7000-8000-000000000005', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc1fc', 2.000000, 'pending', 'https://e.example/2', NULL, '2026-03-01 00:08:00+00', NULL);
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000509', '00000000-0000-7000-8000-000000000005', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc1fd', 2.250000, 'failed', 'https://e.example/0', NULL, '2026-03-01 00:09:00+00', NULL);
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000510', '00000000-0000-7000-8000-000000000005', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc1fe', 2.500000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:10:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000511', '00000000-0000-7000-8000-000000000005', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc1ff', 2.750000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:11:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000512', '00000000-0000-7000-8000-000000000005', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc200', 3.000000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:12:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000513', '00000000-0000-7000-8000-000000000005', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc201', 3.250000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:13:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000514', '00000000-0000-7000-8000-000000000005', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc202', 3.500000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:14:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000601', '00000000-0000-7000-8000-000000000006', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc259', 0.250000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:01:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000602', '00000000-0000-7000-8000-000000000006', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc25a', 0.500000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:02:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000603', '00000000-0000-7000-8000-000000000006', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc25b', 0.750000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:03:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000604', '00000000-0000-7000-8000-000000000006', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc25c', 1.000000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:04:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000605', '00000000-0000-7000-8000-000000000006', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc25d', 1.250000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:05:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000606', '00000000-0000-7000-8000-000000000006', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc25e', 1.500000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:06:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000607', '00000000-0000-7000-8000-000000000006', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc25f', 1.750000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:07:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000608', '00000000-0000-7000-8000-000000000006', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc260', 2.000000, 'pending', 'https://e.example/2', NULL, '2026-03-01 00:08:00+00', NULL);
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000609', '00000000-0000-7000-8000-000000000006', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc261', 2.250000, 'failed', 'https://e.example/0', NULL, '2026-03-01 00:09:00+00', NULL);
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000610', '00000000-0000-7000-8000-000000000006', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc262', 2.500000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:10:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000611', '00000000-0000-7000-8000-000000000006', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc263', 2.750000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:11:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000612', '00000000-0000-7000-8000-000000000006', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc264', 3.000000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:12:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000613', '00000000-0000-7000-8000-000000000006', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc265', 3.250000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:13:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000614', '00000000-0000-7000-8000-000000000006', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc266', 3.500000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:14:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000701', '00000000-0000-7000-8000-000000000007', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc2bd', 0.250000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:01:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000702', '00000000-0000-7000-8000-000000000007', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc2be', 0.500000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:02:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000703', '00000000-0000-7000-8000-000000000007', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc2bf', 0.750000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:03:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000704', '00000000-0000-7000-8000-000000000007', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc2c0', 1.000000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:04:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000705', '00000000-0000-7000-8000-000000000007', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc2c1', 1.250000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:05:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000706', '00000000-0000-7000-8000-000000000007', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc2c2', 1.500000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:06:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000707', '00000000-0000-7000-8000-000000000007', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc2c3', 1.750000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:07:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000708', '00000000-0000-7000-8000-000000000007', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc2c4', 2.000000, 'pending', 'https://e.example/2', NULL, '2026-03-01 00:08:00+00', NULL);
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000709', '00000000-0000-7000-8000-000000000007', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc2c5', 2.250000, 'failed', 'https://e.example/0', NULL, '2026-03-01 00:09:00+00', NULL);
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000710', '00000000-0000-7000-8000-000000000007', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc2c6', 2.500000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:10:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000711', '00000000-0000-7000-8000-000000000007', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc2c7', 2.750000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:11:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000712', '00000000-0000-7000-8000-000000000007', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc2c8', 3.000000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:12:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000713', '00000000-0000-7000-8000-000000000007', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc2c9', 3.250000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:13:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000714', '00000000-0000-7000-8000-000000000007', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc2ca', 3.500000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:14:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000801', '00000000-0000-7000-8000-000000000008', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc321', 0.250000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:01:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000802', '00000000-0000-7000-8000-000000000008', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc322', 0.500000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:02:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000803', '00000000-0000-7000-8000-000000000008', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc323', 0.750000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:03:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000804', '00000000-0000-7000-8000-000000000008', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc324', 1.000000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:04:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000805', '00000000-0000-7000-8000-000000000008', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc325', 1.250000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:05:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000806', '00000000-0000-7000-8000-000000000008', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc326', 1.500000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:06:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000807', '00000000-0000-7000-8000-000000000008', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc327', 1.750000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:07:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000809', '00000000-0000-7000-8000-000000000008', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc329', 2.250000, 'failed', 'https://e.example/0', NULL, '2026-03-01 00:09:00+00', NULL);
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000810', '00000000-0000-7000-8000-000000000008', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc32a', 2.500000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:10:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000811', '00000000-0000-7000-8000-000000000008', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc32b', 2.750000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:11:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000812', '00000000-0000-7000-8000-000000000008', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc32c', 3.000000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:12:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000813', '00000000-0000-7000-8000-000000000008', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc32d', 3.250000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:13:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000814', '00000000-0000-7000-8000-000000000008', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc32e', 3.500000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:14:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000901', '00000000-0000-7000-8000-000000000009', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc385', 0.250000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:01:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000902', '00000000-0000-7000-8000-000000000009', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc386', 0.500000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:02:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000903', '00000000-0000-7000-8000-000000000009', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc387', 0.750000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:03:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000904', '00000000-0000-7000-8000-000000000009', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc388', 1.000000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:04:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000905', '00000000-0000-7000-8000-000000000009', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc389', 1.250000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:05:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000906', '00000000-0000-7000-8000-000000000009', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc38a', 1.500000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:06:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000907', '00000000-0000-7000-8000-000000000009', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc38b', 1.750000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:07:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000908', '00000000-0000-7000-8000-000000000009', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc38c', 2.000000, 'pending', 'https://e.example/2', NULL, '2026-03-01 00:08:00+00', NULL);
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000909', '00000000-0000-7000-8000-000000000009', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc38d', 2.250000, 'failed', 'https://e.example/0', NULL, '2026-03-01 00:09:00+00', NULL);
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000910', '00000000-0000-7000-8000-000000000009', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc38e', 2.500000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:10:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000911', '00000000-0000-7000-8000-000000000009', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc38f', 2.750000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:11:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000912', '00000000-0000-7000-8000-000000000009', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc390', 3.000000, 'verified', 'https://e.example/0', NULL, '2026-03-01 00:12:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000913', '00000000-0000-7000-8000-000000000009', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc391', 3.250000, 'verified', 'https://e.example/1', NULL, '2026-03-01 00:13:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000914', '00000000-0000-7000-8000-000000000009', 'celo', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc392', 3.500000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:14:00+00', '2026-03-05 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000408', '00000000-0000-7000-8000-000000000004', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc198', 2.000000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:08:00+00', '2026-03-09 00:00:00+00');
INSERT INTO public.erc8004_agent_payments VALUES ('00000000-0000-7000-c000-000000000808', '00000000-0000-7000-8000-000000000008', 'base', '0xccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc328', 2.000000, 'verified', 'https://e.example/2', NULL, '2026-03-01 00:08:00+00', '2026-03-09 00:00:00+00');

INSERT INTO public.erc8004_agent_search VALUES ('00000000-0000-7000-8000-000000000010', 10, 'base', '0x0000000000000000000000000000000000000001', 'active', '2026-01-01 10:00:00+00', '2026-01-02 10:00:00+00', '{}', false, '', 0, NULL, 0, NULL, 'new', false);
INSERT INTO public.erc8004_agent_search VALUES ('00000000-0000-7000-8000-000000000011', 11, 'base', '0x0000000000000000000000000000000000000002', 'active', '2026-01-01 11:00:00+00', '2026-01-02 11:00:00+00', '{mcp}', false, '''11'':2,5 ''agent'':1 ''does'':3 ''thing'':4', 0, NULL, 0, NULL, 'new', false);
INSERT INTO public.erc8004_agent_search VALUES ('00000000-0000-7000-8000-000000000012', 12, 'celo', '0x0000000000000000000000000000000000000003', 'active', '2026-01-01 12:00:00+00', '2026-01-02 12:00:00+00', '{mcp}', true, '''12'':2,5 ''agent'':1 ''does'':3 ''thing'':4', 0, NULL, 0, NULL, 'new', true);
INSERT INTO public.erc8004_agent_search VALUES ('00000000-0000-7000-8000-000000000099', 115792089237316195423570985008687907853269984665640564039457584007913129639937, 'taiko', '0x2222222222222222222222222222222222222222', 'active', '2026-02-01 00:00:00+00', '2026-02-01 00:00:00+00', '{}', false, '', 0, NULL, 0, NULL, 'new', false);
INSERT INTO public.erc8004_agent_search VALUES ('00000000-0000-7000-8000-000000000001', 1, 'base', '0x0000000000000000000000000000000000000002', 'active', '2026-01-01 01:00:00+00', '2026-03-01 00:12:00+00', '{mcp}', false, '''1'':2,5 ''agent'':1 ''does'':3 ''thing'':4', 11, 74.54, 0, NULL, 'fair', false);
INSERT INTO public.erc8004_agent_search VALUES ('00000000-0000-7000-8000-000000000002', 2, 'base', '0x0000000000000000000000000000000000000003', 'active', '2026-01-01 02:00:00+00', '2026-03-01 00:14:00+00', '{mcp}', true, '''2'':2,5 ''agent'':1 ''does'':3 ''thing'':4', 11, 74.54, 14, 92.31, 'good', false);
INSERT INTO public.erc8004_agent_search VALUES ('00000000-0000-7000-8000-000000000004', 4, 'base', '0x0000000000000000000000000000000000000005', 'active', '2026-01-01 04:00:00+00', '2026-03-01 00:14:00+00', '{mcp}', true, '''4'':2,5 ''agent'':1 ''does'':3 ''thing'':4', 11, 74.54, 14, 92.31, 'good', true);
INSERT INTO public.erc8004_agent_search VALUES ('00000000-0000-7000-8000-000000000005', 5, 'base', '0x0000000000000000000000000000000000000001', 'active', '2026-01-01 05:00:00+00', '2026-03-01 00:14:00+00', '{}', false, '', 11, 74.54, 14, 92.31, 'good', false);
INSERT INTO public.erc8004_agent_search VALUES ('00000000-0000-7000-8000-000000000006', 6, 'celo', '0x0000000000000000000000000000000000000002', 'active', '2026-01-01 06:00:00+00', '2026-03-01 00:14:00+00', '{mcp}', true, '''6'':2,5 ''agent'':1 ''does'':3 ''thing'':4', 11, 74.54, 14, 92.31, 'good', false);
INSERT INTO public.erc8004_agent_search VALUES ('00000000-0000-7000-8000-000000000007', 7, 'base', '0x0000000000000000000000000000000000000003', 'suspended', '2026-01-01 07:00:00+00', '2026-03-01 00:14:00+00', '{mcp}', false, '''7'':2,5 ''agent'':1 ''does'':3 ''thing'':4', 11, 74.54, 14, 92.31, 'good', false);
INSERT INTO public.erc8004_agent_search VALUES ('00000000-0000-7000-8000-000000000008', 8, 'base', '0x0000000000000000000000000000000000000004', 'active', '2026-01-01 08:00:00+00', '2026-03-01 00:14:00+00', '{mcp}', true, '''8'':2,5 ''agent'':1 ''does'':3 ''thing'':4', 11, 74.54, 14, 92.31, 'good', true);
INSERT INTO public.erc8004_agent_search VALUES ('00000000-0000-7000-8000-000000000009', 9, 'celo', '0x0000000000000000000000000000000000000005', 'active', '2026-01-01 09:00:00+00', '2026-03-01 00:14:00+00', '{mcp}', false, '''9'':2,5 ''agent'':1 ''does'':3 ''thing'':4', 0, NULL, 14, 92.31, 'fair', false);
INSERT INTO public.erc8004_agent_search VALUES ('00000000-0000-7000-8000-000000000003', 3, 'celo', '0x8888888888888888888888888888888888888888', 'active', '2026-01-01 03:00:00+00', '2026-03-01 00:14:00+00', '{mcp}', false, '''3'':2,5 ''agent'':1 ''does'':3 ''thing'':4', 11, 74.54, 14, 92.31, 'good', false);

INSERT INTO public.erc8004_agents VALUES ('00000000-0000-7000-8000-000000000001', 1, 'base', '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x0000000000000000000000000000000000000002', 'https://agent1.example/card.json', '{"name": "Agent 1", "services": [{"name": "MCP"}], "description": "does thing_1", "x402Support": false}', 'active', '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1', 1001, '2026-01-01 01:00:00+00', '2026-01-02 01:00:00+00', '2026-01-02 01:00:00+00', false, 1);
INSERT INTO public.erc8004_agents VALUES ('00000000-0000-7000-8000-000000000002', 2, 'base', '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x0000000000000000000000000000000000000003', 'https://agent2.example/card.json', '{"name": "Agent 2", "services": [{"name": "MCP"}], "description": "does thing_2", "x402Support": true}', 'active', '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2', 1002, '2026-01-01 02:00:00+00', '2026-01-02 02:00:00+00', '2026-01-02 02:00:00+00', false, 2);
INSERT INTO public.erc8004_agents VALUES ('00000000-0000-7000-8000-000000000004', 4, 'base', '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x0000000000000000000000000000000000000005', 'https://agent4.example/card.json', '{"name": "Agent 4", "services": [{"name": "MCP"}], "description": "does thing_4", "x402Support": true}', 'active', '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa4', 1004, '2026-01-01 04:00:00+00', '2026-01-02 04:00:00+00', '2026-01-02 04:00:00+00', true, 4);
INSERT INTO public.erc8004_agents VALUES ('00000000-0000-7000-8000-000000000005', 5, 'base', '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x0000000000000000000000000000000000000001', 'https://agent5.example/card.json', NULL, 'active', '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa5', 1005, '2026-01-01 05:00:00+00', '2026-01-02 05:00:00+00', '2026-01-02 05:00:00+00', false, 5);
INSERT INTO public.erc8004_agents VALUES ('00000000-0000-7000-8000-000000000006', 6, 'celo', '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x0000000000000000000000000000000000000002', 'https://agent6.example/card.json', '{"name": "Agent 6", "services": [{"name": "MCP"}], "description": "does thing_6", "x402Support": true}', 'active', '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa6', 1006, '2026-01-01 06:00:00+00', '2026-01-02 06:00:00+00', '2026-01-02 06:00:00+00', false, 6);
INSERT INTO public.erc8004_agents VALUES ('00000000-0000-7000-8000-000000000007', 7, 'base', '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x0000000000000000000000000000000000000003', 'https://agent7.example/card.json', '{"name": "Agent 7", "services": [{"name": "MCP"}], "description": "does thing_7", "x402Support": false}', 'suspended', '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa7', 1007, '2026-01-01 07:00:00+00', '2026-01-02 07:00:00+00', '2026-01-02 07:00:00+00', false, 7);
INSERT INTO public.erc8004_agents VALUES ('00000000-0000-7000-8000-000000000008', 8, 'base', '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x0000000000000000000000000000000000000004', 'https://agent8.example/card.json', '{"name": "Agent 8", "services": [{"name": "MCP"}], "description": "does thing_8", "x402Support": true}', 'active', '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa8', 1008, '2026-01-01 08:00:00+00', '2026-01-02 08:00:00+00', '2026-01-02 08:00:00+00', true, 8);
INSERT INTO public.erc8004_agents VALUES ('00000000-0000-7000-8000-000000000009', 9, 'celo', '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x0000000000000000000000000000000000000005', 'https://agent9.example/card.json', '{"name": "Agent 9", "services": [{"name": "MCP"}], "description": "does thing_9", "x402Support": false}', 'active', '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa9', 1009, '2026-01-01 09:00:00+00', '2026-01-02 09:00:00+00', '2026-01-02 09:00:00+00', false, 9);
INSERT INTO public.erc8004_agents VALUES ('00000000-0000-7000-8000-000000000010', 10, 'base', '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x0000000000000000000000000000000000000001', 'https://agent10.example/card.json', NULL, 'active', '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 1010, '2026-01-01 10:00:00+00', '2026-01-02 10:00:00+00', '2026-01-02 10:00:00+00', false, 10);
INSERT INTO public.erc8004_agents VALUES ('00000000-0000-7000-8000-000000000011', 11, 'base', '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x0000000000000000000000000000000000000002', 'https://agent11.example/card.json', '{"name": "Agent 11", "services": [{"name": "MCP"}], "description": "does thing_11", "x402Support": false}', 'active', '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab', 1011, '2026-01-01 11:00:00+00', '2026-01-02 11:00:00+00', '2026-01-02 11:00:00+00', false, 11);
INSERT INTO public.erc8004_agents VALUES ('00000000-0000-7000-8000-000000000012', 12, 'celo', '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x0000000000000000000000000000000000000003', 'https://agent12.example/card.json', '{"name": "Agent 12", "services": [{"name": "MCP"}], "description": "does thing_12", "x402Support": true}', 'active', '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac', 1012, '2026-01-01 12:00:00+00', '2026-01-02 12:00:00+00', '2026-01-02 12:00:00+00', true, 12);
INSERT INTO public.erc8004_agents VALUES ('00000000-0000-7000-8000-000000000099', 115792089237316195423570985008687907853269984665640564039457584007913129639937, 'taiko', '0x1111111111111111111111111111111111111111', '0x2222222222222222222222222222222222222222', NULL, NULL, 'active', NULL, NULL, '2026-02-01 00:00:00+00', '2026-02-01 00:00:00+00', '2026-02-01 00:00:00+00', false, NULL);
INSERT INTO public.erc8004_agents VALUES ('00000000-0000-7000-8000-000000000003', 3, 'celo', '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8888888888888888888888888888888888888888', 'https://agent3.example/card.json', '{"name": "Agent 3", "services": [{"name": "MCP"}], "description": "does thing_3", "x402Support": false}', 'active', '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa3', 1003, '2026-01-01 03:00:00+00', '2026-01-02 03:00:00+00', '2026-01-02 03:00:00+00', false, 3);

INSERT INTO public.erc8004_chains VALUES ('ethereum', 1, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('base', 8453, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('arbitrum', 42161, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('optimism', 10, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('polygon', 137, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('avalanche', 43114, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('bsc', 56, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('monad', 143, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('scroll', 534352, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('gnosis', 100, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('celo', 42220, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('taiko', 167000, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('linea', 59144, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('megaeth', 4326, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('xlayer', 196, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('abstract', 2741, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('mantle', 5000, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('soneium', 1868, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('goat', 2345, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('metis', 1088, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('hedera', 295, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('skale-base', 1187947933, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('shape', 360, false, '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', '0x8004baa17c55a88189ae136b182e5fda19de9b63', '0x8004cc8439f36fd5f9f049d9ff86523df6daab58');
INSERT INTO public.erc8004_chains VALUES ('sepolia', 11155111, true, '0x8004a818bfb912233c491871b3d84c89a494bd9e', '0x8004b663056a597dffe9eccc1965a193b7388713', '0x8004cb1bf31daf7788923b405b754f57aceb4272');
INSERT INTO public.erc8004_chains VALUES ('base-sepolia', 84532, true, '0x8004a818bfb912233c491871b3d84c89a494bd9e', '0x8004b663056a597dffe9eccc1965a193b7388713', '0x8004cb1bf31daf7788923b405b754f57aceb4272');
INSERT INTO public.erc8004_chains VALUES ('arbitrum-sepolia', 421614, true, '0x8004a818bfb912233c491871b3d84c89a494bd9e', '0x8004b663056a597dffe9eccc1965a193b7388713', '0x8004cb1bf31daf7788923b405b754f57aceb4272');
INSERT INTO public.erc8004_chains VALUES ('optimism-sepolia', 11155420, true, '0x8004a818bfb912233c491871b3d84c89a494bd9e', '0x8004b663056a597dffe9eccc1965a193b7388713', '0x8004cb1bf31daf7788923b405b754f57aceb4272');
INSERT INTO public.erc8004_chains VALUES ('polygon-amoy', 80002, true, '0x8004a818bfb912233c491871b3d84c89a494bd9e', '0x8004b663056a597dffe9eccc1965a193b7388713', '0x8004cb1bf31daf7788923b405b754f57aceb4272');
INSERT INTO public.erc8004_chains VALUES ('avalanche-fuji', 43113, true, '0x8004a818bfb912233c491871b3d84c89a494bd9e', '0x8004b663056a597dffe9eccc1965a193b7388713', '0x8004cb1bf31daf7788923b405b754f57aceb4272');
INSERT INTO public.erc8004_chains VALUES ('bsc-testnet', 97, true, '0x8004a818bfb912233c491871b3d84c89a494bd9e', '0x8004b663056a597dffe9eccc1965a193b7388713', '0x8004cb1bf31daf7788923b405b754f57aceb4272');
INSERT INTO public.erc8004_chains VALUES ('monad-testnet', 10143, true, '0x8004a818bfb912233c491871b3d84c89a494bd9e', '0x8004b663056a597dffe9eccc1965a193b7388713', '0x8004cb1bf31daf7788923b405b754f57aceb4272');
INSERT INTO public.erc8004_chains VALUES ('scroll-sepolia', 534351, true, '0x8004a818bfb912233c491871b3d84c89a494bd9e', '0x8004b663056a597dffe9eccc1965a193b7388713', '0x8004cb1bf31daf7788923b405b754f57aceb4272');
INSERT INTO public.erc8004_chains VALUES ('gnosis-chiado', 10200, true, '0x8004a818bfb912233c491871b3d84c89a494bd9e', '0x8004b663056a597dffe9eccc1965a193b7388713', '0x8004cb1bf31daf7788923b405b754f57aceb4272');
INSERT INTO public.erc8004_chains VALUES ('celo-sepolia', 11142220, true, '0x8004a818bfb912233c491871b3d84c89a494bd9e', '0x8004b663056a597dffe9eccc1965a193b7388713', '0x8004cb1bf31daf7788923b405b754f57aceb4272');
INSERT INTO public.erc8004_chains VALUES ('linea-sepolia', 59141, true, '0x8004a818bfb912233c491871b3d84c89a494bd9e', '0x8004b663056a597dffe9eccc1965a193b7388713', '0x8004cb1bf31daf7788923b405b754f57aceb4272');

INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000008', '0x0000000000000000000000000000000000000016', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000001', '0x0000000000000000000000000000000000000015', 2, 2, 72.00, 0, 1, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000001', '0x0000000000000000000000000000000000000014', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000003', '0x0000000000000000000000000000000000000018', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000004', '0x0000000000000000000000000000000000000015', 2, 2, 72.00, 0, 1, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000004', '0x0000000000000000000000000000000000000018', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000003', '0x0000000000000000000000000000000000000014', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000002', '0x0000000000000000000000000000000000000014', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000001', '0x0000000000000000000000000000000000000016', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000006', '0x0000000000000000000000000000000000000016', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000006', '0x0000000000000000000000000000000000000014', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000008', '0x0000000000000000000000000000000000000019', 2, 2, 144.00, 1, 1, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000008', '0x0000000000000000000000000000000000000017', 1, 1, 81.00, 1, 0, 1);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000007', '0x0000000000000000000000000000000000000016', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000006', '0x0000000000000000000000000000000000000019', 2, 2, 144.00, 1, 1, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000005', '0x0000000000000000000000000000000000000014', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000007', '0x0000000000000000000000000000000000000019', 2, 2, 144.00, 1, 1, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000005', '0x0000000000000000000000000000000000000019', 2, 2, 144.00, 1, 1, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000001', '0x0000000000000000000000000000000000000018', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000007', '0x0000000000000000000000000000000000000017', 1, 1, 81.00, 1, 0, 1);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000007', '0x0000000000000000000000000000000000000018', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000007', '0x0000000000000000000000000000000000000014', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000005', '0x0000000000000000000000000000000000000018', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000005', '0x0000000000000000000000000000000000000017', 1, 1, 81.00, 1, 0, 1);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000002', '0x0000000000000000000000000000000000000018', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000008', '0x0000000000000000000000000000000000000018', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000002', '0x0000000000000000000000000000000000000015', 2, 2, 72.00, 0, 1, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000006', '0x0000000000000000000000000000000000000017', 1, 1, 81.00, 1, 0, 1);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000005', '0x0000000000000000000000000000000000000015', 2, 2, 72.00, 0, 1, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000003', '0x0000000000000000000000000000000000000019', 2, 2, 144.00, 1, 1, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000004', '0x0000000000000000000000000000000000000014', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000006', '0x0000000000000000000000000000000000000015', 2, 2, 72.00, 0, 1, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000002', '0x0000000000000000000000000000000000000016', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000008', '0x0000000000000000000000000000000000000015', 2, 2, 72.00, 0, 1, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000002', '0x0000000000000000000000000000000000000017', 1, 1, 81.00, 1, 0, 1);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000003', '0x0000000000000000000000000000000000000015', 2, 2, 72.00, 0, 1, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000007', '0x0000000000000000000000000000000000000015', 2, 2, 72.00, 0, 1, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000004', '0x0000000000000000000000000000000000000019', 2, 2, 144.00, 1, 1, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000001', '0x0000000000000000000000000000000000000017', 1, 1, 81.00, 1, 0, 1);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000004', '0x0000000000000000000000000000000000000017', 1, 1, 81.00, 1, 0, 1);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000002', '0x0000000000000000000000000000000000000019', 2, 2, 144.00, 1, 1, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000005', '0x0000000000000000000000000000000000000016', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000006', '0x0000000000000000000000000000000000000018', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000001', '0x0000000000000000000000000000000000000019', 2, 2, 144.00, 1, 1, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000003', '0x0000000000000000000000000000000000000017', 1, 1, 81.00, 1, 0, 1);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000004', '0x0000000000000000000000000000000000000016', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000003', '0x0000000000000000000000000000000000000016', 2, 1, 99.77, 1, 0, 0);
INSERT INTO public.erc8004_client_counts VALUES ('00000000-0000-7000-8000-000000000008', '0x0000000000000000000000000000000000000014', 2, 1, 99.77, 1, 0, 0);

INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000007', '2a44aec6-431e-9eaa-10ec-61814bfc47a3', 5);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000005', '5ef0ee46-eef1-2b12-0393-045f406d5e98', 4);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000006', '2a44aec6-431e-9eaa-10ec-61814bfc47a3', 5);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000002', 'ca769d03-c1d5-bde9-e804-97a1656fe1db', 5);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000004', 'ca769d03-c1d5-bde9-e804-97a1656fe1db', 5);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000005', 'ca769d03-c1d5-bde9-e804-97a1656fe1db', 5);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000003', 'ca769d03-c1d5-bde9-e804-97a1656fe1db', 5);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000002', '2a44aec6-431e-9eaa-10ec-61814bfc47a3', 5);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000007', 'ca769d03-c1d5-bde9-e804-97a1656fe1db', 5);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000008', '2a44aec6-431e-9eaa-10ec-61814bfc47a3', 5);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000007', '5ef0ee46-eef1-2b12-0393-045f406d5e98', 4);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000006', '5ef0ee46-eef1-2b12-0393-045f406d5e98', 4);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000003', '2a44aec6-431e-9eaa-10ec-61814bfc47a3', 5);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000002', '5ef0ee46-eef1-2b12-0393-045f406d5e98', 4);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000006', 'ca769d03-c1d5-bde9-e804-97a1656fe1db', 5);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000003', '5ef0ee46-eef1-2b12-0393-045f406d5e98', 4);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000008', '5ef0ee46-eef1-2b12-0393-045f406d5e98', 4);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000005', '2a44aec6-431e-9eaa-10ec-61814bfc47a3', 5);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000009', 'ca769d03-c1d5-bde9-e804-97a1656fe1db', 5);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000009', '2a44aec6-431e-9eaa-10ec-61814bfc47a3', 5);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000008', 'ca769d03-c1d5-bde9-e804-97a1656fe1db', 5);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000009', '5ef0ee46-eef1-2b12-0393-045f406d5e98', 4);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000004', '2a44aec6-431e-9eaa-10ec-61814bfc47a3', 5);
INSERT INTO public.erc8004_endpoint_counts VALUES ('00000000-0000-7000-8000-000000000004', '5ef0ee46-eef1-2b12-0393-045f406d5e98', 4);

INSERT INTO public.erc8004_feedback_changes VALUES ('00000000-0000-7000-8000-000000000001', '0x7777777777777777777777777777777777777777', 1, false, 88.00, '2026-03-09 00:00:00+00');
INSERT INTO public.erc8004_feedback_changes VALUES ('00000000-0000-7000-8000-000000000010', '0x7777777777777777777777777777777777777777', 1, false, 88.00, '2026-03-09 00:00:00+00');

INSERT INTO public.erc8004_feedback_counts VALUES ('00000000-0000-7000-8000-000000000002', 11, 8, 596.31, 5, 2, 1, 6, '2026-03-01 00:12:00+00');
INSERT INTO public.erc8004_feedback_counts VALUES ('00000000-0000-7000-8000-000000000008', 11, 8, 596.31, 5, 2, 1, 6, '2026-03-01 00:12:00+00');
INSERT INTO public.erc8004_feedback_counts VALUES ('00000000-0000-7000-8000-000000000005', 11, 8, 596.31, 5, 2, 1, 6, '2026-03-01 00:12:00+00');
INSERT INTO public.erc8004_feedback_counts VALUES ('00000000-0000-7000-8000-000000000007', 11, 8, 596.31, 5, 2, 1, 6, '2026-03-01 00:12:00+00');
INSERT INTO public.erc8004_feedback_counts VALUES ('00000000-0000-7000-8000-000000000004', 11, 8, 596.31, 5, 2, 1, 6, '2026-03-01 00:12:00+00');
INSERT INTO public.erc8004_feedback_counts VALUES ('00000000-0000-7000-8000-000000000006', 11, 8, 596.31, 5, 2, 1, 6, '2026-03-01 00:12:00+00');
INSERT INTO public.erc8004_feedback_counts VALUES ('00000000-0000-7000-8000-000000000003', 11, 8, 596.31, 5, 2, 1, 6, '2026-03-01 00:12:00+00');
INSERT INTO public.erc8004_feedback_counts VALUES ('00000000-0000-7000-8000-000000000001', 11, 8, 596.31, 5, 2, 1, 6, '2026-03-01 00:12:00+00');

INSERT INTO public.erc8004_feedback_responses VALUES ('00000000-0000-7000-a000-000000000105', '00000000-0000-7000-9000-000000000105', '0x3333333333333333333333333333333333333333', 'https://r.example', NULL, '2026-03-03 00:00:00+00');
INSERT INTO public.erc8004_feedback_responses VALUES ('00000000-0000-7000-a000-000000000205', '00000000-0000-7000-9000-000000000205', '0x3333333333333333333333333333333333333333', 'https://r.example', NULL, '2026-03-03 00:00:00+00');
INSERT INTO public.erc8004_feedback_responses VALUES ('00000000-0000-7000-a000-000000000305', '00000000-0000-7000-9000-000000000305', '0x3333333333333333333333333333333333333333', 'https://r.example', NULL, '2026-03-03 00:00:00+00');
INSERT INTO public.erc8004_feedback_responses VALUES ('00000000-0000-7000-a000-000000000405', '00000000-0000-7000-9000-000000000405', '0x3333333333333333333333333333333333333333', 'https://r.example', NULL, '2026-03-03 00:00:00+00');
INSERT INTO public.erc8004_feedback_responses VALUES ('00000000-0000-7000-a000-000000000505', '00000000-0000-7000-9000-000000000505', '0x3333333333333333333333333333333333333333', 'https://r.example', NULL, '2026-03-03 00:00:00+00');
INSERT INTO public.erc8004_feedback_responses VALUES ('00000000-0000-7000-a000-000000000605', '00000000-0000-7000-9000-000000000605', '0x3333333333333333333333333333333333333333', 'https://r.example', NULL, '2026-03-03 00:00:00+00');
INSERT INTO public.erc8004_feedback_responses VALUES ('00000000-0000-7000-a000-000000000705', '00000000-0000-7000-9000-000000000705', '0x3333333333333333333333333333333333333333', 'https://r.example', NULL, '2026-03-03 00:00:00+00');
INSERT INTO public.erc8004_feedback_responses VALUES ('00000000-0000-7000-a000-000000000805', '00000000-0000-7000-9000-000000000805', '0x3333333333333333333333333333333333333333', 'https://r.example', NULL, '2026-03-03 00:00:00+00');

INSERT INTO public.erc8004_payment_changes VALUES ('00000000-0000-7000-8000-000000000004', -1, 'pending', 2.000000, 'https://e.example/2', '2026-03-01 00:08:00+00');
INSERT INTO public.erc8004_payment_changes VALUES ('00000000-0000-7000-8000-000000000008', -1, 'pending', 2.000000, 'https://e.example/2', '2026-03-01 00:08:00+00');
INSERT INTO public.erc8004_payment_changes VALUES ('00000000-0000-7000-8000-000000000004', 1, 'verified', 2.000000, 'https://e.example/2', '2026-03-01 00:08:00+00');
INSERT INTO public.erc8004_payment_changes VALUES ('00000000-0000-7000-8000-000000000008', 1, 'verified', 2.000000, 'https://e.example/2', '2026-03-01 00:08:00+00');

INSERT INTO public.erc8004_payment_counts VALUES ('00000000-0000-7000-8000-000000000002', 14, 12, 1, 22.000000, 3, '2026-03-01 00:14:00+00');
INSERT INTO public.erc8004_payment_counts VALUES ('00000000-0000-7000-8000-000000000008', 14, 12, 1, 22.000000, 3, '2026-03-01 00:14:00+00');
INSERT INTO public.erc8004_payment_counts VALUES ('00000000-0000-7000-8000-000000000005', 14, 12, 1, 22.000000, 3, '2026-03-01 00:14:00+00');
INSERT INTO public.erc8004_payment_counts VALUES ('00000000-0000-7000-8000-000000000007', 14, 12, 1, 22.000000, 3, '2026-03-01 00:14:00+00');
INSERT INTO public.erc8004_payment_counts VALUES ('00000000-0000-7000-8000-000000000004', 14, 12, 1, 22.000000, 3, '2026-03-01 00:14:00+00');
INSERT INTO public.erc8004_payment_counts VALUES ('00000000-0000-7000-8000-000000000006', 14, 12, 1, 22.000000, 3, '2026-03-01 00:14:00+00');
INSERT INTO public.erc8004_payment_counts VALUES ('00000000-0000-7000-8000-000000000003', 14, 12, 1, 22.000000, 3, '2026-03-01 00:14:00+00');
INSERT INTO public.erc8004_payment_counts VALUES ('00000000-0000-7000-8000-000000000009', 14, 12, 1, 22.000000, 3, '2026-03-01 00:14:00+00');

INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000101', '00000000-0000-7000-8000-000000000001', '0x0000000000000000000000000000000000000015', 9, 0, 9.00, 'starred', NULL, 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:01:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000201', '00000000-0000-7000-8000-000000000002', '0x0000000000000000000000000000000000000015', 9, 0, 9.00, 'starred', NULL, 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:01:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000301', '00000000-0000-7000-8000-000000000003', '0x0000000000000000000000000000000000000015', 9, 0, 9.00, 'starred', NULL, 'https://e.example/1', NULL, NULL, 'celo', NULL, false, NULL, NULL, '2026-03-01 00:01:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000401', '00000000-0000-7000-8000-000000000004', '0x0000000000000000000000000000000000000015', 9, 0, 9.00, 'starred', NULL, 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:01:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000501', '00000000-0000-7000-8000-000000000005', '0x0000000000000000000000000000000000000015', 9, 0, 9.00, 'starred', NULL, 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:01:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000601', '00000000-0000-7000-8000-000000000006', '0x0000000000000000000000000000000000000015', 9, 0, 9.00, 'starred', NULL, 'https://e.example/1', NULL, NULL, 'celo', NULL, false, NULL, NULL, '2026-03-01 00:01:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000701', '00000000-0000-7000-8000-000000000007', '0x0000000000000000000000000000000000000015', 9, 0, 9.00, 'starred', NULL, 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:01:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000801', '00000000-0000-7000-8000-000000000008', '0x0000000000000000000000000000000000000015', 9, 0, 9.00, 'starred', NULL, 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:01:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000102', '00000000-0000-7000-8000-000000000001', '0x0000000000000000000000000000000000000016', 18, 0, NULL, 'odd', 'x', 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:02:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000202', '00000000-0000-7000-8000-000000000002', '0x0000000000000000000000000000000000000016', 18, 0, NULL, 'odd', 'x', 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:02:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000302', '00000000-0000-7000-8000-000000000003', '0x0000000000000000000000000000000000000016', 18, 0, NULL, 'odd', 'x', 'https://e.example/2', NULL, NULL, 'celo', NULL, false, NULL, NULL, '2026-03-01 00:02:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000402', '00000000-0000-7000-8000-000000000004', '0x0000000000000000000000000000000000000016', 18, 0, NULL, 'odd', 'x', 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:02:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000502', '00000000-0000-7000-8000-000000000005', '0x0000000000000000000000000000000000000016', 18, 0, NULL, 'odd', 'x', 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:02:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000602', '00000000-0000-7000-8000-000000000006', '0x0000000000000000000000000000000000000016', 18, 0, NULL, 'odd', 'x', 'https://e.example/2', NULL, NULL, 'celo', NULL, false, NULL, NULL, '2026-03-01 00:02:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000702', '00000000-0000-7000-8000-000000000007', '0x0000000000000000000000000000000000000016', 18, 0, NULL, 'odd', 'x', 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:02:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000802', '00000000-0000-7000-8000-000000000008', '0x0000000000000000000000000000000000000016', 18, 0, NULL, 'odd', 'x', 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:02:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000104', '00000000-0000-7000-8000-000000000001', '0x0000000000000000000000000000000000000018', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:04:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000204', '00000000-0000-7000-8000-000000000002', '0x0000000000000000000000000000000000000018', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:04:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000304', '00000000-0000-7000-8000-000000000003', '0x0000000000000000000000000000000000000018', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/1', NULL, NULL, 'celo', NULL, false, NULL, NULL, '2026-03-01 00:04:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000404', '00000000-0000-7000-8000-000000000004', '0x0000000000000000000000000000000000000018', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:04:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000504', '00000000-0000-7000-8000-000000000005', '0x0000000000000000000000000000000000000018', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:04:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000604', '00000000-0000-7000-8000-000000000006', '0x0000000000000000000000000000000000000018', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/1', NULL, NULL, 'celo', NULL, false, NULL, NULL, '2026-03-01 00:04:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000704', '00000000-0000-7000-8000-000000000007', '0x0000000000000000000000000000000000000018', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:04:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000804', '00000000-0000-7000-8000-000000000008', '0x0000000000000000000000000000000000000018', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:04:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000105', '00000000-0000-7000-8000-000000000001', '0x0000000000000000000000000000000000000019', 45, 0, 45.00, 'starred', NULL, 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:05:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000205', '00000000-0000-7000-8000-000000000002', '0x0000000000000000000000000000000000000019', 45, 0, 45.00, 'starred', NULL, 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:05:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000305', '00000000-0000-7000-8000-000000000003', '0x0000000000000000000000000000000000000019', 45, 0, 45.00, 'starred', NULL, 'https://e.example/2', NULL, NULL, 'celo', NULL, false, NULL, NULL, '2026-03-01 00:05:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000405', '00000000-0000-7000-8000-000000000004', '0x0000000000000000000000000000000000000019', 45, 0, 45.00, 'starred', NULL, 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:05:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000505', '00000000-0000-7000-8000-000000000005', '0x0000000000000000000000000000000000000019', 45, 0, 45.00, 'starred', NULL, 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:05:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000605', '00000000-0000-7000-8000-000000000006', '0x0000000000000000000000000000000000000019', 45, 0, 45.00, 'starred', NULL, 'https://e.example/2', NULL, NULL, 'celo', NULL, false, NULL, NULL, '2026-03-01 00:05:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000705', '00000000-0000-7000-8000-000000000007', '0x0000000000000000000000000000000000000019', 45, 0, 45.00, 'starred', NULL, 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:05:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000805', '00000000-0000-7000-8000-000000000008', '0x0000000000000000000000000000000000000019', 45, 0, 45.00, 'starred', NULL, 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:05:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000106', '00000000-0000-7000-8000-000000000001', '0x0000000000000000000000000000000000000014', 54, 0, NULL, 'odd', 'x', 'https://e.example/0', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:06:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000206', '00000000-0000-7000-8000-000000000002', '0x0000000000000000000000000000000000000014', 54, 0, NULL, 'odd', 'x', 'https://e.example/0', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:06:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000306', '00000000-0000-7000-8000-000000000003', '0x0000000000000000000000000000000000000014', 54, 0, NULL, 'odd', 'x', 'https://e.example/0', NULL, NULL, 'celo', NULL, false, NULL, NULL, '2026-03-01 00:06:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000406', '00000000-0000-7000-8000-000000000004', '0x0000000000000000000000000000000000000014', 54, 0, NULL, 'odd', 'x', 'https://e.example/0', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:06:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000506', '00000000-0000-7000-8000-000000000005', '0x0000000000000000000000000000000000000014', 54, 0, NULL, 'odd', 'x', 'https://e.example/0', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:06:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000606', '00000000-0000-7000-8000-000000000006', '0x0000000000000000000000000000000000000014', 54, 0, NULL, 'odd', 'x', 'https://e.example/0', NULL, NULL, 'celo', NULL, false, NULL, NULL, '2026-03-01 00:06:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000706', '00000000-0000-7000-8000-000000000007', '0x0000000000000000000000000000000000000014', 54, 0, NULL, 'odd', 'x', 'https://e.example/0', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:06:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000806', '00000000-0000-7000-8000-000000000008', '0x0000000000000000000000000000000000000014', 54, 0, NULL, 'odd', 'x', 'https://e.example/0', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:06:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000107', '00000000-0000-7000-8000-000000000001', '0x0000000000000000000000000000000000000015', 63, 0, 63.00, NULL, NULL, 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:07:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000207', '00000000-0000-7000-8000-000000000002', '0x0000000000000000000000000000000000000015', 63, 0, 63.00, NULL, NULL, 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:07:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000307', '00000000-0000-7000-8000-000000000003', '0x0000000000000000000000000000000000000015', 63, 0, 63.00, NULL, NULL, 'https://e.example/1', NULL, NULL, 'celo', NULL, false, NULL, NULL, '2026-03-01 00:07:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000407', '00000000-0000-7000-8000-000000000004', '0x0000000000000000000000000000000000000015', 63, 0, 63.00, NULL, NULL, 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:07:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000507', '00000000-0000-7000-8000-000000000005', '0x0000000000000000000000000000000000000015', 63, 0, 63.00, NULL, NULL, 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:07:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000607', '00000000-0000-7000-8000-000000000006', '0x0000000000000000000000000000000000000015', 63, 0, 63.00, NULL, NULL, 'https://e.example/1', NULL, NULL, 'celo', NULL, false, NULL, NULL, '2026-03-01 00:07:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000707', '00000000-0000-7000-8000-000000000007', '0x0000000000000000000000000000000000000015', 63, 0, 63.00, NULL, NULL, 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:07:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000807', '00000000-0000-7000-8000-000000000008', '0x0000000000000000000000000000000000000015', 63, 0, 63.00, NULL, NULL, 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:07:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000108', '00000000-0000-7000-8000-000000000001', '0x0000000000000000000000000000000000000016', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:08:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000208', '00000000-0000-7000-8000-000000000002', '0x0000000000000000000000000000000000000016', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:08:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000308', '00000000-0000-7000-8000-000000000003', '0x0000000000000000000000000000000000000016', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/2', NULL, NULL, 'celo', NULL, false, NULL, NULL, '2026-03-01 00:08:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000408', '00000000-0000-7000-8000-000000000004', '0x0000000000000000000000000000000000000016', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:08:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000508', '00000000-0000-7000-8000-000000000005', '0x0000000000000000000000000000000000000016', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:08:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000608', '00000000-0000-7000-8000-000000000006', '0x0000000000000000000000000000000000000016', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/2', NULL, NULL, 'celo', NULL, false, NULL, NULL, '2026-03-01 00:08:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000708', '00000000-0000-7000-8000-000000000007', '0x0000000000000000000000000000000000000016', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:08:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000808', '00000000-0000-7000-8000-000000000008', '0x0000000000000000000000000000000000000016', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:08:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000109', '00000000-0000-7000-8000-000000000001', '0x0000000000000000000000000000000000000017', 81, 0, 81.00, 'starred', NULL, 'https://e.example/0', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:09:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000209', '00000000-0000-7000-8000-000000000002', '0x0000000000000000000000000000000000000017', 81, 0, 81.00, 'starred', NULL, 'https://e.example/0', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:09:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000309', '00000000-0000-7000-8000-000000000003', '0x0000000000000000000000000000000000000017', 81, 0, 81.00, 'starred', NULL, 'https://e.example/0', NULL, NULL, 'celo', NULL, false, NULL, NULL, '2026-03-01 00:09:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000409', '00000000-0000-7000-8000-000000000004', '0x0000000000000000000000000000000000000017', 81, 0, 81.00, 'starred', NULL, 'https://e.example/0', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:09:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000509', '00000000-0000-7000-8000-000000000005', '0x0000000000000000000000000000000000000017', 81, 0, 81.00, 'starred', NULL, 'https://e.example/0', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:09:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000609', '00000000-0000-7000-8000-000000000006', '0x0000000000000000000000000000000000000017', 81, 0, 81.00, 'starred', NULL, 'https://e.example/0', NULL, NULL, 'celo', NULL, false, NULL, NULL, '2026-03-01 00:09:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000709', '00000000-0000-7000-8000-000000000007', '0x0000000000000000000000000000000000000017', 81, 0, 81.00, 'starred', NULL, 'https://e.example/0', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:09:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000809', '00000000-0000-7000-8000-000000000008', '0x0000000000000000000000000000000000000017', 81, 0, 81.00, 'starred', NULL, 'https://e.example/0', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:09:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000110', '00000000-0000-7000-8000-000000000001', '0x0000000000000000000000000000000000000018', 90, 0, NULL, 'odd', 'x', 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:10:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000210', '00000000-0000-7000-8000-000000000002', '0x0000000000000000000000000000000000000018', 90, 0, NULL, 'odd', 'x', 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:10:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000310', '00000000-0000-7000-8000-000000000003', '0x0000000000000000000000000000000000000018', 90, 0, NULL, 'odd', 'x', 'https://e.example/1', NULL, NULL, 'celo', NULL, false, NULL, NULL, '2026-03-01 00:10:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000410', '00000000-0000-7000-8000-000000000004', '0x0000000000000000000000000000000000000018', 90, 0, NULL, 'odd', 'x', 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:10:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000510', '00000000-0000-7000-8000-000000000005', '0x0000000000000000000000000000000000000018', 90, 0, NULL, 'odd', 'x', 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:10:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000610', '00000000-0000-7000-8000-000000000006', '0x0000000000000000000000000000000000000018', 90, 0, NULL, 'odd', 'x', 'https://e.example/1', NULL, NULL, 'celo', NULL, false, NULL, NULL, '2026-03-01 00:10:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000710', '00000000-0000-7000-8000-000000000007', '0x0000000000000000000000000000000000000018', 90, 0, NULL, 'odd', 'x', 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:10:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000810', '00000000-0000-7000-8000-000000000008', '0x0000000000000000000000000000000000000018', 90, 0, NULL, 'odd', 'x', 'https://e.example/1', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:10:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000111', '00000000-0000-7000-8000-000000000001', '0x0000000000000000000000000000000000000019', 99, 0, 99.00, NULL, NULL, 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:11:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000211', '00000000-0000-7000-8000-000000000002', '0x0000000000000000000000000000000000000019', 99, 0, 99.00, NULL, NULL, 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:11:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000311', '00000000-0000-7000-8000-000000000003', '0x0000000000000000000000000000000000000019', 99, 0, 99.00, NULL, NULL, 'https://e.example/2', NULL, NULL, 'celo', NULL, false, NULL, NULL, '2026-03-01 00:11:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000411', '00000000-0000-7000-8000-000000000004', '0x0000000000000000000000000000000000000019', 99, 0, 99.00, NULL, NULL, 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:11:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000511', '00000000-0000-7000-8000-000000000005', '0x0000000000000000000000000000000000000019', 99, 0, 99.00, NULL, NULL, 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:11:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000611', '00000000-0000-7000-8000-000000000006', '0x0000000000000000000000000000000000000019', 99, 0, 99.00, NULL, NULL, 'https://e.example/2', NULL, NULL, 'celo', NULL, false, NULL, NULL, '2026-03-01 00:11:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000711', '00000000-0000-7000-8000-000000000007', '0x0000000000000000000000000000000000000019', 99, 0, 99.00, NULL, NULL, 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:11:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000811', '00000000-0000-7000-8000-000000000008', '0x0000000000000000000000000000000000000019', 99, 0, 99.00, NULL, NULL, 'https://e.example/2', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:11:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000112', '00000000-0000-7000-8000-000000000001', '0x0000000000000000000000000000000000000014', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/0', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:12:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000212', '00000000-0000-7000-8000-000000000002', '0x0000000000000000000000000000000000000014', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/0', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:12:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000312', '00000000-0000-7000-8000-000000000003', '0x0000000000000000000000000000000000000014', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/0', NULL, NULL, 'celo', NULL, false, NULL, NULL, '2026-03-01 00:12:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000412', '00000000-0000-7000-8000-000000000004', '0x0000000000000000000000000000000000000014', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/0', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:12:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000512', '00000000-0000-7000-8000-000000000005', '0x0000000000000000000000000000000000000014', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/0', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:12:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000612', '00000000-0000-7000-8000-000000000006', '0x0000000000000000000000000000000000000014', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/0', NULL, NULL, 'celo', NULL, false, NULL, NULL, '2026-03-01 00:12:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000712', '00000000-0000-7000-8000-000000000007', '0x0000000000000000000000000000000000000014', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/0', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:12:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000812', '00000000-0000-7000-8000-000000000008', '0x0000000000000000000000000000000000000014', 9977, 2, 99.77, 'uptime', 'x', 'https://e.example/0', NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-01 00:12:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000103', '00000000-0000-7000-8000-000000000001', '0x0000000000000000000000000000000000000017', 27, 0, 27.00, NULL, NULL, 'https://e.example/0', NULL, NULL, 'base', NULL, true, '2026-03-02 00:00:00+00', 'changed my mind', '2026-03-01 00:03:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000203', '00000000-0000-7000-8000-000000000002', '0x0000000000000000000000000000000000000017', 27, 0, 27.00, NULL, NULL, 'https://e.example/0', NULL, NULL, 'base', NULL, true, '2026-03-02 00:00:00+00', 'changed my mind', '2026-03-01 00:03:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000303', '00000000-0000-7000-8000-000000000003', '0x0000000000000000000000000000000000000017', 27, 0, 27.00, NULL, NULL, 'https://e.example/0', NULL, NULL, 'celo', NULL, true, '2026-03-02 00:00:00+00', 'changed my mind', '2026-03-01 00:03:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000403', '00000000-0000-7000-8000-000000000004', '0x0000000000000000000000000000000000000017', 27, 0, 27.00, NULL, NULL, 'https://e.example/0', NULL, NULL, 'base', NULL, true, '2026-03-02 00:00:00+00', 'changed my mind', '2026-03-01 00:03:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000503', '00000000-0000-7000-8000-000000000005', '0x0000000000000000000000000000000000000017', 27, 0, 27.00, NULL, NULL, 'https://e.example/0', NULL, NULL, 'base', NULL, true, '2026-03-02 00:00:00+00', 'changed my mind', '2026-03-01 00:03:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000603', '00000000-0000-7000-8000-000000000006', '0x0000000000000000000000000000000000000017', 27, 0, 27.00, NULL, NULL, 'https://e.example/0', NULL, NULL, 'celo', NULL, true, '2026-03-02 00:00:00+00', 'changed my mind', '2026-03-01 00:03:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000703', '00000000-0000-7000-8000-000000000007', '0x0000000000000000000000000000000000000017', 27, 0, 27.00, NULL, NULL, 'https://e.example/0', NULL, NULL, 'base', NULL, true, '2026-03-02 00:00:00+00', 'changed my mind', '2026-03-01 00:03:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000803', '00000000-0000-7000-8000-000000000008', '0x0000000000000000000000000000000000000017', 27, 0, 27.00, NULL, NULL, 'https://e.example/0', NULL, NULL, 'base', NULL, true, '2026-03-02 00:00:00+00', 'changed my mind', '2026-03-01 00:03:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000000177', '00000000-0000-7000-8000-000000000001', '0x7777777777777777777777777777777777777777', 88, 0, 88.00, NULL, NULL, NULL, NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-09 00:00:00+00');
INSERT INTO public.erc8004_reputation VALUES ('00000000-0000-7000-9000-000000001077', '00000000-0000-7000-8000-000000000010', '0x7777777777777777777777777777777777777777', 88, 0, 88.00, NULL, NULL, NULL, NULL, NULL, 'base', NULL, false, NULL, NULL, '2026-03-09 00:00:00+00');

INSERT INTO public.erc8004_stats_refreshes OVERRIDING SYSTEM VALUE VALUES (1, '2026-11-28 01:55:00.270823+00', '2026-11-28 01:55:00.308987+00', 0.006845, 0.017029, 0.003284, 0.010262, '{"agents": [], "feedback": 0, "payments": 0, "amount_usdc": "0.000000", "trust_levels": {}}');
INSERT INTO public.erc8004_stats_refreshes OVERRIDING SYSTEM VALUE VALUES (2, '2026-11-28 01:55:01.028161+00', '2026-11-28 01:55:01.087996+00', 0.024297, 0.018081, 0.010983, 0.005779, '{"agents": [{"chain": "base", "agents": 7, "status": "active", "claimed": 2}, {"chain": "base", "agents": 1, "status": "suspended", "claimed": 0}, {"chain": "celo", "agents": 4, "status": "active", "claimed": 1}, {"chain": "taiko", "agents": 1, "status": "active", "claimed": 0}], "feedback": 88, "payments": 112, "amount_usdc": "176.000000", "trust_levels": {"new": 4, "fair": 2, "good": 7}}');

INSERT INTO public.erc8004_tag_scales VALUES ('', 0, 100);
INSERT INTO public.erc8004_tag_scales VALUES ('starred', 0, 100);
INSERT INTO public.erc8004_tag_scales VALUES ('uptime', 0, 100);
INSERT INTO public.erc8004_tag_scales VALUES ('successRate', 0, 100);
INSERT INTO public.erc8004_tag_scales VALUES ('reachable', 0, 1);
INSERT INTO public.erc8004_tag_scales VALUES ('ownerVerified', 0, 1);

INSERT INTO public.erc8004_validations VALUES ('00000000-0000-7000-b000-000000000001', '00000000-0000-7000-8000-000000000001', 'base', '0x4444444444444444444444444444444444444444', '0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb1', NULL, '0x5555555555555555555555555555555555555555', 'pending', NULL, NULL, NULL, 'tee', '2026-03-01 00:00:00+00', NULL, '2099-01-01 00:00:00+00');
INSERT INTO public.erc8004_validations VALUES ('00000000-0000-7000-b000-000000000002', '00000000-0000-7000-8000-000000000002', 'base', '0x4444444444444444444444444444444444444444', '0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb2', NULL, '0x5555555555555555555555555555555555555555', 'completed', 90, NULL, NULL, 'tee', '2026-03-01 00:00:00+00', '2026-03-04 00:00:00+00', '2099-01-01 00:00:00+00');
INSERT INTO public.erc8004_validations VALUES ('00000000-0000-7000-b000-000000000003', '00000000-0000-7000-8000-000000000003', 'celo', '0x4444444444444444444444444444444444444444', '0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb3', NULL, '0x5555555555555555555555555555555555555555', 'pending', NULL, NULL, NULL, 'tee', '2026-03-01 00:00:00+00', NULL, '2099-01-01 00:00:00+00');
INSERT INTO public.erc8004_validations VALUES ('00000000-0000-7000-b000-000000000004', '00000000-0000-7000-8000-000000000004', 'base', '0x4444444444444444444444444444444444444444', '0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb4', NULL, '0x5555555555555555555555555555555555555555', 'completed', 90, NULL, NULL, 'tee', '2026-03-01 00:00:00+00', '2026-03-04 00:00:00+00', '2099-01-01 00:00:00+00');
INSERT INTO public.erc8004_validations VALUES ('00000000-0000-7000-b000-000000000005', '00000000-0000-7000-8000-000000000005', 'base', '0x4444444444444444444444444444444444444444', '0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb5', NULL, '0x5555555555555555555555555555555555555555', 'pending', NULL, NULL, NULL, 'tee', '2026-03-01 00:00:00+00', NULL, '2099-01-01 00:00:00+00');
INSERT INTO public.erc8004_validations VALUES ('00000000-0000-7000-b000-000000000006', '00000000-0000-7000-8000-000000000006', 'celo', '0x4444444444444444444444444444444444444444', '0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb6', NULL, '0x5555555555555555555555555555555555555555', 'completed', 90, NULL, NULL, 'tee', '2026-03-01 00:00:00+00', '2026-03-04 00:00:00+00', '2099-01-01 00:00:00+00');

INSERT INTO public.idempotency_keys VALUES ('00000000-0000-7000-d000-000000000001', 'once', '\x00', 201, '{}', '\x7b7d', '2026-11-28 01:55:00.978468+00');

INSERT INTO public.schema_migrations VALUES (1, '0001_create_chains', '2026-11-28 01:55:00.088107+00');
INSERT INTO public.schema_migrations VALUES (2, '0002_create_agents', '2026-11-28 01:55:00.102665+00');
INSERT INTO public.schema_migrations VALUES (3, '0003_create_feedback', '2026-11-28 01:55:00.122827+00');
INSERT INTO public.schema_migrations VALUES (4, '0004_create_validations_and_payments', '2026-11-28 01:55:00.141778+00');
INSERT INTO public.schema_migrations VALUES (5, '0005_create_api_keys', '2026-11-28 01:55:00.160934+00');
INSERT INTO public.schema_migrations VALUES (6, '0006_create_counts', '2026-11-28 01:55:00.176187+00');
INSERT INTO public.schema_migrations VALUES (7, '0007_create_statistics', '2026-11-28 01:55:00.210888+00');
INSERT INTO public.schema_migrations VALUES (8, '0008_create_agent_search', '2026-11-28 01:55:00.236171+00');
INSERT INTO public.schema_migrations VALUES (9, '0009_create_idempotency_keys', '2026-11-28 01:55:00.258701+00');
INSERT INTO public.schema_migrations VALUES (10, '0010_create_refresh', '2026-11-28 01:55:00.261558+00');
INSERT INTO public.schema_migrations VALUES (11, '0011_rebuild_search_indexes', '2026-11-28 01:55:00.318204+00');
INSERT INTO public.schema_migrations VALUES (12, '0012_lighten_writes', '2026-11-28 01:55:00.338194+00');
INSERT INTO public.schema_migrations VALUES (13, '0013_tell_contributions_once', '2026-11-28 01:55:00.34672+00');
INSERT INTO public.schema_migrations VALUES (14, '0014_plan_reads_once', '2026-11-28 01:55:00.354822+00');
INSERT INTO public.schema_migrations VALUES (15, '0015_refresh_in_order', '2026-11-28 01:55:00.356831+00');
INSERT INTO public.schema_migrations VALUES (16, '0016_import_at_less_cost', '2026-11-28 01:55:00.359065+00');
INSERT INTO public.schema_migrations VALUES (17, '0017_plan_answers_once', '2026-11-28 01:55:00.366739+00');
INSERT INTO public.schema_migrations VALUES (18, '0018_lighten_search', '2026-11-28 01:55:00.368478+00');
INSERT INTO public.schema_migrations VALUES (19, '0019_answer_by_one_plan', '2026-11-28 01:55:00.374922+00');
INSERT INTO public.schema_migrations VALUES (20, '0020_keep_the_last_activity', '2026-11-28 01:55:00.379279+00');
INSERT INTO public.schema_migrations VALUES (21, '0021_tell_claims_apart', '2026-11-28 01:55:00.380813+00');
INSERT INTO public.schema_migrations VALUES (22, '0022_show_claims_and_order_news', '2026-11-28 01:55:00.390268+00');
INSERT INTO public.schema_migrations VALUES (23, '0023_find_feedback_by_tag', '2026-11-28 01:55:00.396663+00');
INSERT INTO public.schema_migrations VALUES (24, '0024_keep_hashes_apart', '2026-11-28 01:55:00.400152+00');
INSERT INTO public.schema_migrations VALUES (25, '0025_confirm_keys', '2026-11-28 01:55:00.402635+00');
INSERT INTO public.schema_migrations VALUES (26, '0026_order_refreshes_by_number', '2026-11-28 01:55:00.406959+00');
INSERT INTO public.schema_migrations VALUES (27, '0027_tell_databases_apart', '2026-11-28 01:55:00.408362+00');

SELECT pg_catalog.setval('public.erc8004_local_agent_ids', 1, true);

SELECT pg_catalog.setval('public.erc8004_stats_refreshes_id_seq', 2, true);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT pk__api_keys PRIMARY KEY (id);

ALTER TABLE ONLY public.erc8004_agent_metadata
    ADD CONSTRAINT pk__erc8004_agent_metadata PRIMARY KEY (agent_uuid, key);

ALTER TABLE ONLY public.erc8004_agent_payments
    ADD CONSTRAINT pk__erc8004_agent_payments PRIMARY KEY (id);

ALTER TABLE ONLY public.erc8004_agent_search
    ADD CONSTRAINT pk__erc8004_agent_search PRIMARY KEY (agent_uuid);

ALTER TABLE ONLY public.erc8004_agents
    ADD CONSTRAINT pk__erc8004_agents PRIMARY KEY (id);

ALTER TABLE ONLY public.erc8004_chains
    ADD CONSTRAINT pk__erc8004_chains PRIMARY KEY (name);

ALTER TABLE ONLY public.erc8004_client_counts
    ADD CONSTRAINT pk__erc8004_client_counts PRIMARY KEY (agent_uuid, client_address);

ALTER TABLE ONLY public.erc8004_endpoint_counts
    ADD CONSTRAINT pk__erc8004_endpoint_counts PRIMARY KEY (agent_uuid, endpoint_hash);

ALTER TABLE ONLY public.erc8004_feedback_counts
    ADD CONSTRAINT pk__erc8004_feedback_counts PRIMARY KEY (agent_uuid);

ALTER TABLE ONLY public.erc8004_feedback_responses
    ADD CONSTRAINT pk__erc8004_feedback_responses PRIMARY KEY (id);

ALTER TABLE ONLY public.erc8004_payment_counts
    ADD CONSTRAINT pk__erc8004_payment_counts PRIMARY KEY (agent_uuid);

ALTER TABLE ONLY public.erc8004_reputation
    ADD CONSTRAINT pk__erc8004_reputation PRIMARY KEY (id);

ALTER TABLE ONLY public.erc8004_stats_refreshes
    ADD CONSTRAINT pk__erc8004_stats_refreshes PRIMARY KEY (id);

ALTER TABLE ONLY public.erc8004_tag_scales
    ADD CONSTRAINT pk__erc8004_tag_scales PRIMARY KEY (tag);

ALTER TABLE ONLY public.erc8004_validations
    ADD CONSTRAINT pk__erc8004_validations PRIMARY KEY (id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT pk__idempotency_keys PRIMARY KEY (api_key_id, idempotency_key);

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT pk__schema_migrations PRIMARY KEY (version);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT uq__api_keys__key UNIQUE (key);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT uq__api_keys__key_prefix UNIQUE (key_prefix);

ALTER TABLE ONLY public.erc8004_agent_payments
    ADD CONSTRAINT uq__erc8004_agent_payments__chain_tx UNIQUE (chain, tx_hash);

ALTER TABLE ONLY public.erc8004_agents
    ADD CONSTRAINT uq__erc8004_agents__chain_registry_agent UNIQUE (chain, registry_address, agent_id);

ALTER TABLE ONLY public.erc8004_chains
    ADD CONSTRAINT uq__erc8004_chains__chain_id UNIQUE (chain_id);

ALTER TABLE ONLY public.erc8004_validations
    ADD CONSTRAINT uq__erc8004_validations__chain_registry_request UNIQUE (request_hash, agent_uuid, chain, registry_address);

CREATE INDEX ix__api_keys__family ON public.api_keys USING btree (family_id, created_at);

CREATE INDEX ix__erc8004_agent_payments__agent_created ON public.erc8004_agent_payments USING btree (agent_uuid, created_at, id);

CREATE INDEX ix__erc8004_agent_search__agent_id ON public.erc8004_agent_search USING btree (agent_id);

CREATE INDEX ix__erc8004_agent_search__average_score ON public.erc8004_agent_search USING btree (average_score, registered_at, agent_uuid, trust_level, chain, total_feedback, success_rate, claimed) INCLUDE (status) WHERE (average_score IS NOT NULL);

CREATE INDEX ix__erc8004_agent_search__chain ON public.erc8004_agent_search USING btree (chain, status, claimed);

CREATE INDEX ix__erc8004_agent_search__claimed ON public.erc8004_agent_search USING btree (status) WHERE claimed;

CREATE INDEX ix__erc8004_agent_search__inactive ON public.erc8004_agent_search USING btree (status, claimed) WHERE (status <> 'active'::text);

CREATE INDEX ix__erc8004_agent_search__last_activity ON public.erc8004_agent_search USING btree (last_activity_at, agent_uuid, trust_level, chain, total_feedback, average_score, success_rate, claimed);

CREATE INDEX ix__erc8004_agent_search__owner ON public.erc8004_agent_search USING btree (owner_address);

CREATE INDEX ix__erc8004_agent_search__registered ON public.erc8004_agent_search USING btree (registered_at, agent_uuid, trust_level, chain, total_feedback, average_score, success_rate, claimed);

CREATE INDEX ix__erc8004_agent_search__services ON public.erc8004_agent_search USING gin (services);

CREATE INDEX ix__erc8004_agent_search__success_rate ON public.erc8004_agent_search USING btree (success_rate, status, trust_level, chain, claimed) WHERE (success_rate IS NOT NULL);

CREATE INDEX ix__erc8004_agent_search__total_feedback ON public.erc8004_agent_search USING btree (total_feedback, registered_at, agent_uuid, trust_level, chain, average_score, success_rate, claimed) INCLUDE (status) WHERE (total_feedback > 0);

CREATE INDEX ix__erc8004_agent_search__total_payments ON public.erc8004_agent_search USING btree (total_payments, registered_at, agent_uuid, trust_level, chain, total_feedback, average_score, success_rate, claimed) WHERE (total_payments > 0);

CREATE INDEX ix__erc8004_agent_search__trust_level ON public.erc8004_agent_search USING btree (trust_level, status, chain, claimed);

CREATE INDEX ix__erc8004_agent_search__words ON public.erc8004_agent_search USING gin (words);

CREATE INDEX ix__erc8004_agent_search__x402 ON public.erc8004_agent_search USING btree (agent_uuid) WHERE x402;

CREATE INDEX ix__erc8004_feedback_changes__agent ON public.erc8004_feedback_changes USING btree (agent_uuid);

CREATE INDEX ix__erc8004_feedback_responses__feedback_created ON public.erc8004_feedback_responses USING btree (feedback_id, created_at, id);

CREATE INDEX ix__erc8004_feedback_responses__feedback_responder ON public.erc8004_feedback_responses USING btree (feedback_id, responder_address, created_at, id);

CREATE INDEX ix__erc8004_payment_changes__agent ON public.erc8004_payment_changes USING btree (agent_uuid);

CREATE INDEX ix__erc8004_reputation__agent_client_created ON public.erc8004_reputation USING btree (agent_uuid, client_address, created_at, id);

CREATE INDEX ix__erc8004_reputation__agent_created ON public.erc8004_reputation USING btree (agent_uuid, is_revoked, created_at, id);

CREATE INDEX ix__erc8004_reputation__agent_tag1 ON public.erc8004_reputation USING btree (agent_uuid, tag1, is_revoked, created_at, id) WHERE (tag1 IS NOT NULL);

CREATE INDEX ix__erc8004_reputation__agent_tag2 ON public.erc8004_reputation USING btree (agent_uuid, tag2, is_revoked, created_at, id) WHERE (tag2 IS NOT NULL);

CREATE INDEX ix__erc8004_reputation__agent_tags ON public.erc8004_reputation USING btree (agent_uuid, tag1, tag2, is_revoked, created_at, id) WHERE ((tag1 IS NOT NULL) AND (tag2 IS NOT NULL));

CREATE INDEX ix__erc8004_validations__agent_created ON public.erc8004_validations USING btree (agent_uuid, created_at, id);

CREATE INDEX ix__erc8004_validations__hash_validator ON public.erc8004_validations USING btree (request_hash, validator_address, created_at, id);

CREATE INDEX ix__erc8004_validations__hash_validator_registry ON public.erc8004_validations USING btree (request_hash, validator_address, chain, registry_address, created_at, id);

CREATE INDEX ix__erc8004_validations__pending_expiry ON public.erc8004_validations USING btree (expires_at) WHERE (status = 'pending'::text);

CREATE INDEX ix__idempotency_keys__created ON public.idempotency_keys USING btree (created_at);

CREATE INDEX ix__mv_erc8004_agent_reputation__last_feedback ON public.mv_erc8004_agent_reputation USING btree (last_feedback_at);

CREATE UNIQUE INDEX uq__mv_erc8004_agent_payment_stats__agent ON public.mv_erc8004_agent_payment_stats USING btree (agent_uuid);

CREATE UNIQUE INDEX uq__mv_erc8004_agent_reputation__agent ON public.mv_erc8004_agent_reputation USING btree (agent_uuid);

CREATE TRIGGER tr__api_keys__changed BEFORE UPDATE OF status, expires_at, scopes, wallet_address, tier ON public.api_keys FOR EACH ROW EXECUTE FUNCTION public.erc8004_change_key();

CREATE TRIGGER tr__api_keys__deleted BEFORE DELETE ON public.api_keys FOR EACH ROW EXECUTE FUNCTION public.erc8004_change_key();

CREATE TRIGGER tr__api_keys__inserted BEFORE INSERT ON public.api_keys FOR EACH ROW EXECUTE FUNCTION public.erc8004_complete_key();

CREATE TRIGGER tr__erc8004_agent_payments__deleted AFTER DELETE ON public.erc8004_agent_payments REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION public.erc8004_note_payments();

CREATE TRIGGER tr__erc8004_agent_payments__inserted AFTER INSERT ON public.erc8004_agent_payments REFERENCING NEW TABLE AS come FOR EACH STATEMENT EXECUTE FUNCTION public.erc8004_note_payments();

CREATE TRIGGER tr__erc8004_agent_payments__updated AFTER UPDATE ON public.erc8004_agent_payments REFERENCING OLD TABLE AS gone NEW TABLE AS come FOR EACH STATEMENT EXECUTE FUNCTION public.erc8004_note_payments();

CREATE TRIGGER tr__erc8004_agents__deleted AFTER DELETE ON public.erc8004_agents REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION public.erc8004_drop_from_search();

CREATE TRIGGER tr__erc8004_agents__inserted AFTER INSERT ON public.erc8004_agents REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.erc8004_carry_into_search();

CREATE TRIGGER tr__erc8004_agents__owner_changed AFTER UPDATE OF owner_address ON public.erc8004_agents FOR EACH ROW WHEN ((old.owner_address <> new.owner_address)) EXECUTE FUNCTION public.erc8004_end_former_owner();

CREATE TRIGGER tr__erc8004_agents__truncated AFTER TRUNCATE ON public.erc8004_agents FOR EACH STATEMENT EXECUTE FUNCTION public.erc8004_drop_from_search();

CREATE TRIGGER tr__erc8004_agents__updated AFTER UPDATE ON public.erc8004_agents REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.erc8004_carry_into_search();

CREATE TRIGGER tr__erc8004_reputation__deleted AFTER DELETE ON public.erc8004_reputation REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION public.erc8004_note_feedback();

CREATE TRIGGER tr__erc8004_reputation__inserted AFTER INSERT ON public.erc8004_reputation REFERENCING NEW TABLE AS come FOR EACH STATEMENT EXECUTE FUNCTION public.erc8004_note_feedback();

CREATE TRIGGER tr__erc8004_reputation__set_score BEFORE INSERT ON public.erc8004_reputation FOR EACH ROW WHEN ((new.score IS NULL)) EXECUTE FUNCTION public.erc8004_set_score();

CREATE TRIGGER tr__erc8004_reputation__updated AFTER UPDATE ON public.erc8004_reputation REFERENCING OLD TABLE AS gone NEW TABLE AS come FOR EACH STATEMENT EXECUTE FUNCTION public.erc8004_note_feedback();

ALTER TABLE ONLY public.erc8004_agent_metadata
    ADD CONSTRAINT fk__erc8004_agent_metadata__agent FOREIGN KEY (agent_uuid) REFERENCES public.erc8004_agents(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.erc8004_agent_payments
    ADD CONSTRAINT fk__erc8004_agent_payments__agent FOREIGN KEY (agent_uuid) REFERENCES public.erc8004_agents(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.erc8004_agent_payments
    ADD CONSTRAINT fk__erc8004_agent_payments__chain FOREIGN KEY (chain) REFERENCES public.erc8004_chains(name);

ALTER TABLE ONLY public.erc8004_agents
    ADD CONSTRAINT fk__erc8004_agents__chain FOREIGN KEY (chain) REFERENCES public.erc8004_chains(name);

ALTER TABLE ONLY public.erc8004_client_counts
    ADD CONSTRAINT fk__erc8004_client_counts__agent FOREIGN KEY (agent_uuid) REFERENCES public.erc8004_agents(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.erc8004_endpoint_counts
    ADD CONSTRAINT fk__erc8004_endpoint_counts__agent FOREIGN KEY (agent_uuid) REFERENCES public.erc8004_agents(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.erc8004_feedback_counts
    ADD CONSTRAINT fk__erc8004_feedback_counts__agent FOREIGN KEY (agent_uuid) REFERENCES public.erc8004_agents(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.erc8004_feedback_responses
    ADD CONSTRAINT fk__erc8004_feedback_responses__feedback FOREIGN KEY (feedback_id) REFERENCES public.erc8004_reputation(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.erc8004_payment_counts
    ADD CONSTRAINT fk__erc8004_payment_counts__agent FOREIGN KEY (agent_uuid) REFERENCES public.erc8004_agents(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.erc8004_reputation
    ADD CONSTRAINT fk__erc8004_reputation__agent FOREIGN KEY (agent_uuid) REFERENCES public.erc8004_agents(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.erc8004_reputation
    ADD CONSTRAINT fk__erc8004_reputation__chain FOREIGN KEY (chain) REFERENCES public.erc8004_chains(name);

ALTER TABLE ONLY public.erc8004_validations
    ADD CONSTRAINT fk__erc8004_validations__agent FOREIGN KEY (agent_uuid) REFERENCES public.erc8004_agents(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.erc8004_validations
    ADD CONSTRAINT fk__erc8004_validations__chain FOREIGN KEY (chain) REFERENCES public.erc8004_chains(name);

REFRESH MATERIALIZED VIEW public.mv_erc8004_agent_payment_stats;

REFRESH MATERIALIZED VIEW public.mv_erc8004_agent_reputation;

