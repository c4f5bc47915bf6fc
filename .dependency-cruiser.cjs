/**
 * Which room may import which (docs/architecture.md). Every room may import schemas/ and itself; what is not
 * listed is forbidden. A path with a slash is one file of a room: adapters are chosen in src/app.ts, nowhere else.
 */
const ports = ['store/port', 'vault/port', 'vault/keyring', 'vault/lru', 'vault/random'];
/** What of the evidence is worked out from what is given alone. */
const provable =
  'checkpoint|export-note|heads-tree|heads-walk|leaf|merkle|multiproof|receipt|signed-note|subtrees|verify';

const rooms = {
  consent: [],
  evidence: [
    'store/port',
    'record/plain',
    'record/streams',
    'record/turns',
    'record/upcast',
    'projections/model-file',
  ],
  fhir: ['consent'],
  telemetry: ['store/port'],
  store: [],
  vault: ['store/folder'],
  access: [],
  pades: ['vault/master-key'],
  record: ['consent', 'telemetry', ...ports],
  projections: ['consent', 'record', 'telemetry', ...ports],
  decisions: ['consent', 'record', 'projections', 'evidence', 'telemetry', ...ports],
  verifier: [
    'consent',
    `evidence/(${provable})`,
    'pades/port',
    'record/commitment',
    'record/streams',
    'record/upcast',
  ],
  reporting: [
    'consent',
    'record',
    'projections',
    'decisions',
    'evidence',
    'telemetry',
    'store/folder',
    'store/log-reader',
    ...ports,
  ],
  erasure: [
    'consent',
    'record',
    'projections',
    'decisions',
    'evidence/port',
    'reporting/port',
    'telemetry',
    ...ports,
  ],
  http: [
    'vault/epoch-keys',
    'vault/rotations',
    'consent',
    'record',
    'projections',
    'decisions',
    'evidence/port',
    'reporting/port',
    'erasure',
    'access',
    'telemetry',
    ...ports,
  ],
};

/** Rooms that compute and do nothing else: no file, no network, no clock, no log, no database. */
const signing = 'file|issue|key-file|pkcs11|random|seal|self-signed|timestamp-authority';
const pure = [
  ...['schemas/', 'reports/', 'src/consent/', 'src/fhir/', 'src/verifier/'],
  ...[`src/evidence/(${provable})\\.ts`, `src/pades/(?!(${signing})\\.ts)`],
];
const pureModules = [
  ...['^(node:)?(crypto|stream|zlib)$', 'node_modules/zod/', 'node_modules/canonicalize/'],
  ...['node_modules/(@types/)?pdfkit/', 'node_modules/asn1js/', 'node_modules/pkijs/'],
];

/** Where the house is put together and started. */
const top = '^src/([^/]+\\.ts$|cli/|config/)';

const anyOf = (paths) => `^(${paths.join('|')})`;

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Nothing imports itself by a detour.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'schemas-import-schemas',
      comment: 'The contract rests on nothing of the service.',
      severity: 'error',
      from: { path: '^schemas/' },
      to: { path: '^(src|reports|tools|test)/' },
    },
    {
      name: 'reports-import-facts',
      comment: 'Reports are made of facts that they are given.',
      severity: 'error',
      from: { path: '^reports/' },
      to: { path: '^(src|tools|test)/', pathNot: '^src/(consent/|record/upcast\\.ts$)' },
    },
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: `${room}-imports-what-it-may`,
      comment: `src/${room}/ may import: schemas, ${[...allowed, 'itself'].join(', ')}.`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: {
        path: '^(src|tools|test|reports)/',
        pathNot: anyOf([room, ...allowed].map((part) => `src/${part}${part.includes('/') ? '\\.ts$' : '/'}`)),
      },
    })),
    {
      name: 'nothing-imports-the-top',
      comment: 'The files of src/ itself put the house together and start it; nothing below knows them.',
      severity: 'error',
      from: { path: '^(src|schemas|reports)/', pathNot: top },
      to: { path: top },
    },
    {
      name: 'pure-rooms-do-no-io',
      comment: 'What decides, reads or renders computes alone, so that the same input gives the same output.',
      severity: 'error',
      from: { path: anyOf(pure) },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer'], pathNot: pureModules },
    },
    {
      name: 'nothing-unresolvable',
      comment: 'Every import is there.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-development-package-in-the-service',
      comment: 'What serves uses only what is installed where it serves.',
      severity: 'error',
      from: { path: '^(src|schemas|reports)/' },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: 'node_modules/@types/',
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
