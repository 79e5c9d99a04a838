/** What the editor has asked to stop at. It outlives a session: a restart binds it anew. */

import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import type { Breakpoint, FunctionRequest, LineRequest } from '../debugger/breakpoints';
import type { DebugSession } from '../debugger/session';

type Filter = { readonly id: string; readonly condition?: string };

export class BreakpointBook {
  readonly #lines = new Map<string, readonly LineRequest[]>();
  #functions: readonly FunctionRequest[] = [];
  #filters: readonly Filter[] | undefined;

  /** Sets everything in a new session. */
  apply(session: DebugSession): void {
    for (const [path, requests] of this.#lines) session.breakpoints.setLines(path, requests);
    session.breakpoints.setFunctions(this.#functions);
    if (this.#filters) session.exceptions.set(this.#filters);
  }

  setLines(session: DebugSession, path: string, requests: readonly LineRequest[]): Dap.Breakpoint[] {
    this.#lines.set(path, requests);
    const bound = session.breakpoints.setLines(path, requests);
    session.breakpointsChanged();
    return bound.map((breakpoint) => this.shown(breakpoint));
  }

  setFunctions(session: DebugSession, requests: readonly FunctionRequest[]): Dap.Breakpoint[] {
    this.#functions = requests;
    const bound = session.breakpoints.setFunctions(requests);
    session.breakpointsChanged();
    return bound.map((breakpoint) => this.shown(breakpoint));
  }

  setFilters(session: DebugSession, filters: readonly Filter[]): Dap.Breakpoint[] {
    this.#filters = filters;
    return session.exceptions
      .set(filters)
      .map((message) => (message === undefined ? { verified: true } : { verified: false, message }));
  }

  shown({ id, verified, message, line, column }: Breakpoint): Dap.Breakpoint {
    return {
      id,
      verified,
      ...(message === undefined ? {} : { message }),
      ...(line === undefined ? {} : { line }),
      ...(column === undefined ? {} : { column }),
    };
  }
}
