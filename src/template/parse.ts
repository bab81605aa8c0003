/** Parses a template's text into trees: recursive descent, a method for each rule of the grammar. */
import { ParseError } from './error.ts';
import { isKeyword, Lexer, type Token, type TokenType } from './lex.ts';
import {
  type BranchNode,
  type ChainNode,
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
import { type NumberKind, parseNumber } from './number.ts';
import { quote, unquote } from './quote.ts';
import { byteLength } from './utf8.ts';

/** The trees of one text by name: the file's own and those of its `define` and `block` actions. */
export type TreeSet = Map<string, Tree>;

/** Parses `text` as the template `name`. `hasFunction` tells which identifiers may be called. Throws ParseError. */
export function parseTemplate(name: string, text: string, hasFunction: (name: string) => boolean): TreeSet {
  const trees: TreeSet = new Map();
  const lexer = new Lexer(text, { break: !hasFunction('break'), continue: !hasFunction('continue') });
  try {
    new Parser({ file: name, lexer, trees, hasFunction }, name).file();
  } catch (error) {
    if (error instanceof RangeError) throw new ParseError(name, 1, 'max expression depth exceeded');
    throw error;
  }
  return trees;
}

/** What the parsers of one text share. */
interface Source {
  file: string;
  lexer: Lexer;
  trees: TreeSet;
  hasFunction(name: string): boolean;
}

/** `{{end}}` and `{{else}}` end a list and stand in no tree. */
interface EndNode {
  type: 'end' | 'else';
  pos: number;
}

/** Open parentheses; Go's own limit. */
const MAX_PARENS = 10_000;

/** The parser of one tree: the file or a definition inside it. */
class Parser {
  readonly #source: Source;
  readonly #tree: Tree;
  /** The last three tokens read: up to three can be pushed back. */
  readonly #tokens: Token[] = [];
  #pushedBack = 0;
  #variables = ['$'];
  #rangeDepth = 0;
  #parens = 0;
  /** Where the action being parsed began, for errors in actions of several lines. */
  #action: Token | undefined;

  constructor(source: Source, name: string) {
    this.#source = source;
    const { file, lexer } = source;
    this.#tree = { name, file, text: lexer.text } as Tree;
    this.#tree.root = this.#newList(0);
  }

  /** The whole text: like a list, with definitions in between. */
  file(): void {
    const { root } = this.#tree;
    root.pos = this.#peek().pos;
    while (this.#peek().type !== 'eof') {
      if (this.#peek().type === 'leftDelim') {
        const delim = this.#next();
        if (this.#nextNonSpace().type === 'define') {
          new Parser(this.#source, 'definition').#definition();
          continue;
        }
        this.#backup2(delim);
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
    const name = this.#next1('string', 'rawString', context);
    (this.#tree as { name: string }).name = this.#unquoted(name);
    this.#expect('rightDelim', context);
    const [list, end] = this.#itemList();
    this.#tree.root = list;
    if (end.type !== 'end') this.#fail(`unexpected ${endText(end)} in ${context}`);
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
    const list = this.#newList(this.#peekNonSpace().pos);
    while (this.#peekNonSpace().type !== 'eof') {
      const node = this.#textOrAction();
      if (isEnd(node)) return [list, node];
      list.nodes.push(node);
    }
    return this.#fail('unexpected EOF');
  }

  #textOrAction(): StatementNode | EndNode {
    const token = this.#nextNonSpace();
    if (token.type === 'text') return { type: 'text', pos: token.pos, tree: this.#tree, text: token.val };
    if (token.type !== 'leftDelim') return this.#unexpected(token, 'input');
    this.#action = token;
    const node = this.#actionBody();
    this.#action = undefined;
    return node;
  }

  /** A control word or a pipeline, the left delimiter being past. */
  #actionBody(): StatementNode | EndNode {
    const token = this.#nextNonSpace();
    switch (token.type) {
      case 'block':
        return this.#block();
      case 'break':
      case 'continue':
        return this.#jump(token.type, token.pos);
      case 'else':
        return this.#else();
      case 'end':
        return { type: 'end', pos: this.#expect('rightDelim', 'end').pos };
      case 'if':
      case 'range':
      case 'with':
        return this.#branch(token.type);
      case 'template':
        return this.#templateCall();
    }
    this.#backup();
    const { pos } = this.#peek();
    return { type: 'action', pos, tree: this.#tree, pipe: this.#pipeline('command', 'rightDelim') };
  }

  #jump(type: 'break' | 'continue', pos: number): StatementNode {
    const token = this.#nextNonSpace();
    if (token.type !== 'rightDelim') this.#unexpected(token, `{{${type}}}`);
    if (this.#rangeDepth === 0) this.#fail(`{{${type}}} outside {{range}}`);
    return { type, pos, tree: this.#tree };
  }

  /** `{{else}}`; of `{{else if …}}` and `{{else with …}}` the second word is left for the branch. */
  #else(): EndNode {
    const token = this.#peekNonSpace();
    if (token.type === 'if' || token.type === 'with') return { type: 'else', pos: token.pos };
    return { type: 'else', pos: this.#expect('rightDelim', 'else').pos };
  }

  /** pipeline `}}` list [ `{{else}}` list ] `{{end}}` */
  #branch(type: BranchNode['type']): BranchNode {
    const visible = this.#variables.length;
    const pipe = this.#pipeline(type, 'rightDelim');
    if (type === 'range') this.#rangeDepth++;
    const [list, next] = this.#itemList();
    if (type === 'range') this.#rangeDepth--;
    const node: BranchNode = { type, pos: pipe.pos, tree: this.#tree, pipe, list };
    if (next.type === 'else') node.elseList = this.#elseList(type, next);
    this.#variables.length = visible;
    return node;
  }

  /** `{{else if}}` is `{{else}}{{if}}` with one `{{end}}` for both. */
  #elseList(type: BranchNode['type'], otherwise: EndNode): ListNode {
    if (type !== 'range' && this.#peek().type === type) {
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
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    const pipe = this.#pipeline(context, 'rightDelim');
    const block = new Parser(this.#source, name);
    const [list, end] = block.#itemList();
    block.#tree.root = list;
    if (end.type !== 'end') this.#fail(`unexpected ${endText(end)} in ${context}`);
    block.#add();
    return { type: 'template', pos: token.pos, tree: this.#tree, name, pipe };
  }

  /** `{{template "name" [pipeline]}}` */
  #templateCall(): StatementNode {
    const context = 'template clause';
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    const node: StatementNode = { type: 'template', pos: token.pos, tree: this.#tree, name };
    if (this.#nextNonSpace().type !== 'rightDelim') {
      this.#backup();
      node.pipe = this.#pipeline(context, 'rightDelim');
    }
    return node;
  }

  #templateName(token: Token, context: string): string {
    if (token.type !== 'string' && token.type !== 'rawString') this.#unexpected(token, context);
    return this.#unquoted(token);
  }

  #unquoted(token: Token): string {
    return unquote(token.val) ?? this.#fail('invalid syntax');
  }

  /** [ variables `:=` ] command { `|` command } */
  #pipeline(context: string, end: TokenType): PipeNode {
    const { pos } = this.#peekNonSpace();
    const pipe: PipeNode = { type: 'pipe', pos, tree: this.#tree, isAssign: false, decl: [], cmds: [] };
    while (this.#declaration(pipe, context));
    for (;;) {
      const token = this.#nextNonSpace();
      if (token.type === end) {
        this.#checkPipeline(pipe, context);
        return pipe;
      }
      if (!STARTS_OPERAND.has(token.type)) this.#unexpected(token, context);
      this.#backup();
      pipe.cmds.push(this.#command());
    }
  }

  /** One variable with its `:=`, `=` or `,`; answers whether another must follow. */
  #declaration(pipe: PipeNode, context: string): boolean {
    const variable = this.#peekNonSpace();
    if (variable.type !== 'variable') return false;
    this.#next();
    // A space is a token, so `$x foo` takes three tokens of looking ahead.
    const after = this.#peek();
    const next = this.#peekNonSpace();
    const declares = next.type === 'assign' || next.type === 'declare';
    if (declares || (next.type === 'char' && next.val === ',')) {
      if (declares) pipe.isAssign = next.type === 'assign';
      this.#nextNonSpace();
      pipe.decl.push(this.#newVariable(variable.pos, variable.val));
      this.#variables.push(variable.val);
      return declares ? false : this.#secondVariable(pipe, context);
    }
    if (after.type === 'space') this.#backup3(variable, after);
    else this.#backup2(variable);
    return false;
  }

  #secondVariable(pipe: PipeNode, context: string): boolean {
    if (context !== 'range' || pipe.decl.length >= 2) this.#fail(`too many declarations in ${context}`);
    const { type } = this.#peekNonSpace();
    if (type === 'variable' || type === 'rightDelim' || type === 'rightParen') return true;
    return this.#fail('range can only initialize variables');
  }

  #checkPipeline(pipe: PipeNode, context: string): void {
    if (pipe.cmds.length === 0) this.#fail(`missing value for ${context}`);
    pipe.cmds.forEach((command, i) => {
      const executable = !LITERALS.has(command.args[0]!.type);
      if (i > 0 && !executable) this.#fail(`non executable command in pipeline stage ${i + 1}`);
    });
  }

  /** operand { space operand }, with the pipe sign after it but without the delimiter. */
  #command(): CommandNode {
    const { pos } = this.#peekNonSpace();
    const command: CommandNode = { type: 'command', pos, tree: this.#tree, args: [] };
    for (;;) {
      this.#peekNonSpace();
      const operand = this.#operand();
      if (operand) command.args.push(operand);
      const token = this.#next();
      if (token.type === 'space') continue;
      if (token.type === 'rightDelim' || token.type === 'rightParen') this.#backup();
      else if (token.type !== 'pipe') this.#unexpected(token, 'operand');
      break;
    }
    if (command.args.length === 0) this.#fail('empty command');
    return command;
  }

  /** term { `.field` } */
  #operand(): OperandNode | undefined {
    const node = this.#term();
    if (!node || this.#peek().type !== 'field') return node;
    const { pos } = this.#peek();
    const field: string[] = [];
    while (this.#peek().type === 'field') field.push(this.#next().val.slice(1));
    if (node.type === 'field' || node.type === 'variable') return { ...node, pos, ident: [...node.ident, ...field] };
    if (LITERALS.has(node.type)) this.#fail(`unexpected . after term ${quote(nodeText(node))}`);
    const chain: ChainNode = { type: 'chain', pos, tree: this.#tree, node, field };
    return chain;
  }

  #term(): OperandNode | undefined {
    const token = this.#nextNonSpace();
    const { pos, val } = token;
    const tree = this.#tree;
    switch (token.type) {
      case 'identifier':
        if (!this.#source.hasFunction(val)) this.#fail(`function ${quote(val)} not defined`);
        return { type: 'identifier', pos, tree, ident: val };
      case 'dot':
      case 'nil':
        return { type: token.type, pos, tree };
      case 'variable':
        if (!this.#variables.includes(val)) this.#fail(`undefined variable ${quote(val)}`);
        return this.#newVariable(pos, val);
      case 'field':
        return { type: 'field', pos, tree, ident: [val.slice(1)] };
      case 'bool':
        return { type: 'bool', pos, tree, value: val === 'true' };
      case 'charConstant':
      case 'complex':
      case 'number':
        return { type: 'number', pos, tree, text: val, constant: this.#constant(token) };
      case 'leftParen':
        return this.#parenthesized();
      case 'string':
      case 'rawString':
        return { type: 'string', pos, tree, quoted: val, text: this.#unquoted(token) };
    }
    this.#backup();
    return undefined;
  }

  #constant(token: Token) {
    const kind: NumberKind = token.type === 'charConstant' ? 'char' : token.type === 'complex' ? 'complex' : 'number';
    try {
      return parseNumber(token.val, kind);
    } catch (error) {
      return this.#fail((error as Error).message);
    }
  }

  #parenthesized(): PipeNode {
    if (this.#parens >= MAX_PARENS) this.#fail('max expression depth exceeded');
    this.#parens++;
    const pipe = this.#pipeline('parenthesized pipeline', 'rightParen');
    this.#parens--;
    return pipe;
  }

  #newList(pos: number): ListNode {
    return { type: 'list', pos, tree: this.#tree, nodes: [] };
  }

  #newVariable(pos: number, name: string): VariableNode {
    return { type: 'variable', pos, tree: this.#tree, ident: [name] };
  }

  #next(): Token {
    if (this.#pushedBack > 0) this.#pushedBack--;
    else this.#tokens[0] = this.#source.lexer.next();
    return this.#tokens[this.#pushedBack]!;
  }

  #peek(): Token {
    if (this.#pushedBack > 0) return this.#tokens[this.#pushedBack - 1]!;
    this.#pushedBack = 1;
    this.#tokens[0] = this.#source.lexer.next();
    return this.#tokens[0];
  }

  #nextNonSpace(): Token {
    let token = this.#next();
    while (token.type === 'space') token = this.#next();
    return token;
  }

  #peekNonSpace(): Token {
    const token = this.#nextNonSpace();
    this.#backup();
    return token;
  }

  #backup(): void {
    this.#pushedBack++;
  }

  /** Pushes back `token` before the newest one. */
  #backup2(token: Token): void {
    this.#tokens[1] = token;
    this.#pushedBack = 2;
  }

  /** Pushes back `first` and `second` before the newest one. */
  #backup3(first: Token, second: Token): void {
    this.#tokens[1] = second;
    this.#tokens[2] = first;
    this.#pushedBack = 3;
  }

  #expect(type: TokenType, context: string): Token {
    const token = this.#nextNonSpace();
    return token.type === type ? token : this.#unexpected(token, context);
  }

  #next1(type: TokenType, other: TokenType, context: string): Token {
    const token = this.#nextNonSpace();
    return token.type === type || token.type === other ? token : this.#unexpected(token, context);
  }

  #unexpected(token: Token, context: string): never {
    if (token.type !== 'error') this.#fail(`unexpected ${tokenText(token)} in ${context}`);
    return this.#fail(token.val + this.#startedAt(token));
  }

  /** Where the action began that a faulty token stands in, if on another line. */
  #startedAt(token: Token): string {
    const { file, lexer } = this.#source;
    if (!this.#action) return '';
    const line = lexer.lineAt(this.#action.pos);
    if (line === lexer.lineAt(token.pos)) return '';
    const words = token.val.endsWith(' action') ? '' : ' in action';
    return `${words} started at ${file}:${line}`;
  }

  /** Fails at the line of the newest token. */
  #fail(message: string): never {
    const { file, lexer } = this.#source;
    throw new ParseError(file, lexer.lineAt(this.#tokens[0]!.pos), message);
  }
}

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

/** The token as errors show it: words in angle brackets, all else quoted and cut. */
function tokenText(token: Token): string {
  if (token.type === 'eof') return 'EOF';
  if (isKeyword(token.type)) return `<${token.val}>`;
  if (byteLength(token.val) <= 10) return quote(token.val);
  return `${quote([...token.val.slice(0, 20)].slice(0, 10).join(''))}...`;
}
