/** The requests the adapter answers, with the types of their arguments and answers. */

import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import type { HmmRequests, LaunchArguments, NoArguments } from '../protocol';

export type Launch = LaunchArguments & Dap.LaunchRequestArguments;

/**
 * DAP has log messages for breakpoints on lines only; here they go for those on functions, too, and a client that knows
 * of it may send them.
 */
interface SetFunctionBreakpointsArguments {
  breakpoints: (Dap.FunctionBreakpoint & { logMessage?: string })[];
}

interface DapRequests {
  initialize: { args: Dap.InitializeRequestArguments; result: Dap.Capabilities };
  launch: { args: Launch; result: undefined };
  configurationDone: { args: Dap.ConfigurationDoneArguments; result: undefined };
  restart: { args: { arguments?: Launch }; result: undefined };
  disconnect: { args: Dap.DisconnectArguments; result: undefined };
  terminate: { args: Dap.TerminateArguments; result: undefined };
  cancel: { args: Dap.CancelArguments; result: undefined };
  setBreakpoints: { args: Dap.SetBreakpointsArguments; result: Dap.SetBreakpointsResponse['body'] };
  setFunctionBreakpoints: {
    args: SetFunctionBreakpointsArguments;
    result: Dap.SetFunctionBreakpointsResponse['body'];
  };
  dataBreakpointInfo: {
    args: Dap.DataBreakpointInfoArguments;
    result: Dap.DataBreakpointInfoResponse['body'];
  };
  setDataBreakpoints: {
    args: Dap.SetDataBreakpointsArguments;
    result: Dap.SetDataBreakpointsResponse['body'];
  };
  setExceptionBreakpoints: {
    args: Dap.SetExceptionBreakpointsArguments;
    result: Dap.SetExceptionBreakpointsResponse['body'];
  };
  breakpointLocations: {
    args: Dap.BreakpointLocationsArguments;
    result: Dap.BreakpointLocationsResponse['body'];
  };
  exceptionInfo: { args: Dap.ExceptionInfoArguments; result: Dap.ExceptionInfoResponse['body'] };
  threads: { args: NoArguments | undefined; result: Dap.ThreadsResponse['body'] };
  stackTrace: { args: Dap.StackTraceArguments; result: Dap.StackTraceResponse['body'] };
  scopes: { args: Dap.ScopesArguments; result: Dap.ScopesResponse['body'] };
  variables: { args: Dap.VariablesArguments; result: Dap.VariablesResponse['body'] };
  evaluate: { args: Dap.EvaluateArguments; result: Dap.EvaluateResponse['body'] };
  completions: { args: Dap.CompletionsArguments; result: Dap.CompletionsResponse['body'] };
  source: { args: Dap.SourceArguments; result: Dap.SourceResponse['body'] };
  loadedSources: { args: Dap.LoadedSourcesArguments; result: Dap.LoadedSourcesResponse['body'] };
  readMemory: { args: Dap.ReadMemoryArguments; result: Dap.ReadMemoryResponse['body'] };
  continue: { args: Dap.ContinueArguments; result: Dap.ContinueResponse['body'] };
  next: { args: Dap.NextArguments; result: undefined };
  stepIn: { args: Dap.StepInArguments; result: undefined };
  stepOut: { args: Dap.StepOutArguments; result: undefined };
  stepBack: { args: Dap.StepBackArguments; result: undefined };
  reverseContinue: { args: Dap.ReverseContinueArguments; result: undefined };
  pause: { args: Dap.PauseArguments; result: undefined };
}

type Requests = DapRequests & HmmRequests;
export type RequestName = keyof Requests;
export type Args<Name extends RequestName> = Requests[Name]['args'];
export type Result<Name extends RequestName> = Requests[Name]['result'];

/**
 * Arguments of every request; their checks are made from this.
 * @public
 */
export type RequestArguments = { [Name in RequestName]: Requests[Name]['args'] };
