/** The requests of the view of callbacks. */

import { compileCondition, compileMessage } from '../../debugger/condition';
import type { EventName } from '../../engine/routine/event-schema';
import { CALLBACKS } from '../../engine/routine/link';
import { type CallbackName, type CallbackState, callbackNamed, callbackNames } from '../../protocol';
import { request, type Stopped } from '../request';

/** Callbacks by the name of their event, which is the one that the kernel gives them since 5.3. */
const EVENTS = {
  page_fault: 'migrate_to_ram',
  page_free: 'page_free',
  invalidate: 'invalidate',
} satisfies Record<CallbackName, EventName>;

function stateOf({ session }: Stopped, name: CallbackName): CallbackState {
  const { kernel } = session.debuggee.world;
  const event = EVENTS[name];
  const calls = kernel.callbackCalls.get(CALLBACKS.indexOf(event));
  const [last] = calls === 0 ? [] : kernel.events.backwards(kernel.time, [event]);
  const wrong = session.breakpoints.functions.find(
    (breakpoint) => !breakpoint.verified && callbackNamed(breakpoint.name ?? '') === name,
  );
  return {
    name,
    calls,
    ...(last === undefined ? {} : { last: last.time }),
    ...(wrong?.message === undefined ? {} : { problem: wrong.message }),
  };
}

export const callbackRequests = [
  request('hmm/callbacks', { needs: 'stopped' }, (adapter) => ({
    callbacks: callbackNames.map((name) => stateOf(adapter, name)),
  })),

  request('hmm/checkCondition', { needs: 'launched' }, ({ session }, { name, condition }) => {
    if (condition.trim() === '') return {};
    const result = compileCondition(session.debuggee.world, condition, session.map.routineNamed(name));
    return result.ok ? {} : { problem: result.message };
  }),

  request('hmm/checkMessage', { needs: 'launched' }, ({ session }, { name, message }) => {
    const result = compileMessage(session.debuggee.world, message, session.map.routineNamed(name));
    return result.ok ? {} : { problem: result.message };
  }),
];
