/**
 * `npm run schema`: makes src/adapter/arguments.schema.json, by which arguments of requests are checked, from the types of
 * src/adapter/protocol.ts. Those of DAP's own requests are @vscode/debugprotocol's, which are made from the protocol's
 * JSON schema.
 */
import { writeFileSync } from 'node:fs';
import { createGenerator, type Schema } from 'ts-json-schema-generator';
import { inProject } from './project';

export const schemaFile = inProject('src/adapter/arguments.schema.json');

/** TypeScript has one kind of number; the protocol's arguments have whole ones only. */
const integers = (key: string, value: unknown): unknown =>
  key === 'type' && value === 'number' ? 'integer' : value;

/** The text of the schema file. */
export function argumentSchema(): string {
  const schema: Schema = createGenerator({
    path: inProject('src/adapter/protocol.ts'),
    tsconfig: inProject('tsconfig.json'),
    type: 'RequestArguments',
    additionalProperties: true,
    topRef: false,
    jsDoc: 'none',
    skipTypeCheck: true,
  }).createSchema('RequestArguments');
  return `${JSON.stringify({ ...schema, required: undefined }, integers, 1)}\n`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(schemaFile, argumentSchema());
