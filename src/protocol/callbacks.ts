/** The driver's entry points the kernel calls, by the name they were introduced with (4.14). */
export type CallbackName = 'page_fault' | 'page_free' | 'invalidate';

/** Every name a callback has had in the kernel; breakpoints and check boxes accept all of them. */
export const callbackAliases: { readonly [Name in CallbackName]: readonly string[] } = {
  page_fault: ['page_fault', 'migrate_to_ram'],
  page_free: ['page_free', 'folio_free'],
  invalidate: ['invalidate'],
};

/** What there is to say of a callback while a session is stopped. */
export interface CallbackState {
  name: CallbackName;
  /** How often it has been called until now, on every device. */
  calls: number;
  /** Time of its last call before now; absent where there was none, or history was cut. */
  last?: number;
  /** What is wrong with a breakpoint on it, which therefore never stops. */
  problem?: string;
}

/** Reply to `hmm/callbacks`. */
export interface CallbacksResult {
  callbacks: CallbackState[];
}

/** Arguments of `hmm/checkCondition`. */
export interface ConditionArguments {
  /** The routine or callback whose breakpoint the condition is for. */
  name: string;
  condition: string;
}

/** Arguments of `hmm/checkMessage`. */
export interface MessageArguments {
  /** The routine or callback whose breakpoint the log message is for. */
  name: string;
  message: string;
}

/** Reply to `hmm/checkCondition` and `hmm/checkMessage`. */
export interface ConditionResult {
  /** One sentence on what is wrong; absent where nothing is. */
  problem?: string;
}

/** The callbacks in the order in which they are shown. */
export const callbackNames: readonly CallbackName[] = ['page_fault', 'page_free', 'invalidate'];

/** The callback that a function breakpoint's name means, whichever kernel's name was used. */
export function callbackNamed(name: string): CallbackName | undefined {
  return callbackNames.find((callback) => callbackAliases[callback].includes(name.trim()));
}
