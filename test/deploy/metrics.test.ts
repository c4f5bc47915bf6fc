import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { reason } from '../../schemas/decision.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { textOf } from './compose.ts';

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly labels: { readonly severity: string };
      readonly annotations: { readonly summary: string };
    }[];
  }[];
}

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
}

const rules = (parse(textOf('deploy/prometheus-rules.yml')) as Rules).groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(textOf('deploy/grafana-dashboard.json')) as Dashboard;
const panels = dashboard.panels.flatMap(({ title, targets }) =>
  targets.map((target) => ({ title, ...target })),
);
const expressions = [...rules, ...panels].map(({ expr }) => expr);

/** Names of our metrics and of the process's, as Prometheus knows them; `up` is its own. */
const namesIn = (expression: string): string[] =>
  expression.match(/\b(consent_ledger|process|nodejs)_\w+/g) ?? [];

/** Every time series of a service that has seen each kind of thing once: the name and its labels. */
const series = async (): Promise<Map<string, Set<string>>> => {
  const metrics = createMetrics();
  metrics.appended('appended', 0.001);
  metrics.appended('conflict', 0.001);
  metrics.appended('unknown', 0.001);
  metrics.recordHit();
  metrics.recordRead('row', 0.001, 1);
  metrics.recordRead('stream', 0.001, 1);
  for (const why of reason.options) metrics.decided('deny', why);
  metrics.served('POST', '/decisions', 200, 0.001);
  metrics.watchLag('current-consent', () => 1);
  metrics.watchErasures(() => ({ 'in-time': 1, 'due-soon': 1, overdue: 1 }));
  metrics.watchEpochs(() => ({ current: 1, oldest: 2, max: 3, rotationFailed: false }));
  const known = new Map<string, Set<string>>();
  for (const line of (await metrics.text()).split('\n')) {
    const [, name, labels = ''] = /^(\w+)(?:\{(.*)\})? /.exec(line) ?? [];
    if (name === undefined) continue;
    const seen = known.get(name) ?? new Set();
    for (const [label] of labels.matchAll(/\w+="[^"]*"/g)) {
      seen.add(label);
      seen.add(label.split('=')[0]!);
    }
    known.set(name, seen);
  }
  return known;
};

/** Labels that Prometheus adds to each series. */
const added = ['instance', 'job'];

describe('alert rules and dashboard', () => {
  it('name metrics that the service has', async () => {
    const known = await series();
    const used = new Set(expressions.flatMap(namesIn));
    assert.ok(used.size >= 12);
    for (const name of used) assert.ok(known.has(name), name);
  });

  it('show every metric of the service’s own', async () => {
    const used = new Set(
      expressions.flatMap(namesIn).map((name) => name.replace(/_(bucket|count|sum)$/, '')),
    );
    const own = [...(await series()).keys()].filter((name) => name.startsWith('consent_ledger_'));
    for (const name of own) assert.ok(used.has(name.replace(/_(bucket|count|sum)$/, '')), name);
  });

  it('choose and group by labels that those metrics have', async () => {
    const known = await series();
    for (const expression of expressions) {
      for (const [, name, matchers] of expression.matchAll(/\b(\w+)\{([^}]*)\}/g)) {
        for (const [, label, operator, value] of matchers!.matchAll(/(\w+)(=~|!=|=)"([^"]*)"/g)) {
          if (added.includes(label!)) continue;
          const labels = known.get(name!)!;
          assert.ok(labels.has(label!), `${label} of ${name}`);
          if (label === 'status' || operator === '!=') continue;
          const matches = [...labels].filter((one) => new RegExp(`^${label}="(${value})"$`).test(one));
          assert.ok(matches.length > 0, `${label}="${value}" of ${name}`);
        }
      }
      const labels = new Set([...added, ...namesIn(expression).flatMap((name) => [...known.get(name)!])]);
      for (const [, list] of expression.matchAll(/\bby \(([^)]*)\)/g))
        for (const label of list!.split(', ')) assert.ok(labels.has(label), `by ${label}: ${expression}`);
    }
    for (const { expr, legendFormat } of panels) {
      const labels = new Set([...added, ...namesIn(expr).flatMap((name) => [...known.get(name)!])]);
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) assert.ok(labels.has(label!), label);
    }
  });

  it('are each an alert of its own name, with a severity, that the operations page explains', () => {
    const page = textOf('docs/operations.md');
    assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
    for (const { alert, labels, annotations } of rules) {
      assert.ok(['critical', 'warning', 'info'].includes(labels.severity), alert);
      assert.notEqual(annotations.summary, '');
      assert.ok(page.includes(`\`${alert}\``), `docs/operations.md tells of ${alert}`);
    }
  });
});
