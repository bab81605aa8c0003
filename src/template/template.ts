/**
 * Templates as Go's text/template has them: a set of named templates that can call one another. Parsing adds to the set,
 * a clone can be added to without changing what it came from, and a template compiles when it first runs.
 */
import { builtins } from './builtins.ts';
import { compileTree, type Run } from './compile.ts';
import { isStackOverflow, LimitError, TemplateError, TOO_DEEP } from './error.ts';
import { type Budget, type Execution, type Frame, MAX_STACK, type Runnable, type Scope } from './frame.ts';
import { isEmptyTree, type Tree } from './node.ts';
import { type Heads, parseTemplate, type TreeSet } from './parse.ts';
import { quote } from './quote.ts';
import type { GoFunction, Value } from './value.ts';

/** Functions by the names that templates call them. */
export type Functions = Readonly<Record<string, GoFunction>> | ReadonlyMap<string, GoFunction>;

export interface TemplatesOptions {
  functions: Functions;
  /** The name of the set, told by "no template … associated with template …". */
  name?: string;
  /** What a missing key of a map gives: no value, the zero value (Helm's choice), or an error. */
  missingKey?: 'default' | 'zero' | 'error';
  limits?: Limits;
}

/** What one rendering may do, everything that functions execute in turn included. */
export interface Limits {
  /** Iterations and template calls. */
  maxSteps?: number;
  /** Characters that one execution writes. */
  maxOutput?: number;
  /** Frames that templates may take of the stack, for a thread that has more of it. */
  maxStack?: number;
}

const MAX_STEPS = 50_000_000;
const MAX_OUTPUT = 1 << 28;

/** Frames of the stack that a function takes to execute a template. */
const EXECUTION = 6;

/** Texts parsed by the name of the set, as `tpl` does again and again, are kept up to this many characters. */
const MAX_CACHED = 1 << 22;

export interface ExecuteOptions {
  /** Functions for this execution only, over those of the set. */
  functions?: Functions;
}

/** What all clones of a set share. */
interface Shared {
  name: string;
  missingKey: 'default' | 'zero' | 'error';
  maxSteps: number;
  budget: Budget;
  /** Templates by their text. */
  cache: Map<string, Template[]>;
  cached: number;
  heads: Heads;
}

/** Definitions that are read only, over earlier ones. */
interface Layer<T> {
  entries: ReadonlyMap<string, T>;
  below: Layer<T> | undefined;
}

function newShared({ name = 'gotpl', missingKey = 'default', limits = {} }: TemplatesOptions): Shared {
  const { maxSteps = MAX_STEPS, maxOutput = MAX_OUTPUT, maxStack = MAX_STACK } = limits;
  return {
    name,
    missingKey,
    maxSteps,
    budget: { steps: maxSteps, maxOutput, depth: 0, stack: 0, maxStack },
    cache: new Map(),
    cached: 0,
    heads: new Map(),
  };
}

export class Templates {
  readonly #shared: Shared;
  #templates = new Map<string, Template>();
  #below: Layer<Template> | undefined;
  readonly #functions: Layer<GoFunction>;
  #scope: Scope | undefined;

  /** `origin` is the set that this one is a clone of; see `clone`. */
  constructor(options: TemplatesOptions, origin?: Templates) {
    if (origin) this.#below = origin.#below;
    this.#functions = origin ? layer(origin.#functions, options.functions) : layer(BUILTINS, options.functions);
    this.#shared = origin ? origin.#shared : newShared(options);
  }

  /**
   * Parses `text` as the template `name` and adds it with the templates it defines. One that is blank does not replace
   * another of its name. Throws ParseError, and then adds nothing.
   */
  parse(name: string, text: string): Template {
    const parsed = this.#parsed(name, text);
    for (const template of parsed)
      if (!template.isEmpty || !this.has(template.name)) this.#templates.set(template.name, template);
    return parsed.find((template) => template.name === name)!;
  }

