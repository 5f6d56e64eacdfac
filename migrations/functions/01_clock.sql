-- The one clock of every lease, window, expiry and deadline. Tests replace this function to move time.
-- Read it once, after taking the lock under which it decides, into a variable or as (SELECT aether.now()): called
-- directly in a condition it is volatile, and no index serves the condition.
CREATE OR REPLACE FUNCTION aether.now() RETURNS timestamptz
    LANGUAGE sql VOLATILE
    AS 'SELECT pg_catalog.clock_timestamp()';

-- UTC day and month of an instant: the windows of daily and monthly limits.
CREATE OR REPLACE FUNCTION aether.utc_day(p_at timestamptz) RETURNS date
    LANGUAGE sql IMMUTABLE
    AS $$ SELECT (p_at AT TIME ZONE 'UTC')::date $$;
CREATE OR REPLACE FUNCTION aether.utc_month(p_at timestamptz) RETURNS date
    LANGUAGE sql IMMUTABLE
    AS $$ SELECT pg_catalog.date_trunc('month', p_at AT TIME ZONE 'UTC')::date $$;
