import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type ModelKind, modelPath } from './model-file.ts';

/**
 * The read models stand together in one folder, `g<number>`, a generation. A rebuild makes the next one under
 * another name and renames it when it is whole: that is the swap, and until then the old one serves (blue/green).
 */
export class Generations {
  readonly #folder: string;
  readonly #kinds: readonly ModelKind[];

  /** Makes the folder, private to this user, and clears away what a killed rebuild has left. */
  constructor(folder: string, kinds: readonly ModelKind[]) {
    this.#folder = folder;
    this.#kinds = kinds;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder)) if (name.endsWith('.building')) this.#remove(name);
  }

  path(generation: number): string {
    return join(this.#folder, `g${generation}`);
  }

  /** The newest generation that has every kind in the version that this code wants. */
  newest(): number | undefined {
    const whole = (generation: number) =>
      this.#kinds.every((kind) => existsSync(modelPath(this.path(generation), kind)));
    const found = this.#numbers().filter(whole);
    return found.length === 0 ? undefined : Math.max(...found);
  }

  /** A folder to build the next generation in, and the moves that end it. */
  begin(): { readonly path: string; finish(): number; abandon(): void } {
    const next = Math.max(0, ...this.#numbers()) + 1;
    const path = `${this.path(next)}.building`;
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { mode: 0o700 });
    return {
      path,
      finish: () => {
        renameSync(path, this.path(next));
        return next;
      },
      abandon: () => rmSync(path, { recursive: true, force: true }),
    };
  }

  /** Removes every generation but this one, those of older code included. */
  keepOnly(generation: number): void {
    for (const number of this.#numbers()) if (number !== generation) this.#remove(`g${number}`);
  }

  #numbers(): number[] {
    return readdirSync(this.#folder).flatMap((name) => Number(/^g(\d+)$/.exec(name)?.[1] ?? []));
  }

  #remove(name: string): void {
    rmSync(join(this.#folder, name), { recursive: true, force: true });
  }
}
