/** How a client counts and names: its first line and column, and whether a path is a URI. */

import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import { RequestError } from './errors';
import type { Paths } from './host';

export class Dialect {
  readonly #firstLine: number;
  readonly #firstColumn: number;
  readonly #uris: boolean;

  constructor(
    readonly paths: Paths,
    readonly client: Partial<Dap.InitializeRequestArguments> = {},
  ) {
    this.#firstLine = client.linesStartAt1 === false ? 0 : 1;
    this.#firstColumn = client.columnsStartAt1 === false ? 0 : 1;
    this.#uris = client.pathFormat === 'uri';
  }

  /**
   * VS Code has our extension in it: views of its own for the machine, and a reader of our addresses. Other clients call
   * themselves vscode too (dap-mode of Emacs does), but not all that it can do is theirs.
   */
  get hasExtension(): boolean {
    return this.client.clientID === 'vscode' && this.client.supportsInvalidatedEvent === true;
  }

  /** A line as the client counts them; ours begin at 1. */
  toLine(line: number): number {
    return line - 1 + this.#firstLine;
  }

  fromLine(line: number): number {
    return line + 1 - this.#firstLine;
  }

  toColumn(column: number): number {
    return column - 1 + this.#firstColumn;
  }

  fromColumn(column: number): number {
    return column + 1 - this.#firstColumn;
  }

  /** A file's path as the client names it. */
  toPath(path: string): string {
    return this.#uris ? this.paths.toUri(path) : path;
  }

  /** The path of a file that the client names. Throws RequestError for a URI that is no file's. */
  fromPath(path: string): string {
    if (!this.#uris && !path.startsWith('file:')) return this.paths.absolute(path);
    try {
      return this.paths.ofUri(path);
    } catch {
      throw new RequestError(`${path} is not the URI of a file.`, true);
    }
  }
}
