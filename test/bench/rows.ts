/** What is measured, by the names that the command line takes. */

import { nextAndVariables, nextToStopped } from './adapter';
import { bundles } from './bundles';
import { conditions } from './condition';
import { deviceFault, firstTouch } from './faults';
import type { Finding } from './figure';
import { history } from './history';
import { firstStop, programStart } from './start';
import { migrateLoop, writeAgain, writeLarge } from './steps';
import { largeTables } from './tables';

export type Row = () => Finding[] | Promise<Finding[]>;

export const ROWS: ReadonlyMap<string, Row> = new Map<string, Row>([
  ['touch', firstTouch],
  ['fault', deviceFault],
  ['migrate', migrateLoop],
  ['write', writeLarge],
  ['again', writeAgain],
  ['condition', conditions],
  ['history', history],
  ['f5', firstStop],
  ['start', programStart],
  ['next', nextToStopped],
  ['variables', nextAndVariables],
  ['tables', largeTables],
  ['bundles', bundles],
]);
