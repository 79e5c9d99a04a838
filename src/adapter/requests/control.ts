/** The beginning and the end of a session. */

import { request } from '../request';

const anything = { needs: 'anything' } as const;

export const controlRequests = [
  request('initialize', anything, (adapter, client) => {
    adapter.greet(client);
    return adapter.capabilities;
  }),

  request('launch', anything, async (adapter, args) => {
    await adapter.launch(args);
    adapter.after(() => adapter.ready());
    return undefined;
  }),

  request(
    'configurationDone',
    { ...anything, capabilities: { supportsConfigurationDoneRequest: true } },
    (adapter) => {
      adapter.after(() => adapter.begin());
      return undefined;
    },
  ),

  request(
    'restart',
    { ...anything, capabilities: { supportsRestartRequest: true } },
    async (adapter, args) => {
      await adapter.relaunch(args.arguments);
      adapter.after(() => adapter.begin());
      return undefined;
    },
  ),

  request('cancel', { ...anything, capabilities: { supportsCancelRequest: true } }, (adapter) => {
    adapter.after(() => adapter.pause());
    return undefined;
  }),

  request('pause', anything, (adapter) => {
    adapter.after(() => adapter.pause());
    return undefined;
  }),

  request('terminate', { ...anything, capabilities: { supportsTerminateRequest: true } }, (adapter) => {
    adapter.after(() => adapter.end());
    return undefined;
  }),

  request('disconnect', anything, (adapter) => {
    adapter.close();
    return undefined;
  }),
];
