-- Sweeps up to p_limit wallets that have something expired; answers wallets and credits swept. Safe to repeat.
CREATE OR REPLACE FUNCTION ledger.expire_due(p_limit int, OUT wallets int, OUT credits numeric)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_catalog, pg_temp AS $$
DECLARE
    w bigint;
BEGIN
    wallets := 0;
    credits := 0;
    FOR w IN SELECT s.account FROM (
                 SELECT account FROM ledger.wallet WHERE next_expiry <= (SELECT aether.now())
                  ORDER BY account LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED) s LOOP
        credits := credits + ledger.expire_wallet(w, aether.now());
        wallets := wallets + 1;
    END LOOP;
END $$;

-- Adds the journal's entries below the oldest running transaction to ledger.balance, exactly once. Answers how many.
CREATE OR REPLACE FUNCTION ledger.roll_up() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_catalog, pg_temp AS $$
DECLARE
    v_from bigint;
    v_base bigint;
    v_upto bigint;
    v_rows bigint;
BEGIN
    SELECT upto, base_line INTO v_from, v_base FROM ledger.rollup FOR NO KEY UPDATE;
    v_upto := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
    IF v_upto <= v_from THEN
        RETURN 0;
    END IF;
    WITH fresh AS (
        SELECT j.debit, j.credit, j.dir, j.gross, j.net, j.fee FROM ledger.journal j
         WHERE j.xid >= v_from AND j.xid < v_upto AND j.line > v_base
    ), sums AS (
        -- As ledger.posting, from entries that are read once.
        SELECT p.account, sum(p.amount) AS amount
          FROM fresh j,
       LATERAL (VALUES (j.debit, -j.dir * j.gross), (j.credit, j.dir * j.net), (1::bigint, j.dir * j.fee))
               AS p (account, amount)
         GROUP BY p.account
    ), added AS (
        INSERT INTO ledger.balance (account, balance)
        SELECT s.account, s.amount FROM sums s
         WHERE s.amount <> 0 AND NOT EXISTS (SELECT 1 FROM ledger.wallet w WHERE w.account = s.account)
         ORDER BY s.account
            ON CONFLICT (account) DO UPDATE SET balance = balance.balance + excluded.balance
    )
    SELECT count(*) INTO v_rows FROM fresh;
    UPDATE ledger.rollup SET upto = v_upto, rolled_at = aether.now();
    RETURN v_rows;
END $$;

-- Rebuilds every rolled-up balance from the journal: after a restore into another cluster the watermark means nothing.
-- Answers the number of balances.
CREATE OR REPLACE FUNCTION ledger.rebuild_balances() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_catalog, pg_temp AS $$
DECLARE
    v_rows bigint;
BEGIN
    LOCK TABLE ledger.journal IN SHARE MODE;
    PERFORM 1 FROM ledger.rollup FOR NO KEY UPDATE;
    DELETE FROM ledger.balance;
    INSERT INTO ledger.balance (account, balance)
    SELECT p.account, sum(p.amount) FROM ledger.posting p
     WHERE NOT EXISTS (SELECT 1 FROM ledger.wallet w WHERE w.account = p.account)
     GROUP BY p.account;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    -- A transaction older than this one may still be waiting to write: the watermark must not pass it, and base_line
    -- keeps what was added here from being added again.
    UPDATE ledger.rollup
       SET upto = pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
           base_line = coalesce((SELECT max(line) FROM ledger.journal), 0),
           rolled_at = aether.now();
    RETURN v_rows;
END $$;
