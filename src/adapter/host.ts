/** What the adapter needs of the world it runs in. */

export interface Host {
  /** Bytes of a file. Rejects where it can't be read. */
  readFile(path: string): Promise<Uint8Array>;
  /** Calls back after waiting messages have been read. */
  defer(callback: () => void): void;
  /** Milliseconds since some moment. */
  now(): number;
}

/** A message of the debug adapter protocol. */
export interface Message {
  readonly seq: number;
  readonly type: string;
  readonly [key: string]: unknown;
}

/** Where messages go. */
export type Send = (message: Message) => void;
