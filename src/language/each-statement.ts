import type { Block, Scenario, Statement } from './ast';

/** Visits every statement of a scenario in the order of the text, with the task whose text it is. */
export function eachStatement(scenario: Scenario, visit: (statement: Statement, task: string) => void): void {
  const block = (body: Block, task: string): void => {
    for (const statement of body.statements) {
      visit(statement, task);
      if (!('body' in statement) || statement.body === undefined) continue;
      const named = statement.kind === 'fork' || statement.kind === 'thread';
      const inner = named ? statement.name.text : statement.kind === 'on' ? statement.task.text : task;
      block(statement.body, inner);
    }
  };
  for (const item of scenario.items) if (item.kind === 'process') block(item.body, item.name.text);
}
