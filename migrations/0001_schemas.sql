-- One schema per domain. Everything is owned by aether_owner (NOLOGIN, made by `ctl migrate`);
-- services reach the ledger and the tasks only through functions (functions/90_privileges.sql).
CREATE SCHEMA identity;
CREATE SCHEMA ledger;
CREATE SCHEMA pool;
CREATE SCHEMA generation;
CREATE SCHEMA ops;
