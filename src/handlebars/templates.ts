/**
 * Handlebars templates of charts: `*.hbs` files beside Go templates, with the same objects and the same functions.
 *
 * - Every function of the library is a helper: `{{toYaml Values.x}}`, `{{#if (eq Values.a 1)}}`. A bare name is a field
 *   of the context where that has one, a function otherwise; in an argument it is always a field, and `(now)` a call.
 * - Numbers: a literal without a fraction is an int, values from YAML are float64, `@index` is an int. Where a
 *   function's parameter is of the other kind they are converted; Go templates refuse that.
 * - Hash arguments become one more argument, a map, after the others: `{{dict a=1 b="x"}}`, `{{include "x" a=1}}`.
 * - A block may be opened by any function: its body is rendered where the result is true, as Go takes truth (0, "", an
 *   empty list and an empty map are false; `if`, `unless` and `with` take it so too), and the result is its block
 *   parameter: `{{#eq a b}}…{{else}}…{{/eq}}`, `{{#get map "x" as |found|}}…{{/get}}`.
 * - `each` walks maps in the order of their keys. `lookup` with two arguments is Handlebars', with four it asks the cluster.
 * - Nothing is escaped. Lists, maps and objects print as in Go templates; numbers print all their digits; nil prints nothing.
 * - `{{> name}}` renders `_name.hbs` of the same folder, else of any. Properties of prototypes are never reached.
 */
import type Handlebars from 'handlebars';
import { builtins } from '../template/builtins.ts';
import {
  ExecError,
  isStackOverflow,
  LimitError,
  limitOf,
  ParseError,
  TemplateError,
  TOO_DEEP,
} from '../template/error.ts';
import { byteLength } from '../template/utf8.ts';
import type { GoFunction, Value, ValueMap } from '../template/value.ts';
import { type Helper, type HelperHost, helpersOf, toHelper } from './helpers.ts';
import { nestsTooDeep } from './nesting.ts';
import { inlineNames, rewrite } from './rewrite.ts';
import { viewOf } from './view.ts';

/** The package, which whoever needs it loads: `await loadHandlebars()`. */
export type HandlebarsModule = typeof Handlebars;

export async function loadHandlebars(): Promise<HandlebarsModule> {
  return (await import('handlebars')).default;
}

export const EXTENSION = '.hbs';

/** What the engine takes to render the `.hbs` files of a chart. */
export const foreignTemplates = (handlebars: HandlebarsModule) => ({
  extension: EXTENSION,
  parse(templates: readonly { name: string; text: string }[], functions: Record<string, GoFunction>) {
    const set = new HandlebarsTemplates({ handlebars, functions });
    for (const { name, text } of templates) set.parse(name, text);
    return set;
  },
});

/** Partials inside one another: each takes many frames of the stack. */
const MAX_PARTIALS = 50;

/** Iterations of one rendering. */
const MAX_STEPS = 50_000_000;

interface Source {
  name: string;
  text: string;
  ast: hbs.AST.Program;
  /** Compiled when it runs first. */
  run?: HandlebarsTemplateDelegate;
}

export class HandlebarsTemplates implements HelperHost {
  readonly #handlebars: HandlebarsModule;
  readonly #functions: Record<string, GoFunction>;
  readonly #helpers: Record<string, Handlebars.HelperDelegate>;
  readonly #sources = new Map<string, Source>();
  /** The last template parsed for each name that a partial is called by. */
  readonly #partials = new Map<string, Source>();
  /** Names that some template gives to a part of itself, which goes before the partial of that name. */
  readonly #inline = new Set<string>();
  #steps = 0;
  /** Partials that run, one inside the other. */
  #depth = 0;

  constructor({ handlebars, functions }: { handlebars: HandlebarsModule; functions: Record<string, GoFunction> }) {
    this.#handlebars = handlebars.create();
    this.#functions = { ...Object.fromEntries(builtins), ...functions };
    this.#helpers = helpersOf(this.#handlebars, this.#functions, this);
  }

  /** Adds the template `name`, the path of its file. Throws ParseError. */
  parse(name: string, text: string): void {
    let ast: hbs.AST.Program;
    try {
      if (nestsTooDeep(text)) throw new Error('blocks or calls nest too deep');
      ast = this.#handlebars.parse(text, { srcName: name });
    } catch (error) {
      throw parseError(name, error as Error);
    }
    const source: Source = { name, text, ast };
    this.#sources.set(name, source);
    this.#partials.set(partialName(name), source);
    for (const inline of inlineNames(ast)) this.#inline.add(inline);
    for (const alias of [name, partialName(name)])
      this.#handlebars.registerPartial(alias, (context, options) => this.#run(source)(context, options));
  }

