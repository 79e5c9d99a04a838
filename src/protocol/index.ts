export * from './address-map';
export * from './callbacks';
export * from './fault-words';
export * from './launch';
export type * from './machine-views';
export * from './outcome';
export type * from './page-tables';
export type * from './requests';
export type * from './time';
