/** The driver's entry points the kernel calls, by the name they were introduced with (4.14). */
export type CallbackName = 'page_fault' | 'page_free' | 'invalidate';

/** Every name a callback has had in the kernel; breakpoints and check boxes accept all of them. */
export const callbackAliases: { readonly [Name in CallbackName]: readonly string[] } = {
  page_fault: ['page_fault', 'migrate_to_ram'],
  page_free: ['page_free', 'folio_free'],
  invalidate: ['invalidate'],
};

/** The callbacks in the order in which they are shown. */
export const callbackNames: readonly CallbackName[] = ['page_fault', 'page_free', 'invalidate'];

/** The callback that a function breakpoint's name means, whichever kernel's name was used. */
export function callbackNamed(name: string): CallbackName | undefined {
  return callbackNames.find((callback) => callbackAliases[callback].includes(name.trim()));
}
