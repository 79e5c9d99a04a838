/**
 * `npm run schema`: makes src/adapter/arguments.js, which checks the arguments of requests, from the types of
 * src/adapter/protocol.ts. Those of DAP's own requests are @vscode/debugprotocol's, which are made from the protocol's
 * JSON schema. The checks are compiled here and not when the adapter runs: a step takes no longer for them.
 */
import { writeFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { createGenerator } from 'ts-json-schema-generator';
import { inProject } from './project';

export const argumentChecks = inProject('src/adapter/arguments.js');

/**
 * As the protocol has it: TypeScript has one kind of number, the protocol's arguments have whole ones only; and what
 * a client sends beyond what is known is passed over.
 */
function asProtocol(key: string, value: unknown): unknown {
  if (key === 'additionalProperties') return undefined;
  return key === 'type' && value === 'number' ? 'integer' : value;
}

/** The schema of the arguments of each request, by its name, and the definitions they use. */
export function argumentSchema(): { properties: Record<string, object>; definitions: object } {
  const schema = createGenerator({
    path: inProject('src/adapter/protocol.ts'),
    tsconfig: inProject('tsconfig.json'),
    type: 'RequestArguments',
    additionalProperties: true,
    topRef: false,
    jsDoc: 'none',
    skipTypeCheck: true,
  }).createSchema('RequestArguments');
  return JSON.parse(JSON.stringify({ ...schema, required: undefined }, asProtocol));
}

/** The text of the module that checks arguments: one function for each request, under its name. */
export function argumentChecksText(): string {
  const ajv = new Ajv({ strict: false, messages: false, code: { source: true, esm: true } });
  const { properties, definitions } = argumentSchema();
  ajv.addSchema({ $id: 'arguments', properties, definitions });
  const pointer = (name: string): string => encodeURIComponent(name.replaceAll('/', '~1'));
  const checks = Object.keys(properties).map((name) => [
    `check_${name.replace('/', '_')}`,
    `arguments#/properties/${pointer(name)}`,
  ]);
  return `// Made by \`npm run schema\`.\n${standaloneCode(ajv, Object.fromEntries(checks))}\n`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(argumentChecks, argumentChecksText());
