/** Texts the editor can't read itself: the listings of routines. */

import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import { type Listing, listingText } from '../../debugger/code-map';
import type { DebugSession } from '../../debugger/session';
import type { Adapter } from '../adapter';
import { RequestError } from '../errors';
import type { Family } from '../family';

/** The listing a source names, by its address or by a reference given out before; undefined for the scenario. */
export function listingOf(
  session: DebugSession,
  reference: number | undefined,
  path: string | undefined,
): Listing | undefined {
  const byPath = path === undefined ? undefined : session.map.listing(path);
  return byPath ?? (reference ? session.map.listings[reference - 1] : undefined);
}

/** A listing as a source. VS Code opens its address; other editors ask for the text by reference. */
export function listingSource(adapter: Adapter, { path, name, routine }: Listing): Dap.Source {
  const { listings } = adapter.session.map;
  const reference = listings.findIndex((listing) => listing.path === path) + 1;
  const opensAddresses = adapter.client?.clientID === 'vscode';
  return {
    name,
    path,
    origin: routine.routine.file,
    ...(opensAddresses ? {} : { sourceReference: reference }),
  };
}

export const sourceRequests: Family = {
  capabilities: { supportsLoadedSourcesRequest: true },
  handlers: {
    source: (adapter, { source, sourceReference }) => {
      const { session } = adapter;
      const listing = listingOf(session, source?.sourceReference ?? sourceReference, source?.path);
      if (listing) return { content: listingText(listing), mimeType: 'text/x-hmm-listing' };
      if (source?.path === session.debuggee.path) return { content: session.debuggee.text };
      throw new RequestError(`There is no source ${source?.path ?? sourceReference}.`);
    },
    loadedSources: (adapter) => ({
      sources: [
        adapter.scenarioSource(),
        ...adapter.session.map.listings.map((listing) => listingSource(adapter, listing)),
      ],
    }),
  },
};
