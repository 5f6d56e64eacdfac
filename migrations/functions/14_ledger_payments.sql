-- Pays an owner from the platform's own account: for an image that nobody is charged for (surplus), for output that
-- the provider billed and withheld (compensate), or for a parked settlement that an admin ended so (parked). Once per
-- task, kind and number of the attempt. false: nothing would be left after the fee.
CREATE OR REPLACE FUNCTION ledger.pay_owner(
    p_task uuid, p_kind text, p_attempt_no int, p_attempt uuid, p_owner bigint, p_gross numeric, p_rate numeric,
    p_now timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_catalog, pg_temp AS $$
DECLARE
    v_fee numeric := round(p_gross * p_rate, 6);
BEGIN
    IF p_kind NOT IN ('surplus', 'compensate', 'parked') THEN
        RAISE EXCEPTION 'an owner is not paid for %', p_kind;
    END IF;
    IF p_gross <= 0 OR p_gross = v_fee THEN
        RETURN false;
    END IF;
    INSERT INTO ledger.journal (ref, kind, seq, debit, credit, gross, net, fee, attempt, created_at)
        VALUES (p_task, p_kind, p_attempt_no, 1, p_owner, p_gross, p_gross - v_fee, v_fee, p_attempt, p_now)
        ON CONFLICT DO NOTHING;
    RETURN FOUND;
END $$;

-- Gives back part of what a settled hold charged. The owner returns the net and the platform its fee, by cumulative
-- rounding. The slices it was taken from come back, the last taken first, as new grants that keep the nature (paid or
-- free) and the life of what was spent; a slice whose grant has died meanwhile goes where the grant went: to breakage
-- if expired, to its issuer if revoked. p_seq numbers the refunds of one hold.
-- Outcome: refunded | already (this seq was done) | exceeds (more than was charged) | not_settled.
CREATE OR REPLACE FUNCTION ledger.refund(
    p_hold uuid, p_seq int, p_amount numeric, p_grant_paid uuid, p_grant_free uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_catalog, pg_temp AS $$
DECLARE
    h      ledger.hold%ROWTYPE;
    j      ledger.journal%ROWTYPE;
    v_now  timestamptz;
    v_fee  numeric;
    v_paid numeric;
BEGIN
    SELECT * INTO h FROM ledger.hold WHERE id = p_hold FOR NO KEY UPDATE;
    IF NOT FOUND OR h.state <> 'settled' THEN
        RETURN 'not_settled';
    END IF;
    PERFORM 1 FROM ledger.journal WHERE ref = p_hold AND kind = 'refund' AND seq = p_seq;
    IF FOUND THEN
        RETURN 'already';
    END IF;
    IF p_amount <= 0 OR h.refunded + p_amount > h.charged THEN
        RETURN 'exceeds';
    END IF;
    SELECT * INTO STRICT j FROM ledger.journal WHERE ref = p_hold AND kind = 'settle' AND seq = 0;
    v_fee := least(p_amount, round(h.fee * (h.refunded + p_amount) / h.charged, 6) - h.refunded_fee);
    PERFORM 1 FROM ledger.wallet WHERE account = h.wallet FOR NO KEY UPDATE;
    v_now := aether.now();

    WITH slice AS (
        -- Of each, what lies between the credits given back before and those given back from now on.
        SELECT x.grant_id, greatest(0, least(x.amount, h.refunded + p_amount - x.later))
                           - greatest(0, least(x.amount, h.refunded - x.later)) AS back
          FROM (SELECT s.grant_id, s.amount, sum(s.amount) OVER (ORDER BY s.ord DESC) - s.amount AS later
                  FROM unnest(h.grant_ids, h.grant_amounts) WITH ORDINALITY AS s (grant_id, amount, ord)) x
    ), judged AS (
        SELECT s.back, g.paid, g.expires_at,
               CASE WHEN g.paid THEN p_grant_paid ELSE p_grant_free END AS new_id,
               CASE WHEN g.revoked_at IS NOT NULL THEN 'revoke_returned'
                    WHEN g.expires_at <= v_now THEN 'expire_returned' END AS fate,
               CASE WHEN g.revoked_at IS NOT NULL THEN ledger.issuer_of(g.source) ELSE 2 END AS heir
          FROM slice s JOIN ledger.credit_grant g ON g.id = s.grant_id
         WHERE s.back > 0
    ), grants AS (
        INSERT INTO ledger.credit_grant (id, wallet, source, source_id, paid, amount, remaining, expired, revoked,
                                         expires_at, live, created_at)
        SELECT new_id, h.wallet, 'refund', p_hold::text, paid, sum(back),
               coalesce(sum(back) FILTER (WHERE fate IS NULL), 0),
               coalesce(sum(back) FILTER (WHERE fate = 'expire_returned'), 0),
               coalesce(sum(back) FILTER (WHERE fate = 'revoke_returned'), 0),
               coalesce(max(expires_at) FILTER (WHERE fate IS NULL), 'infinity'), bool_or(fate IS NULL), v_now
          FROM judged GROUP BY new_id, paid
        RETURNING remaining, live, expires_at
    ), entries AS (
        INSERT INTO ledger.journal (ref, kind, seq, debit, credit, gross, net, paid, created_at)
        SELECT new_id, fate, row_number() OVER (PARTITION BY new_id, fate ORDER BY heir), h.wallet, heir, sum(back),
               sum(back), CASE WHEN paid THEN sum(back) ELSE 0 END, v_now
          FROM judged WHERE fate IS NOT NULL GROUP BY new_id, paid, fate, heir
    ), wallets AS (
        UPDATE ledger.wallet w
           SET available = w.available + g.remaining, next_expiry = least(w.next_expiry, g.next_expiry)
          FROM (SELECT sum(remaining) AS remaining, min(expires_at) FILTER (WHERE live) AS next_expiry FROM grants) g
         WHERE w.account = h.wallet
    )
    SELECT coalesce(sum(back) FILTER (WHERE paid), 0) INTO v_paid FROM judged;

    INSERT INTO ledger.journal (ref, kind, seq, dir, debit, credit, gross, net, fee, paid, attempt, created_at)
        VALUES (p_hold, 'refund', p_seq, -1, h.wallet, j.credit, p_amount, p_amount - v_fee, v_fee, v_paid, j.attempt,
                v_now);
    UPDATE ledger.hold
       SET refunded = refunded + p_amount, refunded_fee = refunded_fee + v_fee, refunded_paid = refunded_paid + v_paid
     WHERE id = p_hold;
    RETURN 'refunded';
END $$;
