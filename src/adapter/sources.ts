/** The texts that a session has, as the client names them: the scenario, and the listings of routines. */

import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import { type Listing, listingText } from '../debugger/code-map';
import type { DebugSession } from '../debugger/session';
import type { Dialect } from './dialect';
import type { ListingFiles } from './host';

export class Sources {
  constructor(
    readonly session: DebugSession,
    readonly dialect: Dialect,
    readonly files?: ListingFiles,
  ) {}

  scenario(): Dap.Source {
    const { path } = this.session.debuggee;
    return { name: path.replace(/^.*[\\/]/, ''), path: this.dialect.toPath(path) };
  }

  /**
   * The scenario as it is linked from what happened at a time: VS Code is given an address by which our extension goes
   * to that time, where one is known.
   */
  moment(time: number): Dap.Source {
    const scenario = this.scenario();
    if (time === 0 || !this.dialect.hasExtension) return scenario;
    return { ...scenario, path: `hmm-time:/${time}/${encodeURIComponent(scenario.name ?? '')}` };
  }

  /** VS Code opens a listing's address; other clients ask for its text by reference, or open its file. */
  listing(listing: Listing): Dap.Source {
    const { path, name, routine } = listing;
    const file = this.files?.fileOf(path, () => listingText(listing));
    if (file !== undefined) return { name, path: this.dialect.toPath(file), origin: routine.routine.file };
    const reference = this.session.map.listings.findIndex((listing) => listing.path === path) + 1;
    return {
      name: this.dialect.hasExtension ? routine.routine.file : name,
      path,
      origin: routine.routine.file,
      ...(this.dialect.hasExtension ? {} : { sourceReference: reference }),
    };
  }

  /** The listing that a client names, by its address or by a reference given out before. */
  findListing({ path, sourceReference }: Dap.Source): Listing | undefined {
    const { map } = this.session;
    const byPath = path === undefined ? undefined : (map.listing(path) ?? this.#listingOfFile(path));
    return byPath ?? (sourceReference ? map.listings[sourceReference - 1] : undefined);
  }

  #listingOfFile(path: string): Listing | undefined {
    if (this.files === undefined) return undefined;
    const address = this.files.addressOf(this.dialect.fromPath(path));
    return address === undefined ? undefined : this.session.map.listing(address);
  }

  /** The path by which the debugger knows what a client names; a file is known by any of its names. */
  async pathOf(source: Dap.Source): Promise<string> {
    const listing = this.findListing(source);
    if (listing || source.path === undefined) return listing?.path ?? '';
    const named = this.dialect.fromPath(source.path);
    const { path } = this.session.debuggee;
    const { identity } = this.dialect.paths;
    return named === path || (await identity(named)) === (await identity(path)) ? path : named;
  }
}
