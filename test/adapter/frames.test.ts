/** What comes on the wire: whole messages whatever the pieces, and a sentence for everything else. */

import { PassThrough, Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Frames } from '../../src/adapter/frames';
import { serve } from '../../src/adapter/node';

const frame = (body: string): string => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** What the frames let through of pieces, and what they say. */
function through(pieces: readonly Uint8Array[], refuse?: () => void) {
  const said: string[] = [];
  const passedOver = (sentence: string): void => {
    said.push(sentence);
  };
  const frames = new Frames(refuse ? { passedOver, refuse } : { passedOver });
  const got: string[] = [];
  frames.on('data', (data: Buffer) => got.push(data.toString()));
  frames.resume();
  for (const piece of pieces) frames.receive(Buffer.from(piece));
  return { frames, got, said };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A client on two streams in memory; `sent` is what the adapter has written, one entry for each time it wakes the client. */
function connect() {
  const input = new PassThrough();
  const sent: string[] = [];
  const output = new Writable({
    writev: (chunks, done) => {
      sent.push(chunks.map(({ chunk }) => String(chunk)).join(''));
      done();
    },
  });
  const ended = serve(input, output);
  const ask = (seq: number, command: string, args: unknown) =>
    input.write(frame(JSON.stringify({ seq, type: 'request', command, arguments: args })));
  return { input, output, sent, ended, ask };
}

describe('frames', () => {
  it('come whole, however the bytes are cut', async () => {
    const bodies = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(bodies, fc.array(fc.nat(40), { minLength: 1 }), async (texts, cuts) => {
        const all = Buffer.from(texts.map(frame).join(''));
        const pieces: Uint8Array[] = [];
        for (let at = 0, i = 0; at < all.length; i++) {
          const size = (cuts[i % cuts.length] ?? 0) + 1;
          pieces.push(all.subarray(at, at + size));
          at += size;
        }
        const { got, said } = through(pieces);
        await settled();
        expect(got.join('')).toBe(texts.map(frame).join(''));
        expect(said).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    ['a header without a length', 'X-Thing: 1\r\n\r\n', 'A header without Content-Length was passed over.'],
    ['a negative length', 'Content-Length: -5\r\n\r\n', 'A header without Content-Length was passed over.'],
    ['bytes without end', 'x'.repeat(5000), 'Bytes that are no message were passed over.'],
    [
      'a message beyond bearing',
      `Content-Length: 70000000\r\n\r\n${'x'.repeat(70_000_000)}`,
      'A message of 70000000 bytes was passed over: 67108864 is the most.',
    ],
  ])('after %s the next message is taken', async (_, bytes, sentence) => {
    const { got, said } = through([Buffer.from(bytes), Buffer.from(frame('{}'))]);
    await settled();
    expect(said).toEqual([sentence]);
    expect(got).toEqual([frame('{}')]);
  });

  it('of a request of HTTP are refused with all that follows, also where its body is a message', async () => {
    let refused = 0;
    const body = '{"seq":1,"type":"request","command":"initialize"}';
    const post = `POST / HTTP/1.1\r\nHost: localhost\r\n${frame(body)}${frame(body)}`;
    const { got } = through([Buffer.from(post), Buffer.from(frame(body))], () => refused++);
    await settled();
    expect(got).toEqual([]);
    expect(refused).toBe(1);
  });
});

describe('on a stream', () => {
  it('a message that is no JSON, or no request, is told of, and the next one is answered', async () => {
    const { input, sent, ask } = connect();
    input.write(frame('{"seq":'));
    input.write(frame('null'));
    input.write(frame('{"seq":1}'));
    ask(2, 'threads', {});
    await expect.poll(() => sent.join('')).toContain('No scenario has been launched yet.');
    const all = sent.join('');
    expect(all).toContain('A message that is no JSON was passed over.');
    expect(all.match(/A message that is no request was passed over/g)).toHaveLength(2);
  });

  it('the answer and the events it causes leave in one write, in that order', async () => {
    const { sent, ask } = connect();
    ask(1, 'initialize', { adapterID: 'hmm' });
    await expect.poll(() => sent.length).toBe(1);
    ask(2, 'launch', { program: new URL('../../scenarios/page-comes-home.hmm', import.meta.url).pathname });
    await expect.poll(() => sent.length).toBe(2);
    expect(sent[1]).toMatch(/"command":"launch".*"event":"initialized"/s);
    ask(3, 'configurationDone', {});
    await expect.poll(() => sent.join('')).toContain('"event":"stopped"');
    const from = sent.length;
    ask(4, 'next', { threadId: 1 });
    await expect.poll(() => sent.slice(from).join('')).toContain('"event":"stopped"');
    const step = sent.slice(from);
    expect(step).toHaveLength(1);
    expect(step[0]).toMatch(/"command":"next".*"event":"continued".*"event":"stopped"/s);
  });

  it('a message of 60 MB is answered', async () => {
    const { sent, ask } = connect();
    ask(1, 'evaluate', { expression: 'x'.repeat(60_000_000) });
    await expect
      .poll(() => sent.join(''), { timeout: 15_000 })
      .toContain('No scenario has been launched yet.');
  });

  it('the session ends with its input, or with its output alone', async () => {
    const first = connect();
    first.input.end();
    await first.ended;
    const second = connect();
    second.output.destroy();
    await second.ended;
  });
});
