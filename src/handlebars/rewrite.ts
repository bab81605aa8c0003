/** Changes made to a parsed template before Handlebars compiles it, so that values stay Go's and print like Go's. */
import { BARE, INT, SHOW } from './helpers.ts';

export interface Names {
  isFunction(name: string): boolean;
  /** The name under which the partial is known that `{{> name}}` means at `loc`; `hasBlock` where it brings a default. */
  partial(name: string, loc: hbs.AST.SourceLocation, hasBlock: boolean): string;
}

/** Answers `program`, changed. */
export function rewrite(program: hbs.AST.Program, names: Names): hbs.AST.Program {
  new Rewriter(names).program(program);
  return program;
}

/** The names that `{{#*inline "name"}}` gives in `program`. */
export function inlineNames({ body }: hbs.AST.Program): string[] {
  return (body as Block[]).flatMap((statement) => {
    const inside = [statement.program, statement.inverse].flatMap((program) => (program ? inlineNames(program) : []));
    if (statement.type !== 'DecoratorBlock') return inside;
    return [...inside, String((statement.params[0] as hbs.AST.StringLiteral | undefined)?.value)];
  });
}

/** A block, a partial or a decorator: whatever may hold statements of its own. */
interface Block extends hbs.AST.Statement {
  params: hbs.AST.Expression[];
  hash?: hbs.AST.Hash;
  program?: hbs.AST.Program;
  inverse?: hbs.AST.Program;
}

class Rewriter {
  readonly #names: Names;
  /** The block parameters in sight. */
  #params: string[] = [];

  constructor(names: Names) {
    this.#names = names;
  }

  program({ body, blockParams = [] }: hbs.AST.Program): void {
    const outer = this.#params;
    this.#params = [...outer, ...blockParams];
    for (const statement of body) this.#statement(statement as Block);
    this.#params = outer;
  }

  #statement(statement: Block): void {
    if (statement.params) this.#call(statement);
    if (statement.type === 'MustacheStatement') this.#mustache(statement as unknown as hbs.AST.MustacheStatement);
    if (statement.type.startsWith('Partial')) this.#partial(statement as unknown as hbs.AST.PartialStatement);
    if (statement.program) this.program(statement.program);
    if (statement.inverse) this.program(statement.inverse);
  }

  /** `{{x}}` becomes `{{show x}}`: what is printed goes through one helper. */
  #mustache(mustache: hbs.AST.MustacheStatement): void {
    mustache.params = [this.#printed(mustache)];
    mustache.path = pathTo(SHOW, mustache.loc);
    (mustache as { hash?: hbs.AST.Hash }).hash = undefined;
  }

  #printed({ path, params, hash, loc }: hbs.AST.MustacheStatement): hbs.AST.Expression {
    const literal = path as hbs.AST.StringLiteral;
    const callee =
      path.type === 'PathExpression' ? (path as hbs.AST.PathExpression) : pathTo(String(literal.value), loc);
    if (params.length > 0 || hash) return call(callee, params, loc, hash);
    const name = callee.original;
    if (!this.#names.isFunction(name) || this.#params.includes(name)) return callee;
    return call(pathTo(BARE, loc), [text(name, loc)], loc);
  }

  #partial(partial: hbs.AST.PartialStatement): void {
    const { name, loc } = partial;
    if (name.type === 'SubExpression') this.#call(name as hbs.AST.SubExpression);
    else {
      const word = String((name as hbs.AST.PathExpression).original);
      partial.name = pathTo(
        this.#names.partial(word, loc, (partial.type as string) === 'PartialBlockStatement'),
        name.loc,
      );
    }
  }

  #call({ params, hash }: { params: hbs.AST.Expression[]; hash?: hbs.AST.Hash }): void {
    params.forEach((param, i) => {
      params[i] = this.#argument(param);
    });
    for (const pair of hash?.pairs ?? []) pair.value = this.#argument(pair.value) as typeof pair.value;
  }

  /** Numbers without a fraction become Go's ints, which Handlebars' trees cannot hold. */
  #argument(expression: hbs.AST.Expression): hbs.AST.Expression {
    if (expression.type === 'SubExpression') this.#call(expression as hbs.AST.SubExpression);
    const { type, loc } = expression;
    if (type !== 'NumberLiteral' || !Number.isSafeInteger((expression as hbs.AST.NumberLiteral).value))
      return expression;
    return call(pathTo(INT, loc), [expression], loc);
  }
}

const pathTo = (name: string, loc: hbs.AST.SourceLocation): hbs.AST.PathExpression => ({
  type: 'PathExpression',
  data: false,
  depth: 0,
  parts: [name],
  original: name,
  loc,
});

const text = (value: string, loc: hbs.AST.SourceLocation): hbs.AST.StringLiteral => ({
  type: 'StringLiteral',
  value,
  original: value,
  loc,
});

const call = (
  path: hbs.AST.PathExpression,
  params: hbs.AST.Expression[],
  loc: hbs.AST.SourceLocation,
  hash?: hbs.AST.Hash,
): hbs.AST.SubExpression => ({ type: 'SubExpression', path, params, hash, loc }) as hbs.AST.SubExpression;
