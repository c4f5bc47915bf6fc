/**
 * Goes through every fault once and writes docs/faults-eventstoredb.md:
 *
 *   node test/faults/eventstoredb-table.ts
 */
import { writeFileSync } from 'node:fs';
import { noEventStore, startEventStore } from '../support/eventstored.ts';
import { type FaultReport, faults, goThrough } from './remote-faults.ts';

const seconds = (millis: number): string => (millis / 1000).toFixed(1);

const row = ({ name, told, lost, doubled, withoutWrite, stalest, untilHealthy }: FaultReport): string => {
  const { appended, unknown, refused } = told;
  const cells = [name, `${appended} appended, ${unknown} unknown, ${refused} refused`, lost, doubled];
  return `| ${[...cells, ...[withoutWrite, stalest, untilHealthy].map(seconds)].join(' | ')} |`;
};

const said = ({ name, said }: FaultReport): string =>
  `- ${name}: ${said
    .filter((line) => line !== 'following')
    .map((line) => `“${line}”`)
    .join(', ')}`;

const page = (reports: readonly FaultReport[]): string => `# EventStoreDB under faults

Made by \`node test/faults/eventstoredb-table.ts\`, against a real server (${process.platform}, one node) through a proxy
of the tests' own. Eight writers append event after event, each to a stream of its own, and try an append whose
outcome is unknown again with the same id, until it is written. Faults that last do so for six seconds. Then the
server's log is read without the proxy and compared with what the writers were told. The same faults are tests
(\`test/faults/eventstoredb-faults.test.ts\`), which fail where anything was lost, doubled, or did not heal.

| fault | what the callers saw | lost | doubled | longest without a write, s | most the node knew it was behind, s | from the end of the fault until healthy, s |
|---|---|---|---|---|---|---|
${reports.map(row).join('\n')}

Healthy: writers are answered, and the node knows that it has everything that the leader had within the last second.
Beyond \`maxStalenessMs\` (five seconds by default) a node answers no question at all.

What the node said of its connection:
${reports
  .filter((report) => report.said.length > 1)
  .map(said)
  .join('\n')}

## Why the client's own appends are not used
\`@eventstore/db-client\` 6.2.1 keeps the appends of all clients of a process that wait for an answer in one table. Read
in its source (\`dist/streams/appendToStream/batchAppend.js\`):
- an error of one call rejects every append of the process that waits, and empties the table;
- an answer that comes after that for another call finds nothing in it, and throws where nothing can catch it: the
  process ends;
- a call that the server ends cleanly is kept, and what is written to it is never answered;
- an append has no time limit on this side of the connection.

With credentials given for each call it takes another path, which honours time limits, at about a third of the
throughput. So \`src/store/eventstoredb-append.ts\` sends the same requests over a call of its own, through the client's
connection, discovery and reconnection.
`;

if (noEventStore !== false) throw new Error(noEventStore);
const server = await startEventStore();
try {
  const reports: FaultReport[] = [];
  for (const fault of faults) {
    process.stdout.write(`${fault.name}\n`);
    reports.push(await goThrough(fault, server));
  }
  writeFileSync(new URL('../../docs/faults-eventstoredb.md', import.meta.url), page(reports));
} finally {
  await server.stop();
}
