import type { Millis } from '../../schemas/instant.ts';

interface Bucket {
  tokens: number;
  at: Millis;
}

/**
 * A token bucket for each name: `perSecond` on average, a burst of as many. At most `size` names are kept; the one
 * that was first seen goes first, and starts anew when it comes back.
 *
 * @returns whether the one who asks may go on
 */
export const createRateLimit = (perSecond: number, clock: () => Millis, size = 10_000) => {
  const buckets = new Map<string, Bucket>();
  return (name: string): boolean => {
    const now = clock();
    let bucket = buckets.get(name);
    if (bucket === undefined) {
      if (buckets.size >= size) buckets.delete(buckets.keys().next().value!);
      bucket = { tokens: perSecond, at: now };
      buckets.set(name, bucket);
    }
    const passed = Math.max(0, now - bucket.at) / 1000;
    bucket.tokens = Math.min(perSecond, bucket.tokens + passed * perSecond);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  };
};
