/** The machine as expressions see it. */
export { type EnvironmentOptions, environment } from './environment';
export * from './format';
export { localOf, showLocal } from './locals';
export * from './pages';
export * from './scene';
export { type SceneType, usedPages } from './types';
export { Variables } from './variables';
export { why } from './why';
