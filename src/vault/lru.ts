/** A cache bounded by the weight of what it holds; what was used least recently goes first. */
export class LruCache<Value> {
  readonly #entries = new Map<string, { readonly value: Value; readonly weight: number }>();
  readonly #capacity: number;
  #weight = 0;

  /** `capacity` in the unit of the weights; by default each value weighs 1. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** As `get`, without counting as a use. */
  peek(key: string): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** Keeps `value`, unless it alone weighs more than the cache may hold. */
  set(key: string, value: Value, weight = 1): void {
    this.delete(key);
    if (weight > this.#capacity) return;
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#weight <= this.#capacity) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#weight -= entry.weight;
  }

  /** Drops every value that is one of these. */
  drop(isOne: (value: Value) => boolean): void {
    for (const [key, { value }] of this.#entries) if (isOne(value)) this.delete(key);
  }

  get size(): number {
    return this.#entries.size;
  }
}

/** As LruCache, and what was put in longer ago than `maxAgeMs` is not given any more. */
export class AgingCache<Value> {
  readonly #entries: LruCache<{ readonly value: Value; readonly until: number }>;
  readonly #maxAgeMs: number;
  readonly #monotonicNow: () => number;

  /** `monotonicNow`: milliseconds by a clock that nobody sets. */
  constructor(capacity: number, maxAgeMs: number, monotonicNow: () => number) {
    this.#entries = new LruCache(capacity);
    this.#maxAgeMs = maxAgeMs;
    this.#monotonicNow = monotonicNow;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && this.#monotonicNow() < entry.until ? entry.value : undefined;
  }

  set(key: string, value: Value): void {
    this.#entries.set(key, { value, until: this.#monotonicNow() + this.#maxAgeMs });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** As LruCache's. */
  drop(isOne: (value: Value) => boolean): void {
    this.#entries.drop(({ value }) => isOne(value));
  }
}
