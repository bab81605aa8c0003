/** `optMap` and `optFlatMap`: an expression over what an optional holds. */
import type { Environment } from '@marcbachmann/cel-js';
import type { CelNode } from './bounded.ts';
import { register } from './signatures.ts';

interface Optional {
  hasValue(): boolean;
  value(): unknown;
}

interface Context {
  forkWithVariable(name: string, type: unknown): Context;
  reuse(parent: Context): Context;
  setIterValue(value: unknown, evaluator: Runner): Context;
}

interface Runner {
  run(node: CelNode, context: Context): unknown;
}

interface Checker {
  check(node: CelNode, context: Context): { kind: string; valueType?: unknown };
  getType(name: string): unknown;
  createError(code: string, message: string, node: CelNode): Error;
}

interface MacroCall {
  receiver: CelNode;
  args: CelNode[];
}

export function registerOptionals(environment: Environment, optional: (value: unknown) => unknown): void {
  const macro =
    (wrap: (value: unknown) => unknown) =>
    ({ receiver, args }: MacroCall) => {
      const [variable, expression] = args as [CelNode, CelNode];
      let inner: Context;
      return {
        receiver,
        expression,
        async: false,
        typeCheck(checker: Checker, _macro: unknown, context: Context) {
          if (variable.op !== 'id')
            throw checker.createError(
              'invalid_macro_argument',
              'optMap() variable name must be a simple identifier',
              variable,
            );
          checker.check(receiver, context);
          inner = context.forkWithVariable(variable.args as string, checker.getType('dyn'));
          checker.check(expression, inner);
          return checker.getType('optional');
        },
        evaluate(evaluator: Runner, _macro: unknown, context: Context) {
          const held = evaluator.run(receiver, context) as Optional;
          if (!held.hasValue()) return optional(undefined);
          return wrap(evaluator.run(expression, inner.reuse(context).setIterValue(held.value(), evaluator)));
        },
      };
    };
  register(environment, {
    'optional.optMap(ast, ast): optional<dyn>': macro(optional),
    'optional.optFlatMap(ast, ast): optional<dyn>': macro((value) => value),
  });
}
