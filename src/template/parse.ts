/** Parses a template's text into trees: recursive descent, a method for each rule of the grammar. */
import { ParseError } from './error.ts';
import { isKeyword, type Keyword, lex, type Tokens, type TokenType } from './lex.ts';
import {
  type BranchNode,
  type CommandNode,
  isEmptyTree,
  type ListNode,
  nodeText,
  type OperandNode,
  type PipeNode,
  type StatementNode,
  type Tree,
  type VariableNode,
} from './node.ts';
import { type Constant, parseNumber } from './number.ts';
import { quote, unquote } from './quote.ts';
import { byteLength } from './utf8.ts';

/** The trees of one text by name: the file's own and those of its `define` and `block` actions. */
export type TreeSet = Map<string, Tree>;

/** Parses `text` as the template `name`. `hasFunction` tells which identifiers may be called. Throws ParseError. */
export function parseTemplate(name: string, text: string, hasFunction: (name: string) => boolean): TreeSet {
  const trees: TreeSet = new Map();
  const tokens = lex(text, { break: !hasFunction('break'), continue: !hasFunction('continue') });
  new Parser({ file: name, tokens, at: 0, nesting: 0, trees, hasFunction }, name).file();
  return trees;
}

/** What the parsers of one text share. */
interface Source {
  file: string;
  tokens: Tokens;
  /** The index of the next token. */
  at: number;
  /** Actions and parentheses that are open. */
  nesting: number;
  trees: TreeSet;
  hasFunction(name: string): boolean;
}

/** `{{end}}` and `{{else}}` end a list and stand in no tree. */
interface EndNode {
  type: 'end' | 'else';
  pos: number;
}

/**
 * How deep actions and parentheses may nest, the latter counting more because they cost more of the stack when they
 * run. Go allows 10,000 parentheses and any number of actions, on a larger stack.
 */
const MAX_NESTING = 500;
const PARENTHESIS = 2;

/** The parser of one tree: the file or a definition inside it. A token is named by its index. */
class Parser {
  readonly #source: Source;
  readonly #tokens: Tokens;
  readonly #tree: Tree;
  #variables = ['$'];
  #rangeDepth = 0;
  /** The delimiter that began the action being parsed, for errors in actions of several lines; -1 outside. */
  #action = -1;
  /** The furthest token looked at: errors name its line. */
  #newest = 0;

  constructor(source: Source, name: string) {
    this.#source = source;
    this.#tokens = source.tokens;
    this.#tree = { name, file: source.file, text: source.tokens.text } as Tree;
    this.#tree.root = this.#newList(0);
  }

  /** The whole text: like a list, with definitions in between. */
  file(): void {
    const { root } = this.#tree;
    for (let type = this.#peek(); type !== 'eof'; type = this.#peek()) {
      if (type === 'leftDelim' && this.#tokens.types[this.#source.at + 1] === 'define') {
        this.#source.at += 2;
        new Parser(this.#source, 'definition').#definition();
        continue;
      }
      const node = this.#textOrAction();
      if (isEnd(node)) this.#fail(`unexpected ${endText(node)}`);
      root.nodes.push(node);
    }
    this.#add();
  }

  /** `{{define "name"}}` list `{{end}}`, the word define being past. */
  #definition(): void {
    const context = 'define clause';
    (this.#tree as { name: string }).name = this.#name(context);
    this.#expect('rightDelim', context);
    this.#body(context);
  }

  /** list `{{end}}` of a definition or block, which is then added. */
  #body(context: string, owner: Parser = this): void {
    const [list, end] = this.#itemList();
    this.#tree.root = list;
    if (end.type !== 'end') owner.#fail(`unexpected ${endText(end)} in ${context}`);
    this.#add();
  }

  /** A name may be defined twice in one text only where one body is blank. */
  #add(): void {
    const { trees } = this.#source;
    const { name, root } = this.#tree;
    const old = trees.get(name);
    if (old === undefined || isEmptyTree(old.root)) trees.set(name, this.#tree);
    else if (!isEmptyTree(root)) this.#fail(`template: multiple definition of template ${quote(name)}`);
  }

