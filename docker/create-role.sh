#!/bin/bash
# Runs once, when the database is made: the portal's role owns its database and is no superuser.
set -euo pipefail
psql --set ON_ERROR_STOP=1 --set password="$(cat /run/secrets/database_password)" --username postgres <<'SQL'
CREATE ROLE signalbox LOGIN PASSWORD :'password';
CREATE DATABASE signalbox OWNER signalbox;
SQL
