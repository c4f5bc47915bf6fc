import { constants, setPriority } from 'node:os';
import type { MessagePort } from 'node:worker_threads';
import { buildShard, finishBuild } from './build.ts';
import { Follower, reasonOf } from './follower.ts';
import type { ThreadParts } from './subjects.ts';
import type { BuilderMessage, BuildJob, BuildMessage, FollowerMessage, Job } from './thread-messages.ts';

/** The life of a thread of the read models; `close` gives back what `parts` hold. */
export const runThread = (
  port: MessagePort,
  job: Job,
  parts: ThreadParts,
  close: () => Promise<void>,
): void => {
  if (job.kind === 'follow') follow(port, parts, close);
  else build(port, parts, close);
};

const follow = (port: MessagePort, parts: ThreadParts, close: () => Promise<void>): void => {
  const follower = new Follower(parts, (report) => port.postMessage(report));
  const end = async (): Promise<void> => {
    await follower.close();
    await close();
    port.close();
  };
  port.on('message', (message: FollowerMessage) => {
    if (message.kind === 'grew') follower.grew();
    else if (message.kind === 'adopt') void follower.adopt(message.generation, message.folder);
    else void end();
  });
};

const build = (port: MessagePort, parts: ThreadParts, close: () => Promise<void>): void => {
  giveWay();
  const tell = (message: BuildMessage) => port.postMessage(message);
  const run = async (job: BuildJob): Promise<void> => {
    try {
      if (job.kind === 'shard')
        await buildShard(parts, job, (progress) => tell({ kind: 'progress', progress }));
      else finishBuild(parts, job);
      tell({ kind: 'done' });
    } catch (error) {
      tell({ kind: 'failed', reason: reasonOf(error) });
    }
  };
  const end = async (): Promise<void> => {
    await close();
    port.close();
  };
  tell({ kind: 'ready' });
  port.on('message', (message: BuilderMessage) => void (message.kind === 'close' ? end() : run(message)));
};

/** So that the thread that answers goes before the one that calls this. On Linux a priority is a thread's; elsewhere it would be everybody's. */
export const giveWay = (): void => {
  if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW);
};
