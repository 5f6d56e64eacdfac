-- Pays an owner from the platform's own account: for an image that nobody is charged for (surplus), or for output that
-- the provider billed and withheld (compensate). Once per task, kind and number of the attempt.
CREATE OR REPLACE FUNCTION ledger.pay_owner(
    p_task uuid, p_kind text, p_attempt_no int, p_attempt uuid, p_owner bigint, p_gross numeric, p_rate numeric,
    p_now timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_catalog, pg_temp AS $$
DECLARE
    v_fee numeric := round(p_gross * p_rate, 6);
BEGIN
    IF p_kind NOT IN ('surplus', 'compensate') THEN
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

-- Gives back part of what a settled hold charged, as new grants that keep the nature (paid or free) of what was spent.
-- The owner returns the net and the platform its fee, by cumulative rounding. p_seq numbers the refunds of one hold.
-- Outcome: refunded | already (this seq was done) | exceeds (more than was charged) | not_settled.
CREATE OR REPLACE FUNCTION ledger.refund(
    p_hold uuid, p_seq int, p_amount numeric, p_grant_paid uuid, p_grant_free uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_catalog, pg_temp AS $$
DECLARE
    h         ledger.hold%ROWTYPE;
    j         ledger.journal%ROWTYPE;
    v_now     timestamptz;
    v_fee     numeric;
    v_paid    numeric;
    v_expires timestamptz;
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
    v_paid := least(p_amount, round(h.paid * (h.refunded + p_amount) / h.charged, 6) - h.refunded_paid);
    PERFORM 1 FROM ledger.wallet WHERE account = h.wallet FOR NO KEY UPDATE;
    v_now := aether.now();
    -- They live as long as the grants it was taken from, or thirty days where those have expired.
    SELECT coalesce(max(CASE WHEN expires_at > v_now THEN expires_at ELSE v_now + interval '30 days' END), 'infinity')
      INTO v_expires FROM ledger.credit_grant WHERE id = ANY (h.grant_ids);
    INSERT INTO ledger.journal (ref, kind, seq, dir, debit, credit, gross, net, fee, paid, attempt, created_at)
        VALUES (p_hold, 'refund', p_seq, -1, h.wallet, j.credit, p_amount, p_amount - v_fee, v_fee, v_paid, j.attempt,
                v_now);
    INSERT INTO ledger.credit_grant (id, wallet, source, source_id, paid, amount, remaining, expires_at, live,
                                     created_at)
    SELECT r.id, h.wallet, 'refund', p_hold::text, r.paid, r.amount, r.amount, v_expires, true, v_now
      FROM (VALUES (p_grant_paid, true, v_paid), (p_grant_free, false, p_amount - v_paid)) AS r (id, paid, amount)
     WHERE r.amount > 0;
    UPDATE ledger.wallet SET available = available + p_amount, next_expiry = least(next_expiry, v_expires)
     WHERE account = h.wallet;
    UPDATE ledger.hold
       SET refunded = refunded + p_amount, refunded_fee = refunded_fee + v_fee, refunded_paid = refunded_paid + v_paid
     WHERE id = p_hold;
    RETURN 'refunded';
END $$;
