/** One thing that must stand before the service may answer; `code` says what does not. */
export interface Check {
  readonly ready: boolean;
  readonly code?: string;
}

export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, Check>>;
}

/** Gathers what the rooms say of themselves. Alive is whoever can answer at all; ready is who is, in every part. */
export interface Health {
  /** Registers a part by name; `check` is asked at each reading and must not wait. */
  watch(name: string, check: () => Check): void;
  /** From here on not ready: no new work is to be sent here. */
  stop(): void;
  readiness(): Readiness;
}

/** A check that throws counts as not ready. With nothing registered it is not ready: nothing has started yet. */
export const createHealth = (): Health => {
  const parts = new Map<string, () => Check>();
  let stopping = false;
  const ask = (check: () => Check): Check => {
    try {
      return check();
    } catch {
      return { ready: false, code: 'check-failed' };
    }
  };
  return {
    watch: (name, check) => void parts.set(name, check),
    stop: () => {
      stopping = true;
    },
    readiness: () => {
      const checks = Object.fromEntries([...parts].map(([name, check]) => [name, ask(check)]));
      const standing = parts.size > 0 && Object.values(checks).every((check) => check.ready);
      return { ready: standing && !stopping, checks };
    },
  };
};
