-- Issues credits into a wallet. The caller chooses the grant's id (derived from the payment, the period, the request),
-- so issuing twice issues once. false: this grant was issued before.
CREATE OR REPLACE FUNCTION ledger.issue_grant(
    p_id uuid, p_wallet bigint, p_source text, p_source_id text, p_amount numeric, p_priority smallint,
    p_expires_at timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_catalog, pg_temp AS $$
DECLARE
    v_now  timestamptz;
    v_from bigint;
    v_paid boolean := p_source IN ('purchase', 'subscription');
BEGIN
    SELECT id INTO v_from FROM ledger.account WHERE kind = 'issuance' AND source = p_source;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'credits cannot be issued from source %', p_source USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM 1 FROM ledger.wallet WHERE account = p_wallet FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'wallet % does not exist', p_wallet USING ERRCODE = 'foreign_key_violation';
    END IF;
    v_now := aether.now();
    INSERT INTO ledger.journal (ref, kind, debit, credit, gross, net, paid, created_at)
        VALUES (p_id, 'issue', v_from, p_wallet, p_amount, p_amount, CASE WHEN v_paid THEN p_amount ELSE 0 END, v_now)
        ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO ledger.credit_grant (id, wallet, source, source_id, paid, priority, amount, remaining, expires_at, live,
                                     created_at)
        VALUES (p_id, p_wallet, p_source, p_source_id, v_paid, p_priority, p_amount, p_amount,
                coalesce(p_expires_at, 'infinity'), true, v_now);
    UPDATE ledger.wallet
       SET available = available + p_amount, next_expiry = least(next_expiry, coalesce(p_expires_at, 'infinity'))
     WHERE account = p_wallet;
    RETURN true;
END $$;

-- Takes back what is left of a grant; slices still held come back as revoked too (ledger.close_holds).
-- Answers the credits taken now; NULL: no such grant.
CREATE OR REPLACE FUNCTION ledger.revoke_grant(p_id uuid) RETURNS numeric
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_catalog, pg_temp AS $$
DECLARE
    v_wallet bigint;
    v_now    timestamptz;
    g        ledger.credit_grant%ROWTYPE;
BEGIN
    SELECT wallet INTO v_wallet FROM ledger.credit_grant WHERE id = p_id;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM 1 FROM ledger.wallet WHERE account = v_wallet FOR NO KEY UPDATE;
    v_now := aether.now();
    PERFORM ledger.expire_wallet(v_wallet, v_now);
    SELECT * INTO STRICT g FROM ledger.credit_grant WHERE id = p_id;
    IF g.revoked_at IS NOT NULL THEN
        RETURN 0;
    END IF;
    UPDATE ledger.credit_grant
       SET revoked_at = v_now, revoked = revoked + remaining, remaining = 0, live = false
     WHERE id = p_id;
    IF g.remaining > 0 THEN
        INSERT INTO ledger.journal (ref, kind, debit, credit, gross, net, paid, created_at)
            VALUES (p_id, 'revoke', v_wallet, ledger.issuer_of(g.source), g.remaining, g.remaining,
                    CASE WHEN g.paid THEN g.remaining ELSE 0 END, v_now);
        UPDATE ledger.wallet
           SET available = available - g.remaining, next_expiry = ledger.next_expiry(v_wallet)
         WHERE account = v_wallet;
    END IF;
    RETURN g.remaining;
END $$;

-- The earliest expiry among a wallet's live grants.
CREATE OR REPLACE FUNCTION ledger.next_expiry(p_wallet bigint) RETURNS timestamptz
    LANGUAGE sql STABLE AS $$
    SELECT coalesce(min(expires_at), 'infinity') FROM ledger.credit_grant WHERE wallet = p_wallet AND live
$$;

-- Where revoked credits go back to. What did not come from an issuance account (refunds, earnings) becomes the
-- platform's.
CREATE OR REPLACE FUNCTION ledger.issuer_of(p_source text) RETURNS bigint
    LANGUAGE sql STABLE SET search_path = ledger, pg_catalog, pg_temp AS $$
    SELECT coalesce((SELECT id FROM ledger.account WHERE kind = 'issuance' AND source = p_source), 1)
$$;
