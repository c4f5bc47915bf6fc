#!/bin/sh
# Makes what docker-compose.yml needs and what no repository may hold: passwords, a certificate authority of this
# deployment's own, and a certificate for each server. Run it once, on the machine that runs the containers; it
# never overwrites. Needs openssl.
#
#   deploy/prepare.sh [name by which clients reach the proxy, localhost by default]
set -eu
cd "$(dirname "$0")"
name=${1:-localhost}
mkdir secrets || { echo 'deploy/secrets is there already; remove it yourself to begin anew' >&2; exit 1; }
# The containers run as users of their own, and secrets from files keep their mode: so the files are readable and
# the folder is closed.
chmod 700 secrets
cd secrets

password() { openssl rand -hex 24; }

# authority: signs the three servers below and nothing else; its key is thrown away.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1825 -subj '/CN=Consent Ledger deployment' \
  -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' \
  -keyout ca.key -out ca.crt 2>/dev/null

# certificate <file> <common name> <subject alternative names>
certificate() {
  openssl req -newkey rsa:3072 -nodes -subj "/CN=$2" -keyout "$1.key" -out "$1.csr" 2>/dev/null
  printf 'subjectAltName=%s\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth,clientAuth\n' "$3" > "$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 825 -extfile "$1.ext" -out "$1.crt" 2>/dev/null
  rm "$1.csr" "$1.ext"
}
# EventStoreDB knows its own nodes by this common name.
certificate eventstoredb eventstoredb-node 'DNS:eventstoredb,DNS:localhost,IP:127.0.0.1'
certificate postgres postgres 'DNS:postgres,DNS:localhost,IP:127.0.0.1'
certificate proxy "$name" "DNS:$name,DNS:localhost,IP:127.0.0.1"
rm -f ca.key ca.srl

password > eventstoredb-admin-password
password > eventstoredb-ops-password
echo "admin:$(cat eventstoredb-admin-password)" > eventstoredb-credentials
echo 'esdb://eventstoredb:2113?tls=true&tlsCaFile=/run/secrets/ca.crt' > eventstoredb-connection
password > postgres-password
password > vault-password
echo "postgresql://vault:$(cat vault-password)@postgres:5432/vault" > vault-url
chmod 444 -- *
echo 'Made deploy/secrets. Keep it out of every backup that holds the data.'
