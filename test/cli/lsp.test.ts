import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createProtocolConnection,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { inProject } from '../tools/project';

const uri = 'file:///app.hmm';
const text = `device gpu0 private 64MiB
process app {
buf = mmap 64KiB
    read buf[0]
    expect buf[0].page.refcoun == 1
}
`;
const folder = mkdtempSync(join(tmpdir(), 'hmm-lsp-'));
const bundle = join(folder, 'hmm-trace.cjs');
let server: ChildProcessWithoutNullStreams;
let client: ProtocolConnection;
let published: Promise<PublishDiagnosticsParams>;

/** Lines and characters from 0. */
const at = (line: number, character: number) => ({ textDocument: { uri }, position: { line, character } });

beforeAll(async () => {
  await build({
    entryPoints: [inProject('src/cli/main.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'cjs',
  });
  server = spawn(process.execPath, [bundle, 'lsp', '--stdio']);
  client = createProtocolConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin),
  );
  published = new Promise((resolve) => {
    client.onNotification('textDocument/publishDiagnostics', resolve);
  });
  client.listen();
  await client.sendRequest('initialize', { processId: process.pid, rootUri: null, capabilities: {} });
  await client.sendNotification('initialized', {});
  await client.sendNotification('textDocument/didOpen', {
    textDocument: { uri, languageId: 'hmm', version: 1, text },
  });
});
afterAll(() => {
  client.dispose();
  server.kill();
  rmSync(folder, { recursive: true, force: true });
});

describe('the language server', () => {
  it('says what is wrong, as `hmm-trace check` does', async () => {
    const { diagnostics } = await published;
    expect(diagnostics.map(({ message }) => message)).toEqual([
      'a page has no `refcoun`; did you mean `refcount`?',
    ]);
    expect(diagnostics[0]?.range.start).toEqual({ line: 4, character: 23 });
  });

  it('mends it', async () => {
    const actions = await client.sendRequest<{ title: string; edit: { changes: object } }[]>(
      'textDocument/codeAction',
      {
        textDocument: { uri },
        range: { start: { line: 4, character: 24 }, end: { line: 4, character: 24 } },
        context: { diagnostics: [] },
      },
    );
    expect(actions.map(({ title }) => title)).toEqual(['Change to `refcount`']);
  });

  it.each<[string, object, (answer: never) => unknown, unknown]>([
    [
      'textDocument/completion',
      at(4, 18),
      (items: { label: string }[]) => items.map(({ label }) => label),
      ['page', 'pte', 'vma', 'pagemap', 'address'],
    ],
    [
      'textDocument/hover',
      at(3, 5),
      (found: { contents: { value: string } }) => found.contents.value.slice(0, 12),
      '`read RANGE`',
    ],
    [
      'textDocument/definition',
      at(3, 10),
      (found: { range: { start: unknown } }) => found.range.start,
      { line: 2, character: 0 },
    ],
    [
      'textDocument/references',
      { ...at(3, 10), context: { includeDeclaration: true } },
      (found: unknown[]) => found.length,
      3,
    ],
    ['textDocument/documentHighlight', at(3, 10), (found: unknown[]) => found.length, 3],
    [
      'textDocument/prepareRename',
      at(3, 10),
      (found: { start: unknown }) => found.start,
      { line: 3, character: 9 },
    ],
    [
      'textDocument/rename',
      { ...at(3, 10), newName: 'data' },
      (found: { changes: Record<string, unknown[]> }) => found.changes[uri]?.length,
      3,
    ],
    [
      'textDocument/documentSymbol',
      { textDocument: { uri } },
      (found: { name: string }[]) => found.map(({ name }) => name),
      ['gpu0', 'app'],
    ],
    [
      'textDocument/foldingRange',
      { textDocument: { uri } },
      (found: object[]) => found,
      [{ startLine: 1, endLine: 4 }],
    ],
    [
      'textDocument/formatting',
      { textDocument: { uri }, options: {} },
      (found: { newText: string }[]) => found[0]?.newText.includes('\n    buf = mmap 64KiB\n'),
      true,
    ],
    [
      'textDocument/signatureHelp',
      at(3, 9),
      (found: { signatures: { label: string }[] }) => found.signatures[0]?.label,
      'read RANGE [expect OUTCOME]',
    ],
    [
      'textDocument/semanticTokens/full',
      { textDocument: { uri } },
      (found: { data: number[] }) => found.data.slice(0, 5),
      [0, 7, 4, 0, 1],
    ],
  ])('answers %s', async (method, params, of, expected) => {
    expect(of((await client.sendRequest(method, params)) as never)).toEqual(expected);
  });

  it('refuses a name that cannot be one, in a sentence', async () => {
    await expect(
      client.sendRequest('textDocument/rename', { ...at(3, 10), newName: 'read' }),
    ).rejects.toThrow('`read` is a word of the language.');
  });

  it('answers nothing about a text that was never opened', async () => {
    const hover = await client.sendRequest('textDocument/hover', {
      ...at(0, 0),
      textDocument: { uri: 'file:///other.hmm' },
    });
    expect(hover).toBeNull();
  });

  it('ends when the editor says so', async () => {
    const ended = once(server, 'exit');
    await client.sendRequest('shutdown');
    await client.sendNotification('exit');
    expect((await ended)[0]).toBe(0);
  });
});
