/**
 * CEL, the language of the rules that users bring: compiled once, run in bounded time, with the functions that Kubernetes
 * adds. The package is loaded by the first rule.
 */
import type { Environment } from '@marcbachmann/cel-js';
import { type Budget, BudgetError, type CelNode, instrument } from './bounded.ts';
import { tellConstructions } from './constructions.ts';
import { compileMessage, evaluationMessage } from './messages.ts';

/** Runs on values as `toCelValue` makes them. Throws with the texts of cel-go; `BudgetError` where it takes too long. */
export interface Program {
  (variables: Record<string, unknown>, budget: Budget): unknown;
  /** What it evaluates to, `dyn` where that is not known before. */
  readonly type: string;
}

export interface Cel {
  /** Throws `compilation failed: ERROR: …`. `variables` are all the names that an expression may use. */
  compile(expression: string, variables: readonly string[]): Program;
  /** The syntax tree alone. Throws what `compile` throws. */
  parse(expression: string): CelNode;
  /** A scope of types in which expressions are checked before there are values. */
  declare(): Declarations;
  optional(value: unknown): unknown;
  duration(text: string): unknown;
}

export interface Declarations {
  /** Answers the name of a type with these fields, by the names of their types. */
  object(fields: Record<string, string>): string;
  /** Answers the name of a variable of this type. No type and no variable may be added after the first check. */
  variable(type: string): string;
  /** The type of an expression; `names` leads from the variables in it to declared ones. Throws `compilation failed: …`. */
  check(expression: string, names: Record<string, string>): string;
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
    parse: (expression) => parseAlone(expression, base),
    declare: () => declareIn(base.clone()),
    optional,
    duration: (value) => duration({ value }),
  };
  return loaded;
}

function declareIn(environment: Environment): Declarations {
  let own = environment;
  let count = 0;
  return {
    object(fields) {
      const name = `Object${++count}`;
      own.registerType(name, { fields });
      return name;
    },
    variable(type) {
      const name = `variable${++count}`;
      own.registerVariable(name, type);
      return name;
    },
    check(expression, names) {
      for (;;)
        try {
          return compile(expression, own, names).type;
        } catch (error) {
          const pair = unequalled(error);
          if (pair === undefined) throw error;
          own = own.clone();
          own.registerOperator(pair, () => false); // checked here and never run
        }
    },
  };
}

/** The package compares objects only where it was told how: `Object1 == Object1`, or with null. */
function unequalled(error: unknown): string | undefined {
  const { summary = '' } = (error as Error).cause as { summary?: string };
  const match = /^no such overload: (Object\d+) [!=]= (\1|null)$/.exec(summary);
  return match ? `${match[1]} == ${match[2]}` : undefined;
}

/** The package does not export the class of its optionals; an empty one leads there. */
function optionalsOf(Language: typeof Environment): (value: unknown) => unknown {
  const none = new Language({ enableOptionalTypes: true }).evaluate('optional.none()') as { constructor: unknown };
  const { of } = none.constructor as { of(value: unknown): unknown };
  return (value) => of(value);
}

/** Longer ones are refused; the longest rule known is a tenth of it. */
const MOST_CHARACTERS = 64 * 1024;

function compile(expression: string, environment: Environment, names?: Record<string, string>): Program {
  if (expression.length > MOST_CHARACTERS) throw new Error(`compilation failed: the expression is too long`);
  const meter: { budget: Budget } = { budget: { left: 0 } };
  const told = tellConstructions(expression);
  const refuse = (error: unknown): never => {
    throw new Error(compileMessage(expression, error, told?.originOf), { cause: error });
  };
  const program = parse(told?.text ?? expression, environment, refuse);
  instrument(program.ast as unknown as CelNode, meter, names);
  const { valid, error, type } = program.check();
  if (!valid) refuse(error);
  const run = (variables: Record<string, unknown>, budget: Budget): unknown => {
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
  return Object.assign(run, { type: type ?? 'dyn' });
}

function parseAlone(expression: string, environment: Environment): CelNode {
  const { ast } = parse(expression, environment, (error) => {
    throw new Error(compileMessage(expression, error), { cause: error });
  });
  return ast as unknown as CelNode;
}

function parse(text: string, environment: Environment, refuse: (error: unknown) => never): Parsed {
  try {
    return environment.parse(text);
  } catch (error) {
    const relative = withoutRoots(text);
    return relative === text ? refuse(error) : parse(relative, environment, refuse);
  }
}

type Parsed = ReturnType<Environment['parse']>;

/** `.self` is `self`, seen from the root of all names, which the package does not know. Positions stay as they are. */
const withoutRoots = (text: string): string =>
  text.replace(
    /("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(^|[^\w)\]}'"`?.\s])(\s*)\.(?=[A-Za-z_])/g,
    (_whole, literal?: string, before = '', blank = '') => literal ?? `${before}${blank} `,
  );
