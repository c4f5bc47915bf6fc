import type { Writable } from 'node:stream';
import { SingleBar } from 'cli-progress';

/** Shows how far the import is: a bar where a person watches, else a line every few seconds. */
export interface Progress {
  advance(bytes: number): void;
  count(consents: number): void;
  stop(): void;
}

const lineEveryMs = 5000;

export const showProgress = (totalBytes: number, out: Writable & { isTTY?: boolean }): Progress =>
  out.isTTY ? bar(totalBytes, out) : lines(totalBytes, out);

const bar = (totalBytes: number, stream: Writable): Progress => {
  const shown = new SingleBar({
    format: '{bar} {percentage}%  {consents} consents  {eta_formatted} left',
    stream,
    hideCursor: true,
    // SIGINT is the import's: it stops after what is under way, and then stops the bar.
    gracefulExit: false,
  });
  shown.start(totalBytes, 0, { consents: 0 });
  return {
    advance: (bytes) => shown.increment(bytes),
    count: (consents) => shown.update({ consents }),
    stop: () => shown.stop(),
  };
};

const lines = (totalBytes: number, out: Writable): Progress => {
  let read = 0;
  let done = 0;
  const timer = setInterval(() => {
    const percent = totalBytes === 0 ? 100 : Math.floor((100 * read) / totalBytes);
    out.write(`${percent}% read, ${done} consents\n`);
  }, lineEveryMs);
  return {
    advance: (bytes) => {
      read += bytes;
    },
    count: (consents) => {
      done = consents;
    },
    stop: () => clearInterval(timer),
  };
};
