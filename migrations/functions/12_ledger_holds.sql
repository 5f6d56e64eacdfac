-- Lock order inside the ledger: hold < wallet < grants. Use only ids that a lock statement returned; read the clock
-- after the lock.
--
-- Functions of the hot path keep one generic plan (planning anew for each batch costs more than running) along the
-- indexes: a plan made while the tables were empty would otherwise read them whole after they have grown, until
-- somebody gathers statistics. For the same reason their statements find rows by id alone. A condition that a partial
-- index stands for (state = 'open', status = 'pending') offers the planner that index, which lists everybody's rows;
-- and a condition that few rows fulfilled when statistics were gathered makes the planner begin with them, however
-- many they are by now (num_nulls(x) > 0 says what x IS NULL says, and statistics know nothing of it). And they never
-- join two lists that came with the call: without hashing, that costs the product of their lengths.

-- Moves what has expired from a wallet's grants to breakage. The caller holds the wallet row.
CREATE OR REPLACE FUNCTION ledger.expire_wallet(p_wallet bigint, p_now timestamptz) RETURNS numeric
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_catalog, pg_temp AS $$
DECLARE
    v_sum numeric;
BEGIN
    WITH dead AS (
        SELECT id, remaining, paid FROM ledger.credit_grant
         WHERE wallet = p_wallet AND live AND expires_at <= p_now
    ), swept AS (
        UPDATE ledger.credit_grant g
           SET expired = g.expired + d.remaining, remaining = 0, live = false, sweeps = g.sweeps + 1
          FROM dead d WHERE g.id = d.id
        RETURNING g.id, d.remaining AS amount, d.paid, g.sweeps
    ), entries AS (
        INSERT INTO ledger.journal (ref, kind, seq, debit, credit, gross, net, paid, created_at)
        SELECT id, 'expire', sweeps, p_wallet, 2, amount, amount, CASE WHEN paid THEN amount ELSE 0 END, p_now
          FROM swept
    )
    SELECT coalesce(sum(amount), 0) INTO v_sum FROM swept;
    UPDATE ledger.wallet
       SET available = available - v_sum,
           next_expiry = ledger.next_expiry(p_wallet)
     WHERE account = p_wallet;
    RETURN v_sum;
END $$;

-- Chooses what to take out of a wallet's grants, earliest-expiring first: p_amount, or all that is available when
-- that is at least p_amount_min; what has expired is swept first. Takes nothing yet. The caller holds the wallet row
-- and has just read p_available and p_next_expiry in it. taking NULL: what is available then is not enough.
-- Only called by our own functions, once per item, and so without settings of its own: each costs as much as the
-- work.
CREATE OR REPLACE FUNCTION ledger.choose_credits(
    p_wallet bigint, p_available numeric, p_next_expiry timestamptz, p_amount numeric, p_amount_min numeric,
    p_now timestamptz, OUT available numeric, OUT taking ledger.taking)
    LANGUAGE plpgsql AS $$
DECLARE
    v_amount  numeric;
    v_left    numeric;
    v_take    numeric;
    v_paid    numeric := 0;
    v_grants  uuid[] := '{}';
    v_amounts numeric[] := '{}';
    g         record;
BEGIN
    available := p_available;
    IF p_next_expiry <= p_now THEN
        available := p_available - ledger.expire_wallet(p_wallet, p_now);
    END IF;
    IF available < p_amount_min THEN
        RETURN;
    END IF;
    v_amount := least(p_amount, available);
    v_left := v_amount;
    IF v_left > 0 THEN
        FOR g IN SELECT c.id, c.remaining, c.paid FROM ledger.credit_grant c
                  WHERE c.wallet = p_wallet AND c.live ORDER BY c.priority, c.expires_at, c.id LOOP
            v_take := least(v_left, g.remaining);
            v_grants := v_grants || g.id;
            v_amounts := v_amounts || v_take;
            IF g.paid THEN
                v_paid := v_paid + v_take;
            END IF;
            v_left := v_left - v_take;
            EXIT WHEN v_left = 0;
        END LOOP;
        IF v_left > 0 THEN
            RAISE EXCEPTION 'wallet % has % available but its grants are short by %', p_wallet, available, v_left;
        END IF;
    END IF;
    taking := ROW(p_wallet, v_amount, v_paid, v_grants, v_amounts, NULL);
END $$;