  /** Text and actions up to `{{end}}` or `{{else}}`. */
  #itemList(): [ListNode, EndNode] {
    this.#peek();
    const pos = this.#start();
    const nodes: StatementNode[] = [];
    while (this.#peek() !== 'eof') {
      const node = this.#textOrAction();
      if (isEnd(node)) return [{ type: 'list', pos, nodes: trimmed(nodes) }, node];
      nodes.push(node);
    }
    return this.#fail('unexpected EOF');
  }

  #textOrAction(): StatementNode | EndNode {
    const pos = this.#start();
    const type = this.#next();
    if (type === 'text') return { type: 'text', pos, text: this.#last() };
    if (type !== 'leftDelim') return this.#unexpected('input');
    this.#action = this.#source.at - 1;
    const node = this.#actionBody();
    this.#action = -1;
    return node;
  }

  /** A control word or a pipeline, the left delimiter being past. */
  #actionBody(): StatementNode | EndNode {
    const type = this.#peek();
    const pos = this.#start();
    switch (type) {
      case 'block':
      case 'break':
      case 'continue':
      case 'else':
      case 'end':
      case 'if':
      case 'range':
      case 'with':
      case 'template':
        this.#next();
        return this.#control(type, pos);
    }
    return { type: 'action', pos, pipe: this.#pipeline('command', 'rightDelim') };
  }

  #control(type: Exclude<Keyword, 'define' | 'nil'>, pos: number): StatementNode | EndNode {
    switch (type) {
      case 'block':
        return this.#block();
      case 'break':
      case 'continue':
        return this.#jump(type, pos);
      case 'else':
        return this.#else();
      case 'end':
        this.#expect('rightDelim', 'end');
        return { type: 'end', pos };
      case 'template':
        return this.#templateCall();
      default:
        return this.#branch(type);
    }
  }

  #jump(type: 'break' | 'continue', pos: number): StatementNode {
    this.#expect('rightDelim', `{{${type}}}`);
    if (this.#rangeDepth === 0) this.#fail(`{{${type}}} outside {{range}}`);
    return { type, pos };
  }

  /** `{{else}}`; of `{{else if …}}` and `{{else with …}}` the second word is left for the branch. */
  #else(): EndNode {
    const type = this.#peek();
    const pos = this.#start();
    if (type !== 'if' && type !== 'with') this.#expect('rightDelim', 'else');
    return { type: 'else', pos };
  }

  /** pipeline `}}` list [ `{{else}}` list ] `{{end}}` */
  #branch(type: BranchNode['type']): BranchNode {
    this.#nest(1);
    const visible = this.#variables.length;
    const pipe = this.#pipeline(type, 'rightDelim');
    if (type === 'range') this.#rangeDepth++;
    const [list, next] = this.#itemList();
    if (type === 'range') this.#rangeDepth--;
    const node: BranchNode = { type, pos: pipe.pos, pipe, list };
    if (next.type === 'else') node.elseList = this.#elseList(type, next);
    this.#variables.length = visible;
    this.#source.nesting--;
    return node;
  }

  /** `{{else if}}` is `{{else}}{{if}}` with one `{{end}}` for both. */
  #elseList(type: BranchNode['type'], otherwise: EndNode): ListNode {
    if (type !== 'range' && this.#peek() === type) {
      this.#next();
      const list = this.#newList(otherwise.pos);
      list.nodes.push(this.#branch(type));
      return list;
    }
    const [list, end] = this.#itemList();
    if (end.type !== 'end') this.#fail(`expected end; found ${endText(end)}`);
    return list;
  }

  /** `{{block "name" pipeline}}` list `{{end}}`: a definition and its call. */
  #block(): StatementNode {
    const context = 'block clause';
    this.#peek();
    const pos = this.#start();
    const name = this.#name(context);
    const pipe = this.#pipeline(context, 'rightDelim');
    this.#nest(1);
    new Parser(this.#source, name).#body(context, this);
    this.#source.nesting--;
    return { type: 'template', pos, name, pipe };
  }

  /** `{{template "name" [pipeline]}}` */
  #templateCall(): StatementNode {
    const context = 'template clause';
    this.#peek();
    const node: StatementNode = { type: 'template', pos: this.#start(), name: this.#name(context) };
    if (this.#peek() === 'rightDelim') this.#next();
    else node.pipe = this.#pipeline(context, 'rightDelim');
    return node;
  }

  /** The name of a template, a string. */
  #name(context: string): string {
    const type = this.#next();
    if (type !== 'string' && type !== 'rawString') this.#unexpected(context);
    return this.#unquoted();
  }

  #unquoted(): string {
    return unquote(this.#last()) ?? this.#fail('invalid syntax');
  }

  /** [ variables `:=` ] command { `|` command } */
  #pipeline(context: string, end: TokenType): PipeNode {
    this.#peek();
    const pipe: PipeNode = { type: 'pipe', pos: this.#start(), isAssign: false, decl: NO_VARIABLES, cmds: [] };
    while (this.#declaration(pipe, context));
    for (;;) {
      const type = this.#peek();
      if (type === end) {
        this.#next();
        this.#checkPipeline(pipe, context);
        pipe.cmds = trimmed(pipe.cmds);
        return pipe;
      }
      if (!STARTS_OPERAND.has(type)) {
        this.#next();
        this.#unexpected(context);
      }
      pipe.cmds.push(this.#command());
    }
  }

  /** One variable with its `:=`, `=` or `,`; answers whether another must follow. */
  #declaration(pipe: PipeNode, context: string): boolean {
    if (this.#peek() !== 'variable') return false;
    const { types } = this.#tokens;
    const start = this.#source.at;
    this.#next();
    const type = this.#peek();
    const declares = type === 'assign' || type === 'declare';
    if (!declares && !(type === 'char' && this.#token(start + 1) === ',')) {
      this.#source.at = start;
      return false;
    }
    if (declares) pipe.isAssign = types[start + 1] === 'assign';
    this.#next();
    const name = this.#token(start);
    pipe.decl = [...pipe.decl, { type: 'variable', pos: this.#tokens.starts[start]!, ident: [name] }];
    this.#variables.push(name);
    return declares ? false : this.#secondVariable(pipe, context);
  }

  #secondVariable(pipe: PipeNode, context: string): boolean {
    if (context !== 'range' || pipe.decl.length >= 2) this.#fail(`too many declarations in ${context}`);
    const type = this.#peek();
    if (type === 'variable' || type === 'rightDelim' || type === 'rightParen') return true;
    return this.#fail('range can only initialize variables');
  }

  #checkPipeline(pipe: PipeNode, context: string): void {
    const { cmds } = pipe;
    if (cmds.length === 0) this.#fail(`missing value for ${context}`);
    for (let i = 1; i < cmds.length; i++)
      if (LITERALS.has(cmds[i]!.args[0]!.type)) this.#fail(`non executable command in pipeline stage ${i + 1}`);
  }

  /** operand { space operand }, with the pipe sign after it but without the delimiter. */
  #command(): CommandNode {
    const command: CommandNode = { type: 'command', pos: this.#start(), args: [] };
    for (;;) {
      const operand = this.#operand();
      if (operand) command.args.push(operand);
      const type = this.#peek();
      if (type === 'rightDelim' || type === 'rightParen') break;
      if (STARTS_OPERAND.has(type) && this.#spaceBefore()) continue;
      this.#next();
      if (type !== 'pipe') this.#unexpected('operand');
      break;
    }
    if (command.args.length === 0) this.#fail('empty command');
    command.args = trimmed(command.args);
    return command;
  }

  /** term { `.field` } */
  #operand(): OperandNode | undefined {
    const node = this.#term();
    if (!node || !this.#fieldFollows()) return node;
    const pos = this.#start();
    if (LITERALS.has(node.type)) {
      this.#fieldNames([]);
      this.#fail(`unexpected . after term ${quote(nodeText(node))}`);
    }
    return { type: 'chain', pos, node, field: this.#fieldNames([]) };
  }

  #fieldFollows(): boolean {
    return this.#peek() === 'field' && !this.#spaceBefore();
  }

  /** Adds the names of the fields that follow. */
  #fieldNames(names: string[]): string[] {
    const { text, starts, ends } = this.#tokens;
    while (this.#fieldFollows()) {
      const at = this.#source.at++;
      names.push(text.slice(starts[at]! + 1, ends[at]));
    }
    return trimmed(names);
  }

  /** `.a.b` or `$x.a.b`, whose position is that of the second name, as Go has it. */
  #named(type: 'field' | 'variable', start: number, first: string): OperandNode {
    if (!this.#fieldFollows()) return { type, pos: start, ident: [first] };
    return { type, pos: this.#start(), ident: this.#fieldNames([first]) };
  }

  #term(): OperandNode | undefined {
    const type = this.#peek();
    if (!STARTS_OPERAND.has(type)) return undefined;
    const pos = this.#start();
    this.#next();
    switch (type) {
      case 'identifier': {
        const ident = this.#last();
        if (!this.#source.hasFunction(ident)) this.#fail(`function ${quote(ident)} not defined`);
        return { type, pos, ident };
      }
      case 'dot':
      case 'nil':
        return { type, pos };
      case 'variable': {
        const name = this.#last();
        if (!this.#variables.includes(name)) this.#fail(`undefined variable ${quote(name)}`);
        return this.#named(type, pos, name);
      }
      case 'field':
        return this.#named(type, pos, this.#last().slice(1));
      case 'bool':
        return { type, pos, value: this.#last() === 'true' };
      case 'string':
      case 'rawString':
        return { type: 'string', pos, quoted: this.#last(), text: this.#unquoted() };
      case 'leftParen':
        return this.#parenthesized();
      default:
        return { type: 'number', pos, text: this.#last(), constant: this.#constant(type) };
    }
  }

  #constant(type: TokenType): Constant {
    const kind = type === 'charConstant' ? 'char' : type === 'complex' ? 'complex' : 'number';
    try {
      return parseNumber(this.#last(), kind);
    } catch (error) {
      return this.#fail((error as Error).message);
    }
  }

  #parenthesized(): PipeNode {
    this.#nest(PARENTHESIS);
    const pipe = this.#pipeline('parenthesized pipeline', 'rightParen');
    this.#source.nesting -= PARENTHESIS;
    return pipe;
  }

  #nest(by: number): void {
    if ((this.#source.nesting += by) > MAX_NESTING) this.#fail('max expression depth exceeded');
  }

  #newList(pos: number): ListNode {
    return { type: 'list', pos, nodes: [] };
  }

  /** The type of the next token, which stays the next. */
  #peek(): TokenType {
    const { at } = this.#source;
    if (at > this.#newest) this.#newest = at;
    return this.#tokens.types[at]!;
  }

  /** Takes the next token. */
  #next(): TokenType {
    const at = this.#source.at++;
    if (at > this.#newest) this.#newest = at;
    return this.#tokens.types[at]!;
  }

  /** Where the next token starts. */
  #start(): number {
    return this.#tokens.starts[this.#source.at]!;
  }

  /** Whether white space stands before the next token, where both are of one action. */
  #spaceBefore(): boolean {
    const { at } = this.#source;
    return this.#tokens.starts[at] !== this.#tokens.ends[at - 1];
  }

  #token(at: number): string {
    const { text, starts, ends } = this.#tokens;
    return text.slice(starts[at], ends[at]);
  }

  /** The text of the token taken last. */
  #last(): string {
    return this.#token(this.#source.at - 1);
  }

  #expect(type: TokenType, context: string): void {
    if (this.#next() !== type) this.#unexpected(context);
  }

  /** Complains about the token taken last. */
  #unexpected(context: string): never {
    const at = this.#source.at - 1;
    const type = this.#tokens.types[at]!;
    if (type === 'error') return this.#fail(this.#tokens.error + this.#startedAt(at));
    return this.#fail(`unexpected ${tokenText(type, this.#token(at))} in ${context}`);
  }

  /** Where the action began that a faulty token stands in, if on another line. */
  #startedAt(at: number): string {
    if (this.#action < 0) return '';
    const line = this.#lineOf(this.#action);
    if (line === this.#lineOf(at)) return '';
    const words = this.#tokens.error.endsWith(' action') ? '' : ' in action';
    return `${words} started at ${this.#source.file}:${line}`;
  }

  #lineOf(at: number): number {
    const { text, starts } = this.#tokens;
    let line = 1;
    for (let i = text.indexOf('\n'); i >= 0 && i < starts[at]!; i = text.indexOf('\n', i + 1)) line++;
    return line;
  }

  /** Fails at the line of the newest token. */
  #fail(message: string): never {
    throw new ParseError(this.#source.file, this.#lineOf(this.#newest), message);
  }
}

/** A copy without the room that an array grown by `push` keeps for sixteen more: trees are many small arrays. */
const trimmed = <T>(array: T[]): T[] => array.slice();

const NO_VARIABLES: VariableNode[] = [];

const LITERALS: ReadonlySet<string> = new Set(['bool', 'dot', 'nil', 'number', 'string']);

const STARTS_OPERAND: ReadonlySet<TokenType> = new Set<TokenType>([
  'bool',
  'charConstant',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'rawString',
  'string',
  'variable',
  'leftParen',
]);

const isEnd = (node: StatementNode | EndNode): node is EndNode => node.type === 'end' || node.type === 'else';

const endText = (node: EndNode): string => `{{${node.type}}}`;

/** A token as errors show it: words in angle brackets, all else quoted and cut. */
function tokenText(type: TokenType, text: string): string {
  if (type === 'eof') return 'EOF';
  if (isKeyword(type)) return `<${text}>`;
  if (byteLength(text) <= 10) return quote(text);
  return `${quote([...text.slice(0, 20)].slice(0, 10).join(''))}...`;
}
