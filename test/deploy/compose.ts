import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** What is read here of the Compose specification; the file uses one form where there are several. */
export interface Service {
  readonly image: string;
  readonly build?: string;
  readonly user?: string;
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly secrets?: readonly (string | { readonly source: string; readonly target: string })[];
  readonly volumes?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly profiles?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: readonly string[] | Readonly<Record<string, { readonly condition: string }>>;
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, object>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

export const root = new URL('../../', import.meta.url);
export const fileOf = (path: string): string => new URL(path, root).pathname;
export const textOf = (path: string): string => readFileSync(new URL(path, root), 'utf8');

export const compose: Compose = parse(textOf('docker-compose.yml'), { merge: true });

/** The containers' paths of a service's secrets, each with the file on this side. */
export const secretsOf = ({ secrets = [] }: Service): Map<string, string> =>
  new Map(
    secrets.map((secret) => {
      const { source, target } =
        typeof secret === 'string' ? { source: secret, target: `/run/secrets/${secret}` } : secret;
      return [target, compose.secrets[source]!.file];
    }),
  );