-- Takes what was chosen, at most once from each wallet. Like ledger.choose_credits, only for our own functions.
CREATE OR REPLACE FUNCTION ledger.take_credits(p_takings ledger.taking[]) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ledger.credit_grant g
       SET remaining = g.remaining - x.amount, live = (g.remaining - x.amount > 0)
      FROM unnest(p_takings) AS t, unnest(t.grant_ids, t.grant_amounts) AS x (id, amount)
     WHERE g.id = x.id;
    UPDATE ledger.wallet w
       SET available = w.available - t.amount, last_tags = coalesce(t.last_tags, w.last_tags)
      FROM unnest(p_takings) AS t
     WHERE w.account = t.wallet;
END $$;

-- Sets credits aside for one thing. Answers the credits held; NULL: not enough. The caller holds the wallet row.
CREATE OR REPLACE FUNCTION ledger.place_hold(
    p_id uuid, p_wallet bigint, p_ref_kind text, p_amount numeric, p_amount_min numeric, p_now timestamptz,
    p_expires_at timestamptz) RETURNS numeric
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_catalog, pg_temp AS $$
DECLARE
    w ledger.wallet%ROWTYPE;
    c record;
    t ledger.taking;
BEGIN
    SELECT * INTO STRICT w FROM ledger.wallet x WHERE x.account = p_wallet;
    c := ledger.choose_credits(p_wallet, w.available, w.next_expiry, p_amount, p_amount_min, p_now);
    t := c.taking;
    IF t.amount IS NOT NULL THEN
        PERFORM ledger.take_credits(ARRAY[t]);
        INSERT INTO ledger.hold (id, wallet, ref_kind, amount, grant_ids, grant_amounts, paid, created_at, expires_at)
            VALUES (p_id, p_wallet, p_ref_kind, t.amount, t.grant_ids, t.grant_amounts, t.paid, p_now, p_expires_at);
    END IF;
    RETURN t.amount;
END $$;

