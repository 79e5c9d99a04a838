/** One measurement of the row that the argument names; what it has found as JSON. */

import { ROWS } from './rows';

const row = ROWS.get(process.argv[2] ?? '');
if (row === undefined) throw new Error(`there is no row ${process.argv[2]}`);
console.log(JSON.stringify(await row()));
