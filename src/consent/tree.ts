import type { Coding } from '../../schemas/coding.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import type { TreeNode } from '../../schemas/vocabulary.ts';
import { met, notMet, type Truth, unknown } from './truth.ts';

/** A coding as one string; codings are compared with their system, case-sensitive (S4.2). */
export const codingKey = (coding: Coding): string =>
  `${coding.system.length}:${coding.system}|${coding.code}`;

/** Codes ordered below one another; a code may have several parents (S4.3). */
export interface Tree {
  holds(key: string): boolean;
  /**
   * Whether what lists `listed` covers `asked` (S6.1): it is met for the code itself and for those below it;
   * unknown for one that is above it or shares with it a code below, or where the tree holds one of them not.
   */
  covers(listed: string, asked: string): Truth;
  /** The codes above `key` and itself, each with its distance; nearest first. */
  above(key: string): ReadonlyMap<string, number>;
}

/**
 * Builds a tree; the parents of a code that is named more than once add up.
 *
 * @returns `invalid-request` where a parent is not in the tree or a code is its own ancestor (S4.3)
 */
export function buildTree(nodes: readonly TreeNode[]): Result<Tree> {
  const parents = new Map<string, Set<string>>();
  for (const node of nodes) {
    const known = parents.get(codingKey(node)) ?? new Set<string>();
    for (const parent of node.parents) known.add(codingKey(parent));
    parents.set(codingKey(node), known);
  }
  for (const node of nodes) {
    for (const parent of node.parents) {
      if (!parents.has(codingKey(parent))) {
        return fail('invalid-request', `the tree does not hold ${parent.code}, parent of ${node.code}`);
      }
    }
    if (reaches(parents, codingKey(node))) {
      return fail('invalid-request', `the tree is cyclic: ${node.code} is above itself`);
    }
  }
  const above = new Map([...parents.keys()].map((key) => [key, ancestors(parents, key)]));
  const below = new Map(
    [...parents.keys()].map((key) => [key, [...above].flatMap(([low, up]) => (up.has(key) ? [low] : []))]),
  );
  const alone = (key: string) => new Map([[key, 0]]);
  return ok({
    holds: (key) => parents.has(key),
    above: (key) => above.get(key) ?? alone(key),
    covers: (listed, asked) => {
      if (listed === asked) return met;
      const up = above.get(asked);
      if (up === undefined || !above.has(listed)) return unknown;
      if (up.has(listed)) return met;
      return below.get(listed)?.some((code) => above.get(code)?.has(asked)) ? unknown : notMet;
    },
  });
}

type Parents = ReadonlyMap<string, ReadonlySet<string>>;

/** Whether a code is among its own ancestors. */
function reaches(parents: Parents, key: string): boolean {
  const seen = new Set<string>();
  const waiting = [...(parents.get(key) ?? [])];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next === key) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    waiting.push(...(parents.get(next) ?? []));
  }
  return false;
}

/** Breadth first, so that the first distance found is the shortest. */
function ancestors(parents: Parents, key: string): Map<string, number> {
  const distances = new Map([[key, 0]]);
  for (const [code, distance] of distances) {
    for (const parent of parents.get(code) ?? []) {
      if (!distances.has(parent)) distances.set(parent, distance + 1);
    }
  }
  return distances;
}