-- Closes open holds. A charge settles (never above the hold; the fee is rounded here and nowhere else), NULL releases.
-- What is not charged goes back to its grants in the order it was taken; a slice whose grant has died meanwhile goes
-- where the grant went: to breakage if expired, to its issuer if revoked. Settled holds get their journal entry.
-- The caller holds the hold rows (a lock statement returned exactly these ids) and passes each once.
CREATE OR REPLACE FUNCTION ledger.close_holds(p_closings ledger.closing[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_partial uuid[];
    v_wallets bigint[];
    v_now     timestamptz;
    v_closed  int;
    v_count   int;
BEGIN
    SELECT array_agg(h.id), array_agg(DISTINCT h.wallet) INTO v_partial, v_wallets
      FROM unnest(p_closings) AS i JOIN ledger.hold h ON h.id = i.hold
     WHERE coalesce(i.charge, 0) < h.amount;
    IF v_partial IS NOT NULL THEN
        PERFORM 1 FROM ledger.wallet WHERE account = ANY (v_wallets) ORDER BY account FOR NO KEY UPDATE;
    END IF;
    v_now := aether.now();
    v_partial := coalesce(v_partial, '{}');

    WITH slice AS (
        SELECT h.id AS hold_id, i.charge, i.rate, h.wallet, x.grant_id, x.amount, x.ord,
               least(x.amount, greatest(0, coalesce(i.charge, 0)
                   - (sum(x.amount) OVER (PARTITION BY h.id ORDER BY x.ord) - x.amount))) AS used
          FROM unnest(p_closings) AS i JOIN ledger.hold h ON h.id = i.hold,
               unnest(h.grant_ids, h.grant_amounts) WITH ORDINALITY AS x (grant_id, amount, ord)
         WHERE i.hold = ANY (v_partial)
    ), judged AS (
        SELECT s.*, s.amount - s.used AS back, g.paid, g.source, g.expires_at,
               CASE WHEN g.revoked_at IS NOT NULL THEN 'revoke_returned'
                    WHEN g.expires_at <= v_now THEN 'expire_returned' END AS fate
          FROM slice s JOIN ledger.credit_grant g ON g.id = s.grant_id
    ), entries AS (
        INSERT INTO ledger.journal (ref, kind, seq, debit, credit, gross, net, paid, created_at)
        SELECT hold_id, fate, ord, wallet, CASE fate WHEN 'expire_returned' THEN 2 ELSE ledger.issuer_of(source) END,
               back, back, CASE WHEN paid THEN back ELSE 0 END, v_now
          FROM judged WHERE fate IS NOT NULL AND back > 0
    ), grants AS (
        UPDATE ledger.credit_grant g
           SET remaining = g.remaining + s.alive, expired = g.expired + s.expired, revoked = g.revoked + s.revoked,
               live = (g.remaining + s.alive > 0)
          FROM (SELECT grant_id,
                       coalesce(sum(back) FILTER (WHERE fate IS NULL), 0) AS alive,
                       coalesce(sum(back) FILTER (WHERE fate = 'expire_returned'), 0) AS expired,
                       coalesce(sum(back) FILTER (WHERE fate = 'revoke_returned'), 0) AS revoked
                  FROM judged WHERE back > 0 GROUP BY grant_id) s
         WHERE g.id = s.grant_id
    ), wallets AS (
        UPDATE ledger.wallet w
           SET available = w.available + s.alive, next_expiry = least(w.next_expiry, s.next_expiry)
          FROM (SELECT wallet, sum(back) AS alive, min(expires_at) AS next_expiry
                  FROM judged WHERE fate IS NULL AND back > 0 GROUP BY wallet) s
         WHERE w.account = s.wallet
    ), kept AS (
        SELECT hold_id, charge, rate,
               array_agg(grant_id ORDER BY ord) FILTER (WHERE used > 0) AS ids,
               array_agg(used ORDER BY ord) FILTER (WHERE used > 0) AS amounts,
               coalesce(sum(used) FILTER (WHERE paid), 0) AS paid
          FROM judged GROUP BY hold_id, charge, rate
    )
    UPDATE ledger.hold h
       SET state = CASE WHEN k.charge IS NULL THEN 'released' ELSE 'settled' END,
           charged = k.charge, fee = round(k.charge * k.rate, 6), closed_at = v_now,
           grant_ids = coalesce(k.ids, '{}'), grant_amounts = coalesce(k.amounts, '{}'), paid = k.paid
      FROM kept k
     WHERE h.id = k.hold_id AND num_nulls(h.closed_at) > 0;
    GET DIAGNOSTICS v_closed = ROW_COUNT;

    v_count := 0;
    IF v_closed < cardinality(p_closings) THEN
        UPDATE ledger.hold h
           SET state = CASE WHEN i.charge IS NULL THEN 'released' ELSE 'settled' END,
               -- Charged whole; or released with nothing to give back, which is no charge of 0.
               charged = CASE WHEN i.charge IS NOT NULL THEN h.amount END,
               fee = CASE WHEN i.charge IS NOT NULL THEN round(h.amount * i.rate, 6) END, closed_at = v_now
          FROM unnest(p_closings) AS i
         WHERE h.id = i.hold AND num_nulls(h.closed_at) > 0 AND NOT i.hold = ANY (v_partial);
        GET DIAGNOSTICS v_count = ROW_COUNT;
    END IF;
    IF v_closed + v_count <> cardinality(p_closings) THEN
        RAISE EXCEPTION '% of % holds to close were not open, or one was named twice',
            cardinality(p_closings) - v_closed - v_count, cardinality(p_closings);
    END IF;

    INSERT INTO ledger.journal (ref, kind, debit, credit, gross, net, fee, paid, attempt, created_at)
    SELECT h.id, 'settle', h.wallet, i.credit, h.charged, h.charged - h.fee, h.fee, h.paid, i.attempt, v_now
      FROM unnest(p_closings) AS i JOIN ledger.hold h ON h.id = i.hold
     WHERE i.charge IS NOT NULL AND h.charged > 0;
END $$;

-- Releases what is still open of these holds; answers how many.
CREATE OR REPLACE FUNCTION ledger.release_holds(p_ids uuid[]) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_catalog, pg_temp AS $$
DECLARE
    v_closings ledger.closing[];
BEGIN
    SELECT array_agg(ROW(s.id, NULL, NULL, NULL, NULL)::ledger.closing) INTO v_closings
      FROM (SELECT id FROM ledger.hold WHERE id = ANY (p_ids) AND closed_at IS NULL
             ORDER BY id FOR NO KEY UPDATE) s;
    IF v_closings IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM ledger.close_holds(v_closings);
    RETURN cardinality(v_closings);
END $$;