  #parsed(name: string, text: string): Template[] {
    const { cache, name: set } = this.#shared;
    let parsed = name === set ? cache.get(text) : undefined;
    if (parsed) return parsed;
    const hasFunction = (word: string) => find(this.#functions, word) !== undefined;
    const trees: TreeSet = parseTemplate(name, text, { hasFunction, heads: this.#shared.heads });
    parsed = [...trees.values()].map((tree) => new Template(tree));
    if (name === set && (this.#shared.cached += text.length) <= MAX_CACHED) cache.set(text, parsed);
    return parsed;
  }

  /** A set that starts with the same templates; `functions` are added over the present ones. */
  clone(functions: Functions = {}): Templates {
    this.#freeze();
    return new Templates({ functions }, this);
  }

  /** What was added since the last clone becomes a layer that no one writes to any more. */
  #freeze(): void {
    if (this.#templates.size === 0) return;
    this.#below = { entries: this.#templates, below: this.#below };
    this.#templates = new Map();
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  #find(name: string): Template | undefined {
    return this.#templates.get(name) ?? find(this.#below, name);
  }

  /** The names of all templates, in no order. */
  names(): string[] {
    const names = new Set(this.#templates.keys());
    for (let at = this.#below; at; at = at.below) for (const name of at.entries.keys()) names.add(name);
    return [...names];
  }

  execute(template: string | Template, data: Value, options: ExecuteOptions = {}): string {
    const { name: set, budget, maxSteps } = this.#shared;
    const found = typeof template === 'string' ? this.#find(template) : template;
    if (!found)
      throw new TemplateError(
        `template: no template ${quote(template as string)} associated with template ${quote(set)}`,
        'no template',
      );
    const execution: Execution = { scope: this.#scopeOf(options.functions), out: '' };
    const { stack } = budget;
    if (budget.depth === 0) budget.steps = maxSteps;
    budget.depth++;
    budget.stack += EXECUTION;
    try {
      found.run(execution, data ?? undefined);
    } catch (error) {
      if (budget.depth === 1) throw clarified(error, found.name);
      throw error;
    } finally {
      budget.depth--;
      budget.stack = stack;
    }
    return execution.out;
  }

  #scopeOf(functions: Functions | undefined): Scope {
    if (!functions) return (this.#scope ??= this.#newScope(this.#functions));
    return this.#newScope(layer(this.#functions, functions));
  }

  #newScope(functions: Layer<GoFunction>): Scope {
    const { missingKey, budget } = this.#shared;
    return {
      missingKey,
      budget,
      findTemplate: (name) => this.#find(name),
      findFunction: (name) => find(functions, name),
    };
  }
}

function find<T>(start: Layer<T> | undefined, name: string): T | undefined {
  for (let at = start; at; at = at.below) {
    const found = at.entries.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

const BUILTINS: Layer<GoFunction> = { entries: builtins, below: undefined };

const layer = (below: Layer<GoFunction>, functions: Functions): Layer<GoFunction> => ({
  entries: functions instanceof Map ? functions : new Map(Object.entries(functions)),
  below,
});

/** Errors of the JavaScript engine in the words of templates. */
function clarified(error: unknown, template: string): unknown {
  if (isStackOverflow(error)) return new LimitError(`${template}: ${TOO_DEEP}`);
  if (error instanceof RangeError && error.message === 'Invalid string length')
    return new LimitError('rendering writes more than fits into memory');
  return error;
}

/** One parsed template. It belongs to no set: whoever runs it says where the templates and functions are. */
class Template implements Runnable {
  readonly name: string;
  readonly isEmpty: boolean;
  readonly #tree: Tree;
  #run: Run | undefined;
  /** A file that has not run yet. Most run once: what it is compiled to is then let go at once. */
  #isNew: boolean;

  constructor(tree: Tree) {
    this.name = tree.name;
    this.#isNew = tree.name === tree.file;
    this.isEmpty = isEmptyTree(tree.root);
    this.#tree = tree;
  }

  run(execution: Execution, data: Value): void {
    const run = this.#run ?? compileTree(this.#tree.root);
    if (!this.#isNew) this.#run = run;
    this.#isNew = false;
    const { scope } = execution;
    const frame: Frame = {
      execution,
      scope,
      tree: this.#tree,
      node: this.#tree.root,
      action: 0,
      variables: [data],
      elementTypes: undefined,
    };
    run(frame, data);
  }
}
