/** Texts the client can't read itself: the listings of routines. */

import { listingText } from '../../debugger/code-map';
import { RequestError } from '../errors';
import { request } from '../request';

export const sourceRequests = [
  request('source', { needs: 'launched' }, async ({ session, sources }, { source, sourceReference }) => {
    const asked = source ?? { sourceReference };
    const listing = sources.findListing({
      ...asked,
      sourceReference: asked.sourceReference ?? sourceReference,
    });
    if (listing) return { content: listingText(listing), mimeType: 'text/x-hmm-listing' };
    const { path, text } = session.debuggee;
    if (source?.path !== undefined && (await sources.pathOf(source)) === path) return { content: text };
    throw new RequestError(`There is no source ${source?.path ?? sourceReference}.`);
  }),

  request(
    'loadedSources',
    { needs: 'launched', capabilities: { supportsLoadedSourcesRequest: true } },
    ({ session, sources }) => ({
      sources: [sources.scenario(), ...session.map.listings.map((listing) => sources.listing(listing))],
    }),
  ),
];
