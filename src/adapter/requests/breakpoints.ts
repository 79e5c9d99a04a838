/** Where to stop. */

import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import { EXCEPTION_FILTERS } from '../../debugger/exceptions';
import { RequestError } from '../errors';
import { request } from '../request';

/** Only the fields that are there. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** The check boxes of exceptions. */
const filters = EXCEPTION_FILTERS.map(({ id, label, description, isDefault }) => ({
  filter: id,
  label,
  description,
  default: isDefault,
  supportsCondition: true,
  conditionDescription: 'An expression over the machine, such as address in buf[0..4]',
}));

export const breakpointRequests = [
  request(
    'setBreakpoints',
    {
      needs: 'launched',
      capabilities: {
        supportsConditionalBreakpoints: true,
        supportsHitConditionalBreakpoints: true,
        supportsLogPoints: true,
      },
    },
    async (adapter, { source, breakpoints, lines }) => {
      const { dialect } = adapter;
      const wanted: readonly Dap.SourceBreakpoint[] = breakpoints ?? (lines ?? []).map((line) => ({ line }));
      const requests = wanted.map(({ line, column, condition, hitCondition, logMessage }) => ({
        line: dialect.fromLine(line),
        ...given({
          column: column === undefined ? undefined : dialect.fromColumn(column),
          condition,
          hitCondition,
          logMessage,
        }),
      }));
      return { breakpoints: await adapter.breakpoints.setLines(adapter, source, requests) };
    },
  ),

  request(
    'setFunctionBreakpoints',
    { needs: 'launched', capabilities: { supportsFunctionBreakpoints: true } },
    (adapter, { breakpoints }) => {
      const requests = breakpoints.map(({ name, condition, hitCondition, logMessage }) => ({
        name,
        ...given({ condition, hitCondition, logMessage }),
      }));
      return { breakpoints: adapter.breakpoints.setFunctions(adapter, requests) };
    },
  ),

  request(
    'setExceptionBreakpoints',
    {
      needs: 'launched',
      capabilities: { supportsExceptionFilterOptions: true, exceptionBreakpointFilters: filters },
    },
    (adapter, { filters: plain, filterOptions = [] }) => {
      const wanted = [
        ...plain.map((id) => ({ id })),
        ...filterOptions.map(({ filterId, condition }) => ({ id: filterId, ...given({ condition }) })),
      ];
      return { breakpoints: adapter.breakpoints.setFilters(adapter, wanted) };
    },
  ),

  request(
    'breakpointLocations',
    { needs: 'launched', capabilities: { supportsBreakpointLocationsRequest: true } },
    async ({ session, sources, dialect }, { source, line, endLine }) => {
      const from = dialect.fromLine(line);
      const to = endLine === undefined ? from : dialect.fromLine(endLine);
      const listing = sources.findListing(source);
      if (listing) {
        const lines = listing.routine.listing.flatMap(({ pc }, i) => (pc >= 0 ? [i + 1] : []));
        const inside = lines.filter((at) => at >= from && at <= to);
        return { breakpoints: inside.map((at) => ({ line: dialect.toLine(at) })) };
      }
      if ((await sources.pathOf(source)) !== session.debuggee.path) return { breakpoints: [] };
      const places = session.map
        .statementLines(from, to)
        .flatMap((at) => session.map.statementColumns(at).map((column) => ({ at, column })));
      return {
        breakpoints: places.map(({ at, column }) => ({
          line: dialect.toLine(at),
          column: dialect.toColumn(column),
        })),
      };
    },
  ),

  request(
    'exceptionInfo',
    { needs: 'stopped', capabilities: { supportsExceptionInfoRequest: true } },
    ({ session }) => {
      const { exception } = session.stopped;
      if (!exception) throw new RequestError('The session has not stopped on an exception.');
      return { exceptionId: exception.id, description: exception.description, breakMode: 'always' };
    },
  ),
];
