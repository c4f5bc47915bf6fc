import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams, { type ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { ReadAnswer, RemotePosition } from './eventstoredb-decode.ts';

/** Negative where `one` lies before `other`. */
export const comparePositions = (one: RemotePosition, other: RemotePosition): number =>
  one.commit - other.commit || one.prepare - other.prepare;

/** Streams whose name starts so are the server's own. */
const isSystem = (stream: string): boolean => stream.startsWith('$');

const { Options } = streams.ReadReq;

const allFrom = (position: RemotePosition | 'start' | 'end'): ReadReq.Options.AllOptions => {
  const all = new Options.AllOptions();
  if (position === 'start') return all.setStart(new shared.Empty());
  if (position === 'end') return all.setEnd(new shared.Empty());
  return all.setPosition(
    new Options.Position()
      .setCommitPosition(String(position.commit))
      .setPreparePosition(String(position.prepare)),
  );
};

const optionsOf = (position: RemotePosition | 'start' | 'end'): ReadReq.Options =>
  new Options()
    .setAll(allFrom(position))
    .setUuidOption(new Options.UUIDOption().setString(new shared.Empty()))
    .setResolveLinks(false);

/** Every event that is no system event after a position, those to come included, with checkpoints in between. */
export const followRequest = (after: RemotePosition | undefined): ReadReq => {
  const expression = new Options.FilterOptions.Expression().setRegex('^[^$]');
  const filter = new Options.FilterOptions()
    .setStreamIdentifier(expression)
    .setMax(searchWindow)
    .setCheckpointintervalmultiplier(1);
  const options = optionsOf(after ?? 'start')
    .setSubscription(new Options.SubscriptionOptions())
    .setFilter(filter);
  return new streams.ReadReq().setOptions(options);
};

/** After this many events of which none passes the filter the server tells how far it has come. */
const searchWindow = 32;

/** The event at a position. */
export const eventAtRequest = (position: RemotePosition): ReadReq => readRequest(position, 0, 1);

/** So many events that one of them is followed, or that there is a checkpoint after the first of them. */
const tailEvents = 2 * searchWindow;

/** The last events of the log, newest first. */
export const tailRequest = (): ReadReq => readRequest('end', 1, tailEvents);

const readRequest = (position: RemotePosition | 'end', direction: 0 | 1, count: number): ReadReq =>
  new streams.ReadReq().setOptions(
    optionsOf(position).setReadDirection(direction).setCount(String(count)).setNoFilter(new shared.Empty()),
  );

/**
 * The place that a follower must have reached to have every event of a log that ends so; undefined where there is
 * no event that it follows. Behind the last such event there may be system events, of which it hears at checkpoints.
 */
export const headOf = (tail: readonly ReadAnswer[]): RemotePosition | undefined => {
  const events = tail.map(({ event }) => event).filter((event) => event !== undefined);
  const followed = events.find(({ stream }) => !isSystem(stream));
  return (followed ?? (events.length < tailEvents ? undefined : events.at(-1)))?.position;
};
