import type { Log } from '../telemetry/log.ts';

/** What `serve` needs of the house. */
export interface Servable {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Serves until SIGTERM or SIGINT, then finishes what was accepted. Whatever is less safe than it could be is said
 * first, on every start.
 *
 * @param announcements sentences of the configuration
 */
export const serve = async (
  start: () => Promise<Servable>,
  announcements: readonly string[],
  log: Log,
): Promise<void> => {
  for (const announcement of announcements) process.stderr.write(`Notice: ${announcement}\n`);
  const service = await start();
  log.info('serving', { port: service.port });
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, resolve);
  });
  log.info('stopping', { signal });
  await service.stop();
  log.info('stopped');
};
