/** What the client has asked to stop at. It outlives a session: a restart binds it anew. */

import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import type { Breakpoint, DataRequest, FunctionRequest, LineRequest } from '../debugger/breakpoints';
import type { DebugSession } from '../debugger/session';
import type { Dialect } from './dialect';
import type { Sources } from './sources';

type Filter = { readonly id: string; readonly condition?: string };

/** Breakpoints of a source as the client named it. */
interface InSource {
  readonly source: Dap.Source;
  readonly requests: readonly LineRequest[];
}

export class BreakpointBook {
  /** By the path that the source had for the debugger. */
  readonly #lines = new Map<string, InSource>();
  #functions: readonly FunctionRequest[] = [];
  #data: readonly DataRequest[] = [];
  #filters: readonly Filter[] | undefined;

  /** Sets everything in a new session. */
  async apply({ session, sources }: { session: DebugSession; sources: Sources }): Promise<void> {
    for (const { source, requests } of this.#lines.values())
      session.breakpoints.setLines(await sources.pathOf(source), requests);
    session.breakpoints.setFunctions(this.#functions);
    session.breakpoints.setData(this.#data);
    if (this.#filters) session.exceptions.set(this.#filters);
  }

  async setLines(
    { session, sources, dialect }: { session: DebugSession; sources: Sources; dialect: Dialect },
    source: Dap.Source,
    requests: readonly LineRequest[],
  ): Promise<Dap.Breakpoint[]> {
    const path = await sources.pathOf(source);
    this.#lines.set(path, { source, requests });
    const bound = session.breakpoints.setLines(path, requests);
    session.breakpointsChanged();
    return bound.map((breakpoint) => shownBreakpoint(breakpoint, dialect));
  }

  setFunctions(
    { session, dialect }: { session: DebugSession; dialect: Dialect },
    requests: readonly FunctionRequest[],
  ): Dap.Breakpoint[] {
    this.#functions = requests;
    const bound = session.breakpoints.setFunctions(requests);
    session.breakpointsChanged();
    return bound.map((breakpoint) => shownBreakpoint(breakpoint, dialect));
  }

  setData(
    { session, dialect }: { session: DebugSession; dialect: Dialect },
    requests: readonly DataRequest[],
  ): Dap.Breakpoint[] {
    this.#data = requests;
    const bound = session.breakpoints.setData(requests);
    session.breakpointsChanged();
    return bound.map((breakpoint) => shownBreakpoint(breakpoint, dialect));
  }

  setFilters({ session }: { session: DebugSession }, filters: readonly Filter[]): Dap.Breakpoint[] {
    this.#filters = filters;
    return session.exceptions
      .set(filters)
      .map((message) => (message === undefined ? { verified: true } : { verified: false, message }));
  }
}

/** A breakpoint as the client is shown it. */
export function shownBreakpoint(breakpoint: Breakpoint, dialect: Dialect): Dap.Breakpoint {
  const { id, verified, message, line, column } = breakpoint;
  return {
    id,
    verified,
    ...(message === undefined ? {} : { message }),
    ...(line === undefined ? {} : { line: dialect.toLine(line) }),
    ...(column === undefined ? {} : { column: dialect.toColumn(column) }),
  };
}
