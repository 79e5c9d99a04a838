/** What the adapter needs of the world it runs in. */

/** Names of files. */
export interface Paths {
  absolute(path: string): string;
  /** One and the same for all names of a file, also of one that isn't there. */
  identity(path: string): Promise<string>;
  /** Throws for a URI that is no file's. */
  ofUri(uri: string): string;
  toUri(path: string): string;
}

/** Listings as files, each written when it is first named. */
export interface ListingFiles {
  /** The file of the listing with this address; undefined where it can't be written. */
  fileOf(address: string, text: () => string): string | undefined;
  /** The address of the listing that a file would be; undefined for a file that is none of them. */
  addressOf(path: string): string | undefined;
}

export interface Host {
  /** The first bytes of a file: `most`, and one more where it has more. Rejects where it can't be read. */
  readFile(path: string, most: number): Promise<Uint8Array>;
  readonly paths: Paths;
  /** Absent where clients ask for listings by reference. */
  readonly listings?: ListingFiles;
  /** Calls back after waiting messages have been read. */
  defer(callback: () => void): void;
  /** Milliseconds since some moment. */
  now(): number;
}
