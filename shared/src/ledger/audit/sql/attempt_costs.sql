-- What an attempt costs is its price times its units; on the consumer's own key it is a fee, all of which is the
-- platform's.
SELECT count(*)
  FROM generation.attempt
 WHERE CASE WHEN own THEN commission_rate <> 1 ELSE cost <> round(price_per_unit * units, 6) END
