import { readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import type { z } from 'zod';
import { configSchema, describeConfig, type Settings, variablePrefix } from './config/schema.ts';
import { compilePolicy, type Policy } from './consent/policy.ts';

const texts = {
  developmentIssuer:
    'The development issuer is on: whoever can read the data folder can mint any token. Never in production.',
  noIssuer: 'No issuer is configured: every request that needs a token is refused.',
  anyTenant: 'Several issuers are trusted, and at least one may speak for any tenant: set its tenants.',
  plainHttp: 'Listening beyond this machine over plain HTTP: TLS must end in front of the service.',
  keysBesideData: 'The keys lie in the data folder, so whoever copies it can read it: set keysFolder.',
  plainVault:
    'The vault is reached without TLS: whoever is on the way learns its password and can answer for it.',
} as const;

export type Announcement = (typeof texts)[keyof typeof texts];

/** What the service runs with. Folders are absolute. */
export interface Config extends Readonly<Settings> {
  readonly keysFolder: string;
  /** What answers are given under: `settings`, compiled. */
  readonly policy: Policy;
  /** Whatever is less safe than it could be, to be said at start. */
  readonly announcements: readonly Announcement[];
}

/** One thing that is wrong: which setting or variable, and the rule it breaks; never its value. */
export interface ConfigProblem {
  readonly setting: string;
  readonly rule: string;
}

export type LoadedConfig =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

type Environment = Readonly<Record<string, string | undefined>>;

const fileVariable = `${variablePrefix}CONFIG`;

/**
 * The configuration, frozen: defaults, then the JSON file that `file` or CONSENT_LEDGER_CONFIG names, then the
 * environment. Where anything is wrong, all that is wrong. A variable of our prefix that means nothing is wrong
 * too. Relative paths are taken from the working directory.
 */
export const loadConfig = (file?: string, environment: Environment = process.env): LoadedConfig => {
  const path = file ?? environment[fileVariable];
  const content = path === undefined ? { value: {}, problems: [] } : readJson(path);
  const { overridden, variables, unknown } = override(content.value, environment);
  const parsed = configSchema.safeParse(overridden);
  const broken = parsed.success ? [] : parsed.error.issues.flatMap((issue) => problemsOf(issue, variables));
  const problems = [...content.problems, ...unknown, ...broken];
  if (!parsed.success) return { ok: false, problems };

  const given = frozen(parsed.data);
  const policy = compilePolicy(given.settings);
  if (!policy.ok) {
    const { pointer = '', detail } = policy.error;
    return { ok: false, problems: [...problems, { setting: `settings${pointer}`, rule: detail }] };
  }
  if (problems.length > 0) return { ok: false, problems };

  const dataFolder = resolve(given.dataFolder);
  const keysFolder = resolve(given.keysFolder ?? join(dataFolder, 'keys'));
  const settings = { ...given, dataFolder, keysFolder };
  const announcements = Object.freeze(announce(settings));
  return { ok: true, config: Object.freeze({ ...settings, policy: policy.value, announcements }) };
};

/** A file's JSON; the parser's own message is left out, for it quotes the file. */
const readJson = (path: string): { value: unknown; problems: ConfigProblem[] } => {
  const refused = (rule: string) => ({ value: {}, problems: [{ setting: 'configuration file', rule }] });
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return refused('cannot be read');
  }
  try {
    return { value: JSON.parse(text), problems: [] };
  } catch {
    return refused('is not JSON');
  }
};

/** The file's content with the environment laid over it; `variables` names the source of each overridden path. */
const override = (content: unknown, environment: Environment) => {
  const known = new Map(describeConfig().map((setting) => [setting.variable, setting]));
  const variables = new Map<string, string>();
  const unknown: ConfigProblem[] = [];
  const overridden: unknown = structuredClone(content);
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(variablePrefix) || variable === fileVariable || text === undefined) continue;
    const setting = known.get(variable);
    if (setting === undefined) {
      unknown.push({ setting: variable, rule: 'no such variable' });
      continue;
    }
    variables.set(setting.path, variable);
    put(overridden, setting.path.split('.'), read(text, setting.type));
  }
  return { overridden, variables, unknown };
};

/** Numbers and booleans as JSON writes them; what is neither stays text, which the schema then refuses. */
const read = (text: string, type: string): unknown =>
  type !== 'string' && /^(true|false|-?(0|[1-9]\d*)(\.\d+)?)$/.test(text) ? JSON.parse(text) : text;

/** Sets the member at `path`; where the file has something else on the way, the schema will say so. */
const put = (target: unknown, [name, ...rest]: readonly string[], value: unknown): void => {
  if (name === undefined || !isObject(target)) return;
  if (rest.length === 0) target[name] = value;
  else put(own(target, name), rest, value);
};

const own = (target: Record<string, unknown>, name: string): unknown => {
  target[name] ??= {};
  return target[name];
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const problemsOf = (issue: z.core.$ZodIssue, variables: ReadonlyMap<string, string>): ConfigProblem[] => {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ setting: [...issue.path, key].join('.'), rule: 'no such setting' }));
  }
  return [
    { setting: variables.get(path) ?? (path === '' ? 'configuration file' : path), rule: issue.message },
  ];
};

const announce = (settings: Settings & { readonly keysFolder: string }): Announcement[] => {
  const { issuers, developmentIssuer, host, dataFolder, keysFolder, vault, postgres } = settings;
  const trusted = issuers.length + (developmentIssuer ? 1 : 0);
  const said: Announcement[] = [];
  if (developmentIssuer) said.push(texts.developmentIssuer);
  if (trusted === 0) said.push(texts.noIssuer);
  if (trusted > 1 && (developmentIssuer || issuers.some(({ tenants }) => tenants === undefined)))
    said.push(texts.anyTenant);
  if (!isLoopback(host)) said.push(texts.plainHttp);
  if (!`${relative(dataFolder, keysFolder)}${sep}`.startsWith(`..${sep}`)) said.push(texts.keysBesideData);
  if (vault === 'postgres' && postgres.tls === 'off') said.push(texts.plainVault);
  return said;
};

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

const frozen = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null) for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
};
