# The service, without compiler, development packages or a shell script of its own. Its root may be read-only: it
# writes to /data alone, and reads the keys from /keys. Both are to be volumes; neither is declared, so that a start
# without them fails instead of writing to a volume that goes with the container.
FROM node:24-slim

WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Without install scripts: Node is here already, and the other packages bring what they need.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force
COPY schemas schemas
COPY src src
COPY reports reports

RUN install -d -o node -g node -m 0700 /data /keys
USER node
# Few arenas: each thread's own would keep what it freed, some hundred MiB in all.
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=2 \
    CONSENT_LEDGER_HOST=0.0.0.0 \
    CONSENT_LEDGER_PORT=8080 \
    CONSENT_LEDGER_DATA_FOLDER=/data \
    CONSENT_LEDGER_KEYS_FOLDER=/keys/ledger
EXPOSE 8080
# Whether it lives; whether it should be sent requests is /readyz, which is for whoever sends them.
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "src/main.ts"]
CMD ["serve"]
