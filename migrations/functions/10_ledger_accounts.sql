-- The account of a user and a kind, opened if need be.
CREATE OR REPLACE FUNCTION ledger.open_account(p_user uuid, p_kind text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_catalog, pg_temp AS $$
DECLARE
    v_id bigint;
BEGIN
    INSERT INTO ledger.account (kind, user_id) VALUES (p_kind, p_user)
        ON CONFLICT ON CONSTRAINT account_user_kind DO NOTHING;
    SELECT id INTO STRICT v_id FROM ledger.account WHERE user_id = p_user AND kind = p_kind;
    RETURN v_id;
END $$;

CREATE OR REPLACE FUNCTION ledger.open_wallet(p_user uuid) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_catalog, pg_temp AS $$
DECLARE
    v_id bigint := ledger.open_account(p_user, 'wallet');
BEGIN
    INSERT INTO ledger.wallet (account, user_id) VALUES (v_id, p_user) ON CONFLICT DO NOTHING;
    RETURN v_id;
END $$;

CREATE OR REPLACE FUNCTION ledger.open_owner(p_user uuid) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_catalog, pg_temp AS $$
BEGIN
    RETURN ledger.open_account(p_user, 'owner');
END $$;

-- A suspended wallet admits no new hold. Open holds stay as they are.
CREATE OR REPLACE FUNCTION ledger.suspend_wallet(p_user uuid, p_suspended boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_catalog, pg_temp AS $$
BEGIN
    UPDATE ledger.wallet SET suspended = p_suspended WHERE user_id = p_user;
END $$;
