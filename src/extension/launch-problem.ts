import { type LaunchArguments, launchSchema } from '../protocol';

/** A launch configuration as it comes from launch.json: anything may be wrong in it. */
export type UncheckedConfiguration = Readonly<Record<string, unknown>>;

/** Reads a scenario's first bytes, or rejects when there is no such file. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(' or ');

/** What a value of an attribute's type is called. */
const NOUN = { string: 'a string', boolean: 'a boolean', integer: 'a whole number' } as const;

const isOf = (type: keyof typeof NOUN, value: unknown): boolean =>
  type === 'integer' ? Number.isSafeInteger(value) : typeof value === type;

function attributeProblem(name: keyof LaunchArguments, value: unknown): string | undefined {
  const { type, enum: choices, pattern, patternErrorMessage, minimum } = launchSchema[name];
  if (value === undefined) return undefined;
  const found = JSON.stringify(value);
  if (!isOf(type, value)) return `The launch attribute "${name}" must be ${NOUN[type]}, not ${found}.`;
  if (minimum !== undefined && Number(value) < minimum)
    return `The launch attribute "${name}" must be at least ${minimum}, not ${found}.`;
  if (choices !== undefined && typeof value === 'string' && !choices.includes(value)) {
    return `Unknown ${name} ${found}: it can be ${quoted(choices)}.`;
  }
  if (pattern !== undefined && typeof value === 'string' && !new RegExp(pattern).test(value)) {
    return `The launch attribute "${name}" can't be ${found}. ${patternErrorMessage ?? ''}`.trim();
  }
  return undefined;
}

async function programProblem(program: string, read: ReadFile): Promise<string | undefined> {
  const content = await read(program).catch(() => undefined);
  if (content === undefined) {
    return `There is no scenario file ${program}: check "program" in the launch configuration.`;
  }
  if (content.includes(0)) return `${program} is a binary file, not a scenario (.hmm).`;
  return undefined;
}

/** What is wrong with a launch configuration after substitution of its variables, in one sentence. */
export async function launchProblem(
  config: UncheckedConfiguration,
  read: ReadFile,
): Promise<string | undefined> {
  const { program } = config;
  if (config['request'] !== 'launch') {
    return `A configuration of type "hmm" needs "request": "launch", not ${JSON.stringify(config['request'])}.`;
  }
  if (program === undefined || program === '') {
    return 'The launch configuration names no scenario: set "program" to a .hmm file.';
  }
  const names = Object.keys(launchSchema) as (keyof LaunchArguments)[];
  for (const name of names) {
    const problem = attributeProblem(name, config[name]);
    if (problem !== undefined) return problem;
  }
  return programProblem(String(program), read);
}
