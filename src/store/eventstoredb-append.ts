import { randomUUID } from 'node:crypto';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams, {
  type BatchAppendReq,
  type BatchAppendResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import { noStream } from './port.ts';

/** An event as it is sent: metadata is JSON text already. */
export interface RemoteNewEvent {
  readonly id: string;
  readonly type: string;
  readonly metadata: string;
  readonly data: Uint8Array;
}

/** What the server said of an append, or that it said nothing that can be relied on. */
export type AppendAnswer =
  /** All of it stands right after the expected revision, now or since an earlier try. */
  | { readonly answer: 'written' }
  /** The stream stands at `revision`. */
  | { readonly answer: 'elsewhere'; readonly revision: number }
  /** Nothing was written, and nothing will be. */
  | { readonly answer: 'refused'; readonly detail: string }
  | { readonly answer: 'unknown'; readonly detail: string };

/** What a lane needs of a gRPC call. */
export interface AppendCall {
  write(request: BatchAppendReq): unknown;
  cancel(): void;
  on(event: 'data', listener: (response: BatchAppendResp) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
}

/** A server takes no larger request. */
const mostBytes = 3 * 1024 * 1024;

/**
 * One call on which many appends are under way, each answered by its correlation id.
 *
 * The client's own batch append has no time limit; an error of one of its calls ends the appends of every other
 * call in the process; an answer that comes after that throws where nothing can catch it; and after a clean end of
 * the call nothing is answered any more. So appends are sent here.
 */
export class AppendLane {
  readonly #call: AppendCall;
  readonly #waiting = new Map<string, (answer: AppendAnswer) => void>();

  /** `over`: called once the call takes no more appends. What was under way on it is unknown. */
  constructor(call: AppendCall, over: () => void) {
    this.#call = call;
    const end = (detail: string): void => {
      over();
      for (const settle of this.#waiting.values()) settle({ answer: 'unknown', detail });
    };
    call.on('data', (response) => {
      this.#waiting.get(response.getCorrelationId()?.getString() ?? '')?.(answerOf(response));
    });
    call.on('error', (error) => end(`The connection to the store failed: ${error.message}`));
    call.on('end', () => {
      end('The store ended the connection');
      // The writing half is open still, and the client would keep the call.
      call.cancel();
    });
  }

  /** Always settles, after `limitMs` milliseconds at the latest: by then the outcome is unknown. */
  append(
    stream: string,
    events: readonly RemoteNewEvent[],
    expectedRevision: number,
    limitMs: number,
  ): Promise<AppendAnswer> {
    const correlation = randomUUID();
    const request = requestOf(correlation, stream, events, expectedRevision);
    if (request === undefined)
      return Promise.resolve({ answer: 'refused', detail: 'The events are larger than the store takes' });
    return new Promise((resolve) => {
      const settle = (answer: AppendAnswer): void => {
        clearTimeout(timer);
        this.#waiting.delete(correlation);
        resolve(answer);
      };
      const late = { answer: 'unknown', detail: `The store did not answer within ${limitMs} ms` } as const;
      const timer = setTimeout(() => settle(late), limitMs);
      this.#waiting.set(correlation, settle);
      this.#call.write(request);
    });
  }
}

const requestOf = (
  correlation: string,
  stream: string,
  events: readonly RemoteNewEvent[],
  expectedRevision: number,
): BatchAppendReq | undefined => {
  const name = new shared.StreamIdentifier().setStreamName(Buffer.from(stream));
  const options = new streams.BatchAppendReq.Options().setStreamIdentifier(name);
  if (expectedRevision === noStream) options.setNoStream(new shared.Empty());
  else options.setStreamPosition(String(expectedRevision));
  const request = new streams.BatchAppendReq()
    .setCorrelationId(uuidOf(correlation))
    .setOptions(options)
    .setIsFinal(true);
  let bytes = 0;
  for (const { id, type, metadata, data } of events) {
    const message = new streams.BatchAppendReq.ProposedMessage()
      .setId(uuidOf(id))
      .setCustomMetadata(Buffer.from(metadata))
      .setData(data);
    message.getMetadataMap().set('type', type).set('content-type', 'application/octet-stream');
    request.addProposedMessages(message);
    bytes += data.length + metadata.length;
  }
  return bytes > mostBytes ? undefined : request;
};

const uuidOf = (text: string) => new shared.UUID().setString(text);

const answerOf = (response: BatchAppendResp): AppendAnswer => {
  const error = response.getError();
  if (error === undefined) return { answer: 'written' };
  const details = error.getDetails();
  const kind = details?.getTypeName() ?? '';
  const detail = `The store answered: ${error.getMessage()}`;
  const wrong = details?.unpack(shared.WrongExpectedVersion.deserializeBinary, wrongVersion);
  if (wrong) {
    const revision = wrong.hasCurrentStreamRevision() ? Number(wrong.getCurrentStreamRevision()) : noStream;
    return { answer: 'elsewhere', revision };
  }
  return refusals.has(kind) ? { answer: 'refused', detail } : { answer: 'unknown', detail };
};

const wrongVersion = 'event_store.client.WrongExpectedVersion';
const refusals: ReadonlySet<string> = new Set(
  ['AccessDenied', 'StreamDeleted', 'MaximumAppendSizeExceeded', 'BadRequest'].map(
    (name) => `event_store.client.${name}`,
  ),
);
