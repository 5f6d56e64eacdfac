-- One schema per domain. Everything is owned by aether_owner, which cannot log in (`ctl migrate` creates it);
-- services change the ledger and the tasks only through functions (functions/90_privileges.sql).
CREATE SCHEMA identity;
CREATE SCHEMA ledger;
CREATE SCHEMA pool;
CREATE SCHEMA generation;
CREATE SCHEMA ops;
