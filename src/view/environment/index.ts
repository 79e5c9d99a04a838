/** The machine as expressions see it. */

export { contentsOf, driverOfDevice } from './driver-of';
export { addressOf, environment } from './environment';
export { eventNames } from './event-names';
export * from './format';
export { holdersOf } from './holders';
export * from './ledger';
export { isSet, localOf, showReturned } from './locals';
export { ACCESS, MIRROR_DIFFERENCES, mirrorDifference } from './mirror';
export * from './pages';
export * from './refusals';
export * from './scene';
export { STORY_EVENTS, type Story, type Subject, Telling } from './story';
export { placeAt } from './types';
export { Variables } from './variables';
export { isForgotten, subjectAt, why, whyStayed } from './why';
