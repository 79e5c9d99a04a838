/** The machine as expressions see it. */
export { addressOf, environment } from './environment';
export * from './format';
export { isSet, localOf, showReturned } from './locals';
export { contentsOf, driverOfDevice } from './machine-types';
export * from './pages';
export * from './refusals';
export * from './scene';
export { STORY_EVENTS, type Story, type Subject, Telling } from './story';
export { placeAt } from './types';
export { Variables } from './variables';
export { isForgotten, subjectAt, why, whyStayed } from './why';
