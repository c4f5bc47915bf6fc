import { z } from 'zod';
import { formId } from '../../schemas/http/forms.ts';
import { settings } from '../../schemas/settings.ts';
import { trustedIssuer } from '../access/issuer.ts';
import { logLevels } from '../telemetry/log.ts';

const count = (least: number, most: number, usual: number) => z.int().min(least).max(most).default(usual);

const file = z.string().min(1).optional();

/** Everything an operator may set. No setting holds a secret: secrets are files, and settings name them. */
export const configSchema = z
  .strictObject({
    dataFolder: z
      .string()
      .min(1)
      .default('data')
      .describe('Where the log, the vault and the read models are; one process at a time'),
    keysFolder: z
      .string()
      .min(1)
      .optional()
      .describe('Where the master key file and the wrapped keys are; absent: `keys` in the data folder'),
    store: z
      .enum(['sqlite', 'eventstoredb'])
      .default('sqlite')
      .describe('Where the events are: in the data folder, for one node; or in EventStoreDB, for any number'),
    eventstoredb: z
      .strictObject({
        connectionStringFile: file.describe(
          'A file with the connection string: `esdb://` or `esdb+discover://`',
        ),
        credentialsFile: file.describe(
          'A file with `username:password`; absent: those of the connection string',
        ),
        maxStalenessMs: count(100, 600_000, 5000).describe(
          'How far behind the store a node may be; beyond that it refuses to answer',
        ),
      })
      .prefault({}),
    vault: z
      .enum(['sqlite', 'postgres'])
      .default('sqlite')
      .describe('Where subjects and wrapped keys are: in the data folder, for one node; or in PostgreSQL'),
    postgres: z
      .strictObject({
        urlFile: file.describe('A file with `postgresql://user:password@host:port/database`'),
        tls: z
          .enum(['verify', 'off'])
          .default('verify')
          .describe('Whether the server must prove its name with a certificate; `off` only on one machine'),
        caFile: file.describe('A file with the authorities (PEM) that it is held to; absent: the usual ones'),
        connections: count(1, 1000, 8).describe('Connections at most, in each thread that uses the vault'),
      })
      .prefault({}),
    epochs: z
      .strictObject({
        maxAgeHours: count(0, 87_600, 24).describe(
          'How old an epoch gets before every data key is wrapped anew and the old one’s key destroyed; 0: on command alone',
        ),
      })
      .prefault({}),
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('The address to listen on; the service speaks plain HTTP, so TLS must end in front of it'),
    port: count(0, 65_535, 8080).describe('The port to listen on; 0: any that is free'),
    issuers: z
      .array(trustedIssuer)
      .refine((all) => new Set(all.map(({ issuer }) => issuer)).size === all.length, 'each issuer once')
      .default([])
      .describe('Whose tokens are accepted (RFC 9068)'),
    developmentIssuer: z
      .boolean()
      .default(false)
      .describe('Accept tokens of a local issuer whose key lies in the data folder; never in production'),
    limits: z
      .strictObject({
        bodyBytes: count(1024, 64 * 1024 ** 2, 256 * 1024).describe('Bytes of a request body'),
        jsonDepth: count(8, 512, 72).describe('How deep a request body may nest'),
        requestSeconds: count(1, 300, 10).describe('How long a request may take'),
        ratePerSecond: count(1, 1_000_000, 1000).describe('Requests a second of one principal'),
        positionWaitMs: count(0, 60_000, 2000).describe(
          'How long a read waits for the position that it names',
        ),
      })
      .prefault({}),
    cache: z
      .strictObject({
        records: count(1, 10_000_000, 20_000).describe(
          'Consents and emergencies of patient records held opened in memory, about 2 KiB each',
        ),
        keys: count(1, 10_000_000, 100_000).describe('Subject keys held unwrapped in memory'),
        keySeconds: count(1, 86_400, 600).describe(
          'How long a key in memory is used before the vault is asked again; so long patients are answered while it is down',
        ),
        tokens: count(1, 1_000_000, 10_000).describe('Verified tokens held until they expire'),
      })
      .prefault({}),
    evidence: z
      .strictObject({
        origin: z
          .string()
          .max(200)
          .regex(/^[A-Za-z0-9.-]+(:\d+)?(\/[A-Za-z0-9._~-]+)*$/, 'host and path, no scheme')
          .default('consent-ledger.invalid/unnamed')
          .describe(
            'What this ledger is called in what it signs, as a URL without scheme; the same for good',
          ),
        checkpointSeconds: count(1, 86_400, 300).describe(
          'How often a checkpoint is signed, where something was recorded since',
        ),
      })
      .prefault({}),
    exports: z
      .strictObject({
        retentionDays: count(1, 3650, 30).describe('How long the document of an export is kept'),
        atOnce: count(1, 8, 1).describe('Exports that are worked on at a time, each in a thread of its own'),
        cohortBytes: count(1024, 256 * 1024 ** 2, 16 * 1024 ** 2).describe(
          'Bytes of a request for an export, which may name many patients',
        ),
      })
      .prefault({}),
    erasure: z
      .strictObject({
        soonDays: count(0, 30, 7).describe('Days before its deadline at which a request is due soon'),
        retentionDays: count(1, 36_500, 1095).describe(
          'Days after its decision that a request for erasure is itself kept, sealed under a key of its own',
        ),
      })
      .prefault({}),
    retention: z
      .array(
        z.strictObject({
          tenant: z.string().min(1).describe('Whose form it is'),
          formId,
          days: z
            .int()
            .min(1)
            .max(73_000)
            .describe('Days for which a record is kept after the last consent under the form ended'),
        }),
      )
      .refine(
        (all) => new Set(all.map(({ tenant, formId }) => `${formId} ${tenant}`)).size === all.length,
        'each form of a tenant once',
      )
      .default([])
      .describe('After which time the erasure of a record is proposed; a form that is not named: never'),
    reportSigning: z
      .strictObject({
        certificatesFile: file.describe(
          'PEM: the certificate of the key that signs reports, then those that lead on from it',
        ),
        keyFile: file.describe('PKCS #8 in PEM, for the owner alone: the key, where it is a file'),
        anchorsFile: file.describe(
          'PEM: what the certificate must lead to before it signs; absent: a self-signed one among its own',
        ),
        pkcs11: z
          .strictObject({
            moduleFile: file.describe('The PKCS #11 library of the token that holds the key'),
            tokenLabel: z.string().min(1).optional().describe('Which token'),
            keyLabel: z.string().min(1).optional().describe('Which private key in it'),
            pinFile: file.describe("The user's PIN, for the owner alone"),
          })
          .prefault({}),
        timestamp: z
          .strictObject({
            url: z
              .url({ protocol: /^https?$/, error: 'an http or https URL' })
              .optional()
              .describe('A timestamp authority (RFC 3161) that vouches for the time of each signature'),
            anchorsFile: file.describe('PEM: what its certificate must lead to'),
            timeoutMs: count(100, 300_000, 10_000).describe('How long it may take to answer'),
          })
          .prefault({}),
      })
      .prefault({}),
    logLevel: z.enum(logLevels).default('info').describe('The least that is logged'),
    settings: settings.prefault({}).describe('What an answer means'),
  })
  .superRefine(({ store, eventstoredb, vault, postgres, reportSigning }, { addIssue }) => {
    const needed = (path: string[], message: string) => addIssue({ code: 'custom', path, message });
    if (store === 'eventstoredb' && eventstoredb.connectionStringFile === undefined)
      needed(['eventstoredb', 'connectionStringFile'], 'needed where store is eventstoredb');
    if (vault === 'postgres' && postgres.urlFile === undefined)
      needed(['postgres', 'urlFile'], 'needed where vault is postgres');
    const { keyFile, certificatesFile, anchorsFile, pkcs11, timestamp } = reportSigning;
    const { moduleFile } = pkcs11;
    const signing = (path: string[], message: string) => needed(['reportSigning', ...path], message);
    if (keyFile !== undefined && moduleFile !== undefined)
      signing(['keyFile'], 'the key is in a file or in a token (pkcs11), not in both');
    if (certificatesFile === undefined && (keyFile ?? moduleFile ?? anchorsFile) !== undefined)
      signing(['certificatesFile'], 'needed where a key is named');
    if (certificatesFile !== undefined && keyFile === undefined && moduleFile === undefined)
      signing(['keyFile'], 'needed where certificates are named, or pkcs11.moduleFile');
    for (const name of ['moduleFile', 'tokenLabel', 'keyLabel', 'pinFile'] as const)
      if (pkcs11[name] === undefined && Object.keys(pkcs11).length > 0)
        signing(['pkcs11', name], 'needed where a token is named');
    if ((timestamp.url === undefined) !== (timestamp.anchorsFile === undefined))
      signing(['timestamp', 'anchorsFile'], 'needed together with url');
  });

