import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { fieldNames } from '../../src/telemetry/fields.ts';
import { createLog, type Fields, type LogLevel } from '../../src/telemetry/log.ts';

const capture = (level: LogLevel = 'debug') => {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(...chunk.toString().trimEnd().split('\n'));
      done();
    },
  });
  return {
    log: createLog({ level, stream }),
    text: () => lines.join('\n'),
    lines: () => lines.map((line): Record<string, unknown> => JSON.parse(line)),
  };
};

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('log', () => {
  it('writes one JSON object a line, with time, level, message and correlation id', () => {
    const { log, lines } = capture();
    log.info('listening', { host: '127.0.0.1', port: 8080 });
    log.warn('behind', { projection: 'current-consent', lag: 12 });
    const [first, second] = lines();
    assert.equal(first?.message, 'listening');
    assert.equal(first.level, 'info');
    assert.equal(first.port, 8080);
    assert.match(String(first.timestamp), /^\d{4}-\d{2}-\d{2}T.*Z$/);
    assert.match(String(first.correlationId), /^[0-9a-f]{32}$/);
    assert.equal(second?.correlationId, first.correlationId, 'the process has one id');
    assert.equal(second?.projection, 'current-consent');
  });

  it("carries a request's correlation id in every line of its child, and of the child's child", () => {
    const { log, lines } = capture();
    const request = log.child({ correlationId: traceId });
    request.info('served', { status: 200 });
    request.child({ route: '/consents/:consentId' }).error('failed');
    for (const line of lines()) assert.equal(line.correlationId, traceId);
    assert.equal(lines()[1]?.route, '/consents/:consentId');
  });

  it('keeps the correlation id of the process where a caller gives one of another shape', () => {
    const { log, lines } = capture();
    log.child({ correlationId: 'patient-4711' }).info('served');
    assert.match(String(lines()[0]?.correlationId), /^[0-9a-f]{32}$/);
  });

  it('writes nothing below its level', () => {
    const { log, lines } = capture('warn');
    log.info('quiet');
    log.debug('quieter');
    log.error('loud');
    assert.deepEqual(
      lines().map((line) => line.message),
      ['loud'],
    );
  });

  const canaries = [
    'Canary-Jane Doe',
    'CANARY|https://hospital.example/mrn|4711',
    'canary.person@example.org',
    { family: 'Canary' },
    ['Canary'],
    'Patient/canary-1?name=canary',
  ];
  const strangers = [
    'patient',
    'identifier',
    'subject',
    'detail',
    'body',
    'token',
    '__proto__',
    'message',
    'level',
  ];
  const names = [...fieldNames, ...strangers];

  it('drops what is not on the allow-list or has not its shape, bound to a child or not', () => {
    const { log, text, lines } = capture();
    for (const name of names) {
      for (const canary of canaries) {
        const fields = JSON.parse(JSON.stringify({ [name]: canary })) as Fields;
        log.info('planted', fields);
        log.child(fields).info('planted');
      }
    }
    assert.equal(lines().length, names.length * canaries.length * 2);
    assert.doesNotMatch(text(), /canary/i);
    for (const line of lines()) assert.equal(line.message, 'planted');
  });

  it('tells of an error its name, code and frames, and never its message or its own members', () => {
    const { log, text, lines } = capture();
    const cause = new TypeError('canary in the cause');
    const error = Object.assign(
      new RangeError('canary in the message\n    at canary (/canary/file.ts:1:1)', { cause }),
      {
        code: 'SQLITE_FULL',
        patient: 'canary',
      },
    );
    log.error('append failed', { error });
    log.error('thrown', { error: 'canary' });
    log.error('odd', { error: Object.assign(new Error('canary'), { code: 'canary 4711' }) });
    const [line] = lines();
    assert.equal(line?.error, 'RangeError');
    assert.equal(line.errorCode, 'SQLITE_FULL');
    assert.match(String(line.frames), /log\.test\.ts:\d+:\d+/);
    assert.doesNotMatch(text(), /canary/i);
  });

  it('takes only texts that stand in the source as messages', () => {
    const { log } = capture();
    const patient: string = 'canary';
    // Each of these is refused by the compiler; were it not, the directive itself would be an error.
    // @ts-expect-error a text of which nothing is known
    log.info(patient);
    // @ts-expect-error a text that is put together
    log.info(`served ${patient}`);
  });
});
