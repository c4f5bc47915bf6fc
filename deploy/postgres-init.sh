# Run once by the image of PostgreSQL, when its data folder is new: the vault's own user, which owns its database
# and nothing else.
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  -v password="$(cat "$VAULT_PASSWORD_FILE")" <<'SQL'
CREATE ROLE vault LOGIN PASSWORD :'password';
CREATE DATABASE vault OWNER vault;
REVOKE ALL ON DATABASE vault FROM PUBLIC;
SQL
