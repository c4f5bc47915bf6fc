import { globSync, readFileSync } from 'node:fs';

/** Rules that neither the compiler, the linter nor the direction of imports can state. */
interface Rule {
  readonly rule: string;
  readonly forbids: RegExp;
  readonly within: readonly string[];
  readonly except?: readonly string[];
}

const pure = [
  'src/consent/**/*.ts',
  'src/fhir/**/*.ts',
  'src/verifier/**/*.ts',
  'reports/**/*.ts',
  'schemas/**/*.ts',
];

const rules: readonly Rule[] = [
  {
    rule: 'only src/config.ts reads the environment',
    forbids: /\bprocess\s*\.\s*env\b|\bprocess\s*\[|\benv\b[^'"]*\bfrom 'node:process'/,
    within: ['src/**/*.ts', 'schemas/**/*.ts', 'reports/**/*.ts', 'tools/**/*.ts'],
    except: ['src/config.ts', 'tools/house-rules.ts'],
  },
  {
    rule: 'what is pure has no clock of its own',
    forbids: /\bDate\s*\.\s*now\b|\bnew Date\(\s*\)|\bperformance\s*\.\s*now\b|\bhrtime\b/,
    within: pure,
  },
  {
    rule: 'what is pure draws nothing at random',
    forbids: /\bMath\s*\.\s*random\b|\brandom(UUID|Bytes|Int|FillSync|Fill)\b|\bgetRandomValues\b/,
    within: pure,
  },
  {
    rule: 'no rule of the compiler or the linter is switched off',
    forbids: /@ts-(ignore|nocheck)|biome-ignore|eslint-disable/,
    within: ['{src,schemas,reports,tools,test}/**/*.ts'],
    except: ['tools/house-rules.ts'],
  },
  {
    rule: 'the lock file names no registry',
    forbids: /"resolved":/,
    within: ['package-lock.json'],
  },
];

const breaches = rules.flatMap(({ rule, forbids, within, except = [] }) =>
  globSync([...within], { exclude: [...except] }).flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, index) => (forbids.test(line) ? [`${file}:${index + 1}: ${rule}`] : [])),
  ),
);
for (const breach of breaches) console.error(breach);
process.exitCode = breaches.length === 0 ? 0 : 1;