  has(name: string): boolean {
    return this.#sources.has(name);
  }

  execute(name: string, data: Value): string {
    const source = this.#sources.get(name);
    if (!source) throw new TemplateError(`template: no template "${name}"`, 'no template');
    this.#steps = 0;
    this.#depth = 0;
    try {
      return this.#run(source)(viewOf(data as ValueMap, this), {
        helpers: this.#helpers,
        allowProtoPropertiesByDefault: false,
        allowProtoMethodsByDefault: false,
      });
    } catch (error) {
      throw execError(source, error);
    }
  }

  #run(source: Source): HandlebarsTemplateDelegate {
    if (!source.run) {
      const ast = rewrite(source.ast, {
        isFunction: (word) => Object.hasOwn(this.#functions, word),
        partial: (word, loc, hasBlock) => this.#partial(source, word, loc, hasBlock),
      });
      source.run = this.#handlebars.compile(ast, { noEscape: true });
    }
    return source.run;
  }

  /**
   * The partial for one place: `_word.hbs` beside the template, else that of any folder. It has a name of its own, by
   * which Handlebars knows it, so that an error within tells where it was called.
   */
  #partial({ name }: Source, word: string, loc: hbs.AST.SourceLocation, hasBlock: boolean): string {
    const beside = `${name.slice(0, name.lastIndexOf('/') + 1)}_${word}${EXTENSION}`;
    const found = this.#sources.get(beside) ?? this.#partials.get(word) ?? this.#sources.get(word);
    if (this.#inline.has(word) || (!found && hasBlock)) return word;
    const key = `${word} ${name}:${loc.start.line}:${loc.start.column}`;
    this.#handlebars.registerPartial(key, (context, options) => {
      if (!found) throw this.misuse(loc, `partial "${word}" not defined`);
      this.step();
      if (++this.#depth > MAX_PARTIALS) throw this.#tooDeep(loc);
      try {
        return this.#run(found)(context, options);
      } catch (error) {
        throw this.failure(word, loc, error);
      } finally {
        this.#depth--;
      }
    });
    return key;
  }

  helper(name: string, method: GoFunction): Helper {
    return toHelper(name, method, this);
  }

  /** Counts an iteration or a call. */
  step(): void {
    if (++this.#steps > MAX_STEPS) throw new LimitError('rendering takes too many steps: a loop without end?');
  }

  /** What a function threw, with the place in the template. */
  failure(name: string, loc: hbs.AST.SourceLocation | undefined, error: unknown): Error {
    const limit = limitOf(error);
    if (limit) return limit;
    if (isStackOverflow(error)) return this.#tooDeep(loc);
    return this.misuse(loc, `error calling ${name}: ${error instanceof Error ? error.message : String(error)}`, error);
  }

  #tooDeep(loc: hbs.AST.SourceLocation | undefined): LimitError {
    const source = loc && this.#sources.get(loc.source);
    return new LimitError(TOO_DEEP, source && { template: source.name, ...placeOf(source, loc) });
  }

  misuse(loc: hbs.AST.SourceLocation | undefined, detail: string, cause?: unknown): Error {
    const source = loc && this.#sources.get(loc.source);
    if (!source) return new ExecError(loc?.source ?? 'handlebars', detail, undefined, cause);
    return new ExecError(source.name, detail, placeOf(source, loc), cause);
  }
}

/** `web/templates/_labels.hbs` is called `labels`. */
const partialName = (path: string): string =>
  path.slice(path.lastIndexOf('/') + 1, path.endsWith(EXTENSION) ? -EXTENSION.length : undefined).replace(/^_/, '');

function placeOf({ name, text }: Source, { start, end }: hbs.AST.SourceLocation) {
  const lines = text.split('\n');
  const prefix = (lines[start.line - 1] ?? '').slice(0, start.column);
  const offset = (line: number) => lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  const node = text.slice(offset(start.line) + start.column, offset(end.line) + end.column);
  return { position: { file: name, line: start.line, column: byteLength(prefix) }, node };
}

/** Handlebars tells the line in its first line, what it expected in its last. */
function parseError(name: string, error: Error): ParseError {
  const line = Number(/on line (\d+)/.exec(error.message)?.[1] ?? (error as { lineNumber?: number }).lineNumber ?? 1);
  const detail = error.message.split('\n').at(-1)!;
  return new ParseError(name, line, detail.replace(/ - \d+:\d+$/, ''));
}

/** Errors of Handlebars itself, such as a missing partial, as errors of the template. */
function execError({ name }: Source, error: unknown): Error {
  if (error instanceof TemplateError) return error;
  if (isStackOverflow(error)) return new LimitError(`${name}: ${TOO_DEEP}`);
  return new ExecError(name, (error as Error).message, undefined, error);
}
