import type { Millis } from '../../schemas/instant.ts';

/** A place in the log of the store, its system events included. */
export interface RemotePosition {
  readonly commit: number;
  readonly prepare: number;
}

/** An event as the store holds it. */
export interface RemoteEvent {
  readonly position: RemotePosition;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  /** By the clock of the server that wrote it. */
  readonly created: Millis;
  readonly metadata: string;
  readonly data: Buffer;
}

/** What the server says on a call of `Streams.Read`; empty where it is neither of these. */
export interface ReadAnswer {
  readonly event?: RemoteEvent;
  /** Up to here there is no event that passes the filter but those that came. */
  readonly checkpoint?: RemotePosition;
}

/**
 * Reads `event_store.client.streams.ReadResp` (streams.proto of EventStoreDB 23.10) from its protobuf encoding
 * (protobuf.dev/programming-guides/encoding). Most of the time of following a log went into the generated classes.
 * `data` shares its bytes with what was received.
 */
export const decodeRead = (bytes: Buffer): ReadAnswer => {
  const message = new Fields(bytes, 0, bytes.length);
  let answer: ReadAnswer = {};
  while (message.next()) {
    if (message.field === 1) answer = eventOf(message.inner());
    else if (message.field === 3) answer = { checkpoint: checkpointOf(message.inner()) };
    else message.skip();
  }
  return answer;
};

const checkpointOf = (message: Fields): RemotePosition => {
  let [commit, prepare] = [0, 0];
  while (message.next()) {
    if (message.field === 1) commit = message.integer();
    else if (message.field === 2) prepare = message.integer();
    else message.skip();
  }
  return { commit, prepare };
};

/** `ReadEvent`: the event itself; links are not asked for. */
const eventOf = (message: Fields): ReadAnswer => {
  let answer: ReadAnswer = {};
  while (message.next()) {
    if (message.field === 1) answer = { event: recordedOf(message.inner()) };
    else message.skip();
  }
  return answer;
};

const recordedOf = (message: Fields): RemoteEvent => {
  let [id, stream, metadata, type, created] = ['', '', '', '', '0'];
  let [revision, prepare, commit] = [0, 0, 0];
  let data: Buffer = noBytes;
  while (message.next()) {
    switch (message.field) {
      case 1:
        id = textIn(message.inner(), 2);
        break;
      case 2:
        stream = textIn(message.inner(), 3);
        break;
      case 3:
        revision = message.integer();
        break;
      case 4:
        prepare = message.integer();
        break;
      case 5:
        commit = message.integer();
        break;
      case 6: {
        const [key, value] = entryOf(message.inner());
        if (key === 'type') type = value;
        else if (key === 'created') created = value;
        break;
      }
      case 7:
        metadata = message.text();
        break;
      case 8:
        data = message.bytes();
        break;
      default:
        message.skip();
    }
  }
  const position = { commit, prepare };
  return { position, stream, revision, id, type, created: millisOf(created), metadata, data };
};

const noBytes = Buffer.alloc(0);

/** The text of one field of a message; empty where it is not there. */
const textIn = (message: Fields, field: number): string => {
  let text = '';
  while (message.next()) {
    if (message.field === field) text = message.text();
    else message.skip();
  }
  return text;
};

/** An entry of a map from text to text. */
const entryOf = (message: Fields): [key: string, value: string] => {
  const entry: [string, string] = ['', ''];
  while (message.next()) {
    if (message.field === 1) entry[0] = message.text();
    else if (message.field === 2) entry[1] = message.text();
    else message.skip();
  }
  return entry;
};

/** The server counts in units of 100 nanoseconds, beyond what a number holds exactly. */
const millisOf = (ticks: string): Millis => Number(BigInt(ticks) / 10_000n);

/** Goes through the fields of a protobuf message. Throws RangeError where the message is cut short. */
class Fields {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;
  #wireType = 0;
  field = 0;

  /** The message stands in `bytes` from `at` to `end`. */
  constructor(bytes: Buffer, at: number, end: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  /** Whether there is another field, which is then to be taken by one of the methods below. */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    const tag = this.integer();
    this.field = tag >>> 3;
    this.#wireType = tag & 7;
    return true;
  }

  /** Up to 2^53, which no position in a log comes near. */
  integer(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.#move(1)]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  bytes(): Buffer {
    const start = this.#move(this.integer());
    return this.#bytes.subarray(start, this.#at);
  }

  text(): string {
    const start = this.#move(this.integer());
    return this.#bytes.toString('utf8', start, this.#at);
  }

  inner(): Fields {
    const start = this.#move(this.integer());
    return new Fields(this.#bytes, start, this.#at);
  }

  skip(): void {
    if (this.#wireType === 0) this.integer();
    else if (this.#wireType === 1) this.#move(8);
    else if (this.#wireType === 2) this.#move(this.integer());
    else if (this.#wireType === 5) this.#move(4);
    else throw new RangeError(`The message has a field of wire type ${this.#wireType}`);
  }

  /** Passes over so many bytes, and says where they start. */
  #move(length: number): number {
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#end) throw new RangeError('The message is cut short');
    return start;
  }
}
