-- Nothing that is counted goes below zero.
SELECT (SELECT count(*) FROM ledger.wallet WHERE available < 0)
     + (SELECT count(*) FROM ledger.credit_grant WHERE remaining < 0 OR expired < 0 OR revoked < 0)
     + (SELECT count(*) FROM ledger.hold WHERE amount < 0 OR charged < 0 OR fee < 0 OR refunded < 0 OR refunded_fee < 0)
     + (SELECT count(*) FROM pool.resource_state
         WHERE in_flight < 0 OR day_units < 0 OR month_units < 0 OR available_units < 0)
