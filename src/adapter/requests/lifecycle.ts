/** The beginning and the end of a session. */

import { EXCEPTION_FILTERS } from '../../debugger/exceptions';
import type { Family } from '../family';

export const lifecycleRequests: Family = {
  capabilities: {
    supportsConfigurationDoneRequest: true,
    supportsRestartRequest: true,
    supportsTerminateRequest: true,
    supportsCancelRequest: true,
    supportsExceptionFilterOptions: true,
    exceptionBreakpointFilters: EXCEPTION_FILTERS.map(({ id, label, description, isDefault }) => ({
      filter: id,
      label,
      description,
      default: isDefault,
      supportsCondition: true,
      conditionDescription: 'An expression over the machine, such as address in buf[0..4]',
    })),
  },
  handlers: {
    initialize: (adapter, args) => {
      adapter.client = args;
      return adapter.capabilities;
    },

    launch: async (adapter, args) => {
      await adapter.launch(args);
      adapter.after(() => adapter.event('initialized'));
      return undefined;
    },

    configurationDone: (adapter) => {
      const { session } = adapter;
      if (session.time === 0 && !adapter.runner.isRunning) adapter.after(() => adapter.begin());
      return undefined;
    },

    restart: async (adapter, args) => {
      const launch = args.arguments ?? adapter.launchArguments;
      adapter.session.stand('entry');
      if (launch) await adapter.launch(launch);
      adapter.after(() => adapter.begin());
      return undefined;
    },

    cancel: (adapter) => {
      if (adapter.runner.isRunning) adapter.after(() => adapter.pause());
      return undefined;
    },

    terminate: (adapter) => {
      adapter.after(() => adapter.end());
      return undefined;
    },

    disconnect: (adapter) => {
      adapter.close();
      return undefined;
    },
  },
};
