/** The expressions of policies: compiled once, evaluated over one change within a budget. */
import { type Budget, MOST_STEPS } from '../cel/bounded.ts';
import { type Cel, loadCel, type Program } from '../cel/language.ts';
import { toCelValue } from '../cel/values.ts';

/** Throws where the expression does not compile or fails. */
export type Evaluate = (expression: string) => unknown;

interface Variable {
  name: string;
  expression: string;
}

const NAMES = ['object', 'oldObject', 'request', 'params', 'namespaceObject', 'variables'];
const MOST_PROGRAMS = 1000;
const programs = new Map<string, Program>();

/** Loads the language; what is answered makes an evaluator of one change's values and the policy's own variables. */
export async function createEvaluator(): Promise<(values: Record<string, unknown>, own: Variable[]) => Evaluate> {
  const cel = await loadCel();
  return (values, own) => {
    const budget: Budget = { left: MOST_STEPS };
    const variables: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(values)) variables[name] = toCelValue(value ?? null);
    const run = (expression: string) => compiled(cel, expression)(variables, budget);
    const named = new Map<string, unknown>();
    variables['variables'] = named;
    setOwn(named, own, run);
    return run;
  };
}

function compiled(cel: Cel, expression: string): Program {
  let program = programs.get(expression);
  if (program === undefined) {
    program = cel.compile(expression, NAMES);
    if (programs.size >= MOST_PROGRAMS) programs.clear();
    programs.set(expression, program);
  }
  return program;
}

/** In order, each seeing those before it. One that fails stays out, and fails whoever uses it. */
function setOwn(named: Map<string, unknown>, own: Variable[], run: Evaluate): void {
  for (const { name, expression } of own)
    try {
      named.set(name, run(expression));
    } catch {
      // Told where it is used: "no such key".
    }
}
