/** Parses a template's text into trees: recursive descent, a method for each rule of the grammar. */
import { ParseError } from './error.ts';
import { isKeyword, Lexer, type TokenType } from './lex.ts';
import {
  type ActionNode,
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

export interface ParseOptions {
  /** Which identifiers may be called. */
  hasFunction(name: string): boolean;
  /** Heads of earlier texts, with the same functions; those of this one are added. */
  heads?: Heads;
}

/** Parses `text` as the template `name`. Throws ParseError. */
export function parseTemplate(name: string, text: string, { hasFunction, heads = new Map() }: ParseOptions): TreeSet {
  const trees: TreeSet = new Map();
  const lexer = new Lexer(text, { break: !hasFunction('break'), continue: !hasFunction('continue') });
  new Parser({ file: name, lexer, nesting: 0, trees, hasFunction, heads }, name).file();
  return trees;
}

/**
 * What stands between the delimiters of an action. Most actions of a chart stand in it many times, and are parsed once:
 * wherever the same text follows, the same was meant, if the variables it takes are there.
 */
interface Head {
  /** Undefined for a pipeline on its own. */
  keyword: 'if' | 'with' | 'range' | 'else' | 'end' | undefined;
  pos: number;
  pipe?: PipeNode;
  /** All there is to it, where no list belongs to it. */
  node?: ActionNode | EndNode;
  /** Variables that it takes from outside, but for `$`. */
  uses: readonly string[];
  /** Variables that are in sight after it. */
  declares: readonly string[];
  /** By how much its parentheses nest. */
  nesting: number;
  /** Where its last token starts. */
  last: number;
}

/** Heads by the text of their actions, right delimiter included. */
export type Heads = Map<string, Head>;

/** How many texts of actions are kept. */
const MAX_HEADS = 1 << 14;

/** What the parsers of one text share. */
interface Source {
  file: string;
  lexer: Lexer;
  /** Actions and parentheses that are open. */
  nesting: number;
  trees: TreeSet;
  hasFunction(name: string): boolean;
  heads: Heads;
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

/** The parser of one tree: the file or a definition inside it. */
class Parser {
  private readonly source: Source;
  private readonly lexer: Lexer;
  private readonly tree: Tree;
  private variables = ['$'];
  /** How many of the variables were in sight before the action, and those of them that it takes. */
  private visible = 1;
  private uses: string[] = [];
  /** The most that was open in the action. */
  private deepest = 0;
  private rangeDepth = 0;
  /** Where the delimiter stands that began the action being parsed, for errors in actions of several lines; -1 outside. */
  private action = -1;

  constructor(source: Source, name: string) {
    this.source = source;
    this.lexer = source.lexer;
    this.tree = { name, file: source.file, text: source.lexer.text } as Tree;
    this.tree.root = { type: 'list', pos: 0, nodes: [], actions: [] };
  }

  /** The whole text: like a list, with definitions in between. */
  file(): void {
    const { root } = this.tree;
    while (this.lexer.peek() !== 'eof') {
      const end = this.item(root, true);
      if (end) this.fail(`unexpected ${endText(end)}`);
    }
    this.add();
  }

  /** `{{define "name"}}` list `{{end}}`, the word define being past. */
  private definition(): void {
    const context = 'define clause';
    (this.tree as { name: string }).name = this.name(context);
    this.expect('rightDelim', context);
    this.body(context);
  }

  /** list `{{end}}` of a definition or block, which is then added. */
  private body(context: string, problemAt?: number): void {
    const [list, end] = this.itemList();
    this.tree.root = list;
    if (end.type !== 'end') this.fail(`unexpected ${endText(end)} in ${context}`, problemAt);
    this.add();
  }

  /** A name may be defined twice in one text only where one body is blank. */
  private add(): void {
    const { trees } = this.source;
    const { name, root } = this.tree;
    const old = trees.get(name);
    if (old === undefined || isEmptyTree(old.root)) trees.set(name, this.tree);
    else if (!isEmptyTree(root)) this.fail(`template: multiple definition of template ${quote(name)}`);
  }

  /** Text and actions up to `{{end}}` or `{{else}}`. */
  private itemList(): [ListNode, EndNode] {
    this.lexer.peek();
    const pos = this.lexer.start;
    const list: ListNode = { type: 'list', pos, nodes: [], actions: [] };
    while (this.lexer.peek() !== 'eof') {
      const end = this.item(list, false);
      if (end === undefined) continue;
      list.nodes = trimmed(list.nodes);
      list.actions = trimmed(list.actions);
      return [list, end];
    }
    return this.fail('unexpected EOF');
  }

  /** Adds the text or action that comes next, which was looked at, to the list; one that ends the list is answered. Definitions may stand only at the top. */
  private item({ nodes, actions }: ListNode, isTop: boolean): EndNode | undefined {
    const lexer = this.lexer;
    const type = lexer.take();
    const pos = lexer.start;
    if (type === 'text') {
      nodes.push(lexer.token());
      actions.push(pos);
      return undefined;
    }
    if (type !== 'leftDelim') return this.unexpected('input');
    this.action = pos;
    const { action } = lexer;
    const node = this.known() ?? this.actionBody(isTop);
    this.action = -1;
    if (node === undefined || isEnd(node)) return node;
    nodes.push(node);
    actions.push(action);
    return undefined;
  }

  /** An action whose text was parsed before, where that fits here. */
  private known(): StatementNode | EndNode | undefined {
    const text = this.lexer.actionText();
    const head = this.source.heads.get(text);
    if (head === undefined || this.source.nesting + head.nesting > MAX_NESTING) return undefined;
    const { uses, declares } = head;
    for (let i = 0; i < uses.length; i++) if (!this.variables.includes(uses[i]!)) return undefined;
    this.lexer.skipAction(text.length, head.last);
    const visible = this.variables.length;
    if (declares.length > 0) this.variables.push(...declares);
    return head.node ?? this.statement(head, visible);
  }

  /** A control word or a pipeline, the left delimiter being past. */
  private actionBody(isTop: boolean): StatementNode | EndNode | undefined {
    const type = this.lexer.peek();
    const pos = this.start();
    switch (type) {
      case 'define':
        if (!isTop) break;
        this.lexer.take();
        new Parser(this.source, 'definition').definition();
        return undefined;
      case 'block':
        this.lexer.take();
        return this.block();
      case 'break':
      case 'continue':
        this.lexer.take();
        return this.jump(type, pos);
      case 'template':
        this.lexer.take();
        return this.templateCall();
      case 'else':
        this.lexer.take();
        if (this.lexer.peek() === 'if' || this.lexer.peek() === 'with') return { type, pos: this.start() };
        return this.plain(type, pos);
      case 'end':
      case 'if':
      case 'with':
      case 'range':
        this.lexer.take();
        return this.plain(type, pos);
    }
    return this.plain(undefined, pos);
  }

  /** An action that is nothing but a word, a pipeline or both. */
  private plain(keyword: Head['keyword'], pos: number): StatementNode | EndNode {
    const { action } = this.lexer;
    const visible = this.variables.length;
    const head = this.head(keyword, pos);
    this.keep(head, action);
    return this.statement(head, visible);
  }

  /** The word being past. */
  private head(keyword: Head['keyword'], pos: number): Head {
    const { nesting } = this.source;
    const head: Head = { keyword, pos, uses: [], declares: [], nesting: 0, last: 0 };
    if (keyword === 'end' || keyword === 'else') {
      this.expect('rightDelim', keyword);
      return head;
    }
    this.visible = this.variables.length;
    this.uses = [];
    if (keyword !== undefined) this.nest(1);
    this.deepest = this.source.nesting;
    head.pipe = this.pipeline(keyword ?? 'command', 'rightDelim');
    this.source.nesting = nesting;
    head.nesting = this.deepest - nesting;
    head.uses = this.uses;
    head.declares = this.variables.slice(this.visible);
    head.pipe.isClosed = head.uses.length === 0 && head.declares.length === 0;
    return head;
  }

  private keep(head: Head, action: number): void {
    const { text, start, end } = this.lexer;
    const { heads } = this.source;
    head.last = start - action;
    if (heads.size < MAX_HEADS) heads.set(text.slice(action, end), head);
  }

  /** The statement that a head makes, with the lists that belong to it. */
  private statement(head: Head, visible: number): StatementNode | EndNode {
    const { keyword, pos, pipe } = head;
    if (keyword === undefined) return (head.node = { type: 'action', pos, pipe: pipe! });
    if (keyword === 'end' || keyword === 'else') return (head.node = { type: keyword, pos });
    return this.branch(keyword, pipe!, visible);
  }

  private jump(type: 'break' | 'continue', pos: number): StatementNode {
    this.expect('rightDelim', `{{${type}}}`);
    if (this.rangeDepth === 0) this.fail(`{{${type}}} outside {{range}}`);
    return { type, pos };
  }

  /** list [ `{{else}}` list ] `{{end}}`, the pipeline being past. */
  private branch(type: BranchNode['type'], pipe: PipeNode, visible: number): BranchNode {
    this.nest(1);
    if (type === 'range') this.rangeDepth++;
    const [list, next] = this.itemList();
    if (type === 'range') this.rangeDepth--;
    const node: BranchNode = { type, pos: pipe.pos, pipe, list };
    if (next.type === 'else') node.elseList = this.elseList(type, next);
    this.variables.length = visible;
    this.source.nesting--;
    return node;
  }

  /** `{{else if}}` is `{{else}}{{if}}` with one `{{end}}` for both. */
  private elseList(type: BranchNode['type'], otherwise: EndNode): ListNode {
    if (type !== 'range' && this.lexer.peek() === type) {
      const { action } = this.lexer;
      const visible = this.variables.length;
      this.lexer.take();
      const { pipe } = this.head(type, otherwise.pos);
      return { type: 'list', pos: otherwise.pos, nodes: [this.branch(type, pipe!, visible)], actions: [action] };
    }
    const [list, end] = this.itemList();
    if (end.type !== 'end') this.fail(`expected end; found ${endText(end)}`);
    return list;
  }

  /** `{{block "name" pipeline}}` list `{{end}}`: a definition and its call. */
  private block(): StatementNode {
    const context = 'block clause';
    this.lexer.peek();
    const pos = this.start();
    const name = this.name(context);
    const pipe = this.pipeline(context, 'rightDelim');
    this.nest(1);
    new Parser(this.source, name).body(context, this.lexer.newest);
    this.source.nesting--;
    return { type: 'template', pos, name, pipe };
  }

  /** `{{template "name" [pipeline]}}` */
  private templateCall(): StatementNode {
    const context = 'template clause';
    this.lexer.peek();
    const node: StatementNode = { type: 'template', pos: this.start(), name: this.name(context) };
    if (this.lexer.peek() === 'rightDelim') this.lexer.take();
    else node.pipe = this.pipeline(context, 'rightDelim');
    return node;
  }

  /** The name of a template, a string. */
  private name(context: string): string {
    const type = this.lexer.take();
    if (type !== 'string' && type !== 'rawString') this.unexpected(context);
    return this.unquoted();
  }

  private unquoted(): string {
    return unquote(this.lexer.token()) ?? this.fail('invalid syntax');
  }

  /** [ variables `:=` ] command { `|` command } */
  private pipeline(context: string, end: TokenType): PipeNode {
    const { lexer } = this;
    lexer.peek();
    const pos = this.start();
    const pipe: PipeNode = { type: 'pipe', pos, isClosed: false, isAssign: false, decl: NO_VARIABLES, cmds: [] };
    while (this.declaration(pipe, context));
    for (let type = lexer.peek(); type !== end; type = lexer.peek()) {
      if (!STARTS_OPERAND.has(type)) {
        lexer.take();
        this.unexpected(context);
      }
      pipe.cmds.push(this.command());
    }
    lexer.take();
    this.checkPipeline(pipe, context);
    pipe.cmds = trimmed(pipe.cmds);
    return pipe;
  }

  /** One variable with its `:=`, `=` or `,`; answers whether another must follow. */
  private declaration(pipe: PipeNode, context: string): boolean {
    const { lexer } = this;
    if (lexer.peek() !== 'variable') return false;
    const pos = this.start();
    const name = lexer.token();
    const sign = lexer.following();
    const declares = sign === ':=' || sign.startsWith('=');
    if (!declares && !sign.startsWith(',')) return false;
    if (declares) pipe.isAssign = sign !== ':=';
    lexer.take();
    lexer.take();
    pipe.decl = [...pipe.decl, { type: 'variable', pos, ident: [name] }];
    this.variables.push(name);
    return declares ? false : this.secondVariable(pipe, context);
  }

  private secondVariable(pipe: PipeNode, context: string): boolean {
    if (context !== 'range' || pipe.decl.length >= 2) this.fail(`too many declarations in ${context}`);
    const type = this.lexer.peek();
    if (type === 'variable' || type === 'rightDelim' || type === 'rightParen') return true;
    return this.fail('range can only initialize variables');
  }

  private checkPipeline(pipe: PipeNode, context: string): void {
    const { cmds } = pipe;
    if (cmds.length === 0) this.fail(`missing value for ${context}`);
    for (let i = 1; i < cmds.length; i++)
      if (LITERALS.has(cmds[i]!.args[0]!.type)) this.fail(`non executable command in pipeline stage ${i + 1}`);
  }

  /** operand { space operand }, with the pipe sign after it but without the delimiter. Its first token was looked at. */
  private command(): CommandNode {
    const { lexer } = this;
    const pos = this.start();
    const args = [this.operand()];
    let type = lexer.peek();
    for (; STARTS_OPERAND.has(type) && lexer.isAfterSpace(); type = lexer.peek()) args.push(this.operand());
    if (type === 'pipe') lexer.take();
    else if (type !== 'rightDelim' && type !== 'rightParen') {
      lexer.take();
      this.unexpected('operand');
    }
    return { type: 'command', pos, args: args.length > 1 ? trimmed(args) : args };
  }

  /** term { `.field` } */
  private operand(): OperandNode {
    const node = this.term();
    if (!this.fieldFollows()) return node;
    const pos = this.start();
    const field = this.names(this.lexer.start + 1);
    if (LITERALS.has(node.type)) this.fail(`unexpected . after term ${quote(nodeText(node))}`);
    return { type: 'chain', pos, node, field };
  }

  private fieldFollows(): boolean {
    return this.lexer.peek() === 'field' && !this.lexer.isAfterSpace();
  }

  /** The names from the one at `start` on, the first of which was taken: they stand together, with a dot between two. */
  private names(start: number): string[] {
    const { lexer } = this;
    while (this.fieldFollows()) lexer.take();
    return lexer.text.slice(start, lexer.before).split('.');
  }

  /** `.a.b` or `$x.a.b`, whose position is that of the second name, as Go has it. */
  private named(type: 'field' | 'variable', pos: number, start: number): OperandNode {
    const second = this.fieldFollows() ? this.start() : pos;
    return { type, pos: second, ident: this.names(start) };
  }

  /** What the next token, which was looked at, starts. */
  private term(): OperandNode {
    const { lexer } = this;
    const pos = this.start();
    const type = lexer.take();
    switch (type) {
      case 'identifier': {
        const ident = this.lexer.token();
        if (!this.source.hasFunction(ident)) this.fail(`function ${quote(ident)} not defined`);
        return { type, pos, ident };
      }
      case 'dot':
      case 'nil':
        return { type, pos };
      case 'variable': {
        const name = this.lexer.token();
        const at = this.variables.lastIndexOf(name);
        if (at < 0) this.fail(`undefined variable ${quote(name)}`);
        if (at > 0 && at < this.visible) this.uses.push(name);
        return this.named(type, pos, lexer.start);
      }
      case 'field':
        return this.named(type, pos, lexer.start + 1);
      case 'bool':
        return { type, pos, value: this.lexer.token() === 'true' };
      case 'string':
      case 'rawString':
        return { type: 'string', pos, quoted: this.lexer.token(), text: this.unquoted() };
      case 'leftParen':
        return this.parenthesized();
      default:
        return { type: 'number', pos, text: this.lexer.token(), constant: this.constant(type) };
    }
  }

  private constant(type: TokenType): Constant {
    const kind = type === 'charConstant' ? 'char' : type === 'complex' ? 'complex' : 'number';
    try {
      return parseNumber(this.lexer.token(), kind);
    } catch (error) {
      return this.fail((error as Error).message);
    }
  }

  private parenthesized(): PipeNode {
    this.nest(PARENTHESIS);
    const pipe = this.pipeline('parenthesized pipeline', 'rightParen');
    this.source.nesting -= PARENTHESIS;
    return pipe;
  }

  private nest(by: number): void {
    const nesting = (this.source.nesting += by);
    if (nesting > this.deepest) this.deepest = nesting;
    if (nesting > MAX_NESTING) this.fail('max expression depth exceeded');
  }

  /** Where the next token starts in its action. */
  private start(): number {
    return this.lexer.start - this.lexer.action;
  }

  private expect(type: TokenType, context: string): void {
    if (this.lexer.take() !== type) this.unexpected(context);
  }

  /** Complains about the token taken last. */
  private unexpected(context: string): never {
    const { type, error, start } = this.lexer;
    if (type === 'error') return this.fail(error + this.startedAt(start));
    return this.fail(`unexpected ${tokenText(type, this.lexer.token())} in ${context}`);
  }

  /** Where the action began that a faulty token stands in, if on another line. */
  private startedAt(pos: number): string {
    if (this.action < 0) return '';
    const line = this.lineOf(this.action);
    if (line === this.lineOf(pos)) return '';
    const words = this.lexer.error.endsWith(' action') ? '' : ' in action';
    return `${words} started at ${this.source.file}:${line}`;
  }

  private lineOf(pos: number): number {
    const { text } = this.lexer;
    let line = 1;
    for (let i = text.indexOf('\n'); i >= 0 && i < pos; i = text.indexOf('\n', i + 1)) line++;
    return line;
  }

  /** Fails at the line of the newest token. */
  private fail(message: string, at = this.lexer.newest): never {
    throw new ParseError(this.source.file, this.lineOf(at), message);
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
