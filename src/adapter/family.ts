/** A family of requests: its handlers, and next to them the capabilities they make true. */

import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import type { Adapter } from './adapter';
import type { Args, RequestName, Result } from './protocol';

export type Handler<Name extends RequestName> = (
  adapter: Adapter,
  args: Args<Name>,
) => Result<Name> | Promise<Result<Name>>;

export interface Family {
  readonly capabilities: Dap.Capabilities;
  readonly handlers: { readonly [Name in RequestName]?: Handler<Name> };
}
