/** Every request that the adapter answers. */

import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import type { Request } from './request';
import { breakpointRequests } from './requests/breakpoints';
import { callbackRequests } from './requests/callbacks';
import { changeRequests } from './requests/changes';
import { controlRequests } from './requests/control';
import { evaluateRequests } from './requests/evaluate';
import { historyRequests } from './requests/history';
import { hmmRequests } from './requests/hmm';
import { memoryRequests } from './requests/memory';
import { moveRequests } from './requests/move';
import { pageTableRequests } from './requests/page-tables';
import { pictureRequests } from './requests/pictures';
import { sourceRequests } from './requests/sources';
import { stackRequests } from './requests/stack';

const ALL: readonly Request[] = [
  ...controlRequests,
  ...breakpointRequests,
  ...changeRequests,
  ...moveRequests,
  ...stackRequests,
  ...memoryRequests,
  ...evaluateRequests,
  ...sourceRequests,
  ...hmmRequests,
  ...pageTableRequests,
  ...pictureRequests,
  ...callbackRequests,
  ...historyRequests,
];

export const REQUESTS: ReadonlyMap<string, Request> = new Map(ALL.map((request) => [request.name, request]));

/** Everything the adapter can do, as its requests say. */
export const CAPABILITIES: Dap.Capabilities = Object.assign(
  {},
  ...ALL.map(({ capabilities }) => capabilities),
);