export type Settings = z.output<typeof configSchema>;

/** One setting as an operator meets it. */
export interface SettingDescription {
  /** Where it stands in the file, as in `limits.bodyBytes`, or `issuers[].audience` in each of a list. */
  readonly path: string;
  /** The environment variable that overrides it; only scalars outside lists have one. */
  readonly variable?: string;
  readonly type: string;
  readonly default?: unknown;
  readonly description: string;
}

/** Every setting, in the order of the schema: docs/configuration.md is made from it. */
export const describeConfig = (): SettingDescription[] =>
  describe(z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema, '');

/** What is read here of a JSON Schema. */
interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly default?: unknown;
  readonly description?: string;
}

const describe = (node: JsonSchema, prefix: string): SettingDescription[] =>
  Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const path = prefix + name;
    if (child.properties !== undefined) return describe(child, `${path}.`);
    const setting = {
      path,
      ...(child.items === undefined && !path.includes('[]') && { variable: variableOf(path) }),
      type: typeOf(child),
      ...(child.default !== undefined && { default: child.default }),
      description: child.description ?? '',
    };
    return [setting, ...describe(child.items ?? {}, `${path}[].`)];
  });

const typeOf = (node: JsonSchema): string => {
  if (node.items !== undefined) return `list of ${typeOf(node.items)}`;
  return node.enum?.join(', ') ?? node.type ?? 'any';
};

export const variablePrefix = 'CONSENT_LEDGER_';

const variableOf = (path: string): string =>
  variablePrefix + path.replaceAll('.', '_').replaceAll(/[A-Z]/g, '_$&').toUpperCase();
