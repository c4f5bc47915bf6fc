import { SingleBar } from 'cli-progress';

/** Shows how far long work is: a bar on a terminal, else a line at each tenth. */
export interface Progress {
  /** `share` from 0 to 1. */
  show(share: number, note?: string): void;
  end(): void;
}

/** Ends the progress, however the work ends. */
export const under = async <T>(progress: Progress, work: (progress: Progress) => Promise<T>): Promise<T> => {
  try {
    return await work(progress);
  } finally {
    progress.end();
  }
};

export const progressOf = (title: string, out: NodeJS.WriteStream = process.stderr): Progress =>
  out.isTTY ? bar(title, out) : lines(title, out);

const bar = (title: string, stream: NodeJS.WriteStream): Progress => {
  const format = `${title} {bar} {percentage}% | {eta_formatted} left | {note}`;
  const single = new SingleBar({ stream, format, hideCursor: true, etaBuffer: 50 });
  single.start(1000, 0, { note: '' });
  return {
    show: (share, note = '') => single.update(Math.round(share * 1000), { note }),
    end: () => single.stop(),
  };
};

const lines = (title: string, out: NodeJS.WritableStream): Progress => {
  let tenth = -1;
  return {
    show: (share, note = '') => {
      const reached = Math.floor(share * 10);
      if (reached <= tenth) return;
      tenth = reached;
      out.write(`${title} ${reached * 10}%${note === '' ? '' : ` | ${note}`}\n`);
    },
    end: () => {},
  };
};
