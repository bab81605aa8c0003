/**
 * CEL, the language of the rules that users bring: compiled once, run in bounded time, with the functions that Kubernetes
 * adds. The package is loaded by the first rule.
 */
import type { Environment } from '@marcbachmann/cel-js';
import { type Budget, BudgetError, type CelNode, instrument } from './bounded.ts';
import { compileMessage, evaluationMessage } from './messages.ts';

/** Runs on values as `toCelValue` makes them. Throws with the texts of cel-go; `BudgetError` where it takes too long. */
export type Program = (variables: Record<string, unknown>, budget: Budget) => unknown;

export interface Cel {
  /** Throws `compilation failed: ERROR: …`. `variables` are all the names that an expression may use. */
  compile(expression: string, variables: readonly string[]): Program;
  optional(value: unknown): unknown;
  duration(text: string): unknown;
}

let loading: Promise<Cel> | undefined;
let loaded: Cel | undefined;

export const loadCel = (): Promise<Cel> => (loading ??= load());

/** Undefined before `loadCel` has been answered. */
export const loadedCel = (): Cel | undefined => loaded;

async function load(): Promise<Cel> {
  const [{ Environment }, { registerLibraries }] = await Promise.all([
    import('@marcbachmann/cel-js'),
    import('./libraries.ts'),
  ]);
  const base = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false });
  const optional = optionalsOf(Environment);
  registerLibraries(base, optional);
  const environments = new Map<string, Environment>();
  const withVariables = (names: readonly string[]): Environment => {
    const key = names.join();
    let environment = environments.get(key);
    if (environment === undefined) {
      environment = base.clone();
      for (const name of names) environment.registerVariable(name, 'dyn');
      environments.set(key, environment);
    }
    return environment;
  };
  const duration = base.clone().registerVariable('value', 'string').parse('duration(value)');
  loaded = {
    compile: (expression, variables) => compile(expression, withVariables(variables)),
    optional,
    duration: (value) => duration({ value }),
  };
  return loaded;
}

/** The package does not export the class of its optionals; an empty one leads there. */
function optionalsOf(Language: typeof Environment): (value: unknown) => unknown {
  const none = new Language({ enableOptionalTypes: true }).evaluate('optional.none()') as { constructor: unknown };
  const { of } = none.constructor as { of(value: unknown): unknown };
  return (value) => of(value);
}

/** Longer ones are refused; the longest rule known is a tenth of it. */
const MOST_CHARACTERS = 64 * 1024;

function compile(expression: string, environment: Environment): Program {
  if (expression.length > MOST_CHARACTERS) throw new Error(`compilation failed: the expression is too long`);
  const meter: { budget: Budget } = { budget: { left: 0 } };
  let program: ReturnType<Environment['parse']>;
  try {
    program = environment.parse(expression);
  } catch (error) {
    throw new Error(compileMessage(expression, error), { cause: error });
  }
  instrument(program.ast as unknown as CelNode, meter);
  const { valid, error } = program.check();
  if (!valid) throw new Error(compileMessage(expression, error), { cause: error });
  return (variables, budget) => {
    meter.budget = budget;
    try {
      const value: unknown = program(variables);
      // `||`, `&&`, `all` and `exists` go on after an error, after this one as well.
      if (budget.left < 0) throw new BudgetError();
      return value;
    } catch (error) {
      throw evaluationMessage(error);
    }
  };
}
