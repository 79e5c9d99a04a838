/** Where to stop. */

import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import type { DebugSession } from '../../debugger/session';
import { RequestError } from '../errors';
import type { Family } from '../family';
import { listingOf } from './sources';

/** Only the fields that are there. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** The path by which the debugger knows a source. */
function pathOf(session: DebugSession, source: Dap.Source | undefined): string {
  const listing = source && listingOf(session, source.sourceReference, source.path);
  return listing?.path ?? source?.path ?? '';
}

export const breakpointRequests: Family = {
  capabilities: {
    supportsFunctionBreakpoints: true,
    supportsConditionalBreakpoints: true,
    supportsHitConditionalBreakpoints: true,
    supportsLogPoints: true,
    supportsExceptionInfoRequest: true,
    supportsBreakpointLocationsRequest: true,
  },
  handlers: {
    setBreakpoints: (adapter, { source, breakpoints, lines }) => {
      const wanted: readonly Dap.SourceBreakpoint[] = breakpoints ?? (lines ?? []).map((line) => ({ line }));
      const requests = wanted.map(({ line, column, condition, hitCondition, logMessage }) => ({
        line,
        ...given({ column, condition, hitCondition, logMessage }),
      }));
      const { session } = adapter;
      return { breakpoints: adapter.breakpoints.setLines(session, pathOf(session, source), requests) };
    },

    setFunctionBreakpoints: (adapter, { breakpoints }) => {
      const requests = breakpoints.map(({ name, condition, hitCondition }) => ({
        name,
        ...given({ condition, hitCondition }),
      }));
      return { breakpoints: adapter.breakpoints.setFunctions(adapter.session, requests) };
    },

    setExceptionBreakpoints: (adapter, { filters, filterOptions }) => {
      const wanted = [
        ...filters.map((id) => ({ id })),
        ...(filterOptions ?? []).map(({ filterId, condition }) => ({
          id: filterId,
          ...given({ condition }),
        })),
      ];
      return { breakpoints: adapter.breakpoints.setFilters(adapter.session, wanted) };
    },

    breakpointLocations: (adapter, { source, line, endLine }) => {
      const { session } = adapter;
      const listing = listingOf(session, source.sourceReference, source.path);
      const last = endLine ?? line;
      if (listing) {
        const lines = listing.routine.listing.flatMap(({ pc }, i) => (pc >= 0 ? [i + 1] : []));
        return { breakpoints: lines.filter((at) => at >= line && at <= last).map((at) => ({ line: at })) };
      }
      const breakpoints = session.map
        .statementLines(line, last)
        .flatMap((at) => session.map.statementColumns(at).map((column) => ({ line: at, column })));
      return { breakpoints };
    },

    exceptionInfo: (adapter) => {
      const { exception } = adapter.stopped.stopped;
      if (!exception) throw new RequestError('The session has not stopped on an exception.');
      return { exceptionId: exception.id, description: exception.description, breakMode: 'always' };
    },
  },
};
