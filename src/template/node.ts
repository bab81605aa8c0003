/**
 * The parse tree of a template. Nodes know where they stand and can print themselves as Go's do: error texts show both.
 */
import type { Evaluate } from './call.ts';
import type { Run } from './compile.ts';
import type { Constant } from './number.ts';
import { quote } from './quote.ts';

/** One named template: a file, or a `define` or `block` inside one. */
export interface Tree {
  readonly name: string;
  /** The file it was parsed from, which errors name. */
  readonly file: string;
  /** The whole text of that file, which positions count in. */
  readonly text: string;
  root: ListNode;
}

export type Node = ListNode | StatementNode | PipeNode | CommandNode | OperandNode;
export type StatementNode = ActionNode | BranchNode | TemplateNode | JumpNode;
export type OperandNode =
  | IdentifierNode
  | VariableNode
  | DotNode
  | NilNode
  | FieldNode
  | ChainNode
  | BoolNode
  | NumberNode
  | StringNode
  | PipeNode;

interface At {
  /** Where it stands in its action, in UTF-16 units; a list, in the whole text. */
  pos: number;
}

/** What stands in a list does not know where: actions of one text are one node. */
export interface ListNode extends At {
  type: 'list';
  /** Texts are plain strings. */
  nodes: (string | StatementNode)[];
  /** Where the action of each node starts in the whole text, behind its delimiter; for a text it means nothing. */
  actions: number[];
}
export interface ActionNode extends At {
  type: 'action';
  pipe: PipeNode;
  /** What it was compiled to, where that serves wherever it stands. */
  compiled?: Run;
}
export interface BranchNode extends At {
  type: 'if' | 'with' | 'range';
  pipe: PipeNode;
  list: ListNode;
  elseList?: ListNode;
}
export interface TemplateNode extends At {
  type: 'template';
  name: string;
  pipe?: PipeNode;
}
export interface JumpNode extends At {
  type: 'break' | 'continue';
}
export interface PipeNode extends At {
  type: 'pipe';
  /** Whether it means the same everywhere: it declares no variable and takes none but `$`. */
  isClosed: boolean;
  /** What it was compiled to, where that serves for all who share it. */
  compiled?: Evaluate;
  isAssign: boolean;
  decl: VariableNode[];
  cmds: CommandNode[];
}
export interface CommandNode extends At {
  type: 'command';
  args: OperandNode[];
}
/** The name of a function. */
export interface IdentifierNode extends At {
  type: 'identifier';
  ident: string;
}
/** `$x.a.b`: the first ident is `$x`. */
export interface VariableNode extends At {
  type: 'variable';
  ident: string[];
}
export interface DotNode extends At {
  type: 'dot';
}
export interface NilNode extends At {
  type: 'nil';
}
/** `.a.b` */
export interface FieldNode extends At {
  type: 'field';
  ident: string[];
}
/** `(…).a.b` */
export interface ChainNode extends At {
  type: 'chain';
  node: OperandNode;
  field: string[];
}
export interface BoolNode extends At {
  type: 'bool';
  value: boolean;
}
export interface NumberNode extends At {
  type: 'number';
  text: string;
  constant: Constant;
}
export interface StringNode extends At {
  type: 'string';
  /** As it was written, with its quotes. */
  quoted: string;
  text: string;
}

/** The node as Go prints it, which is not always as it was written. */
export function nodeText(node: Node): string {
  switch (node.type) {
    case 'list':
      return node.nodes.map((item) => (typeof item === 'string' ? item : nodeText(item))).join('');
    case 'action':
      return `{{${nodeText(node.pipe)}}}`;
    case 'if':
    case 'with':
    case 'range':
      return branchText(node);
    case 'template':
      return `{{template ${quote(node.name)}${node.pipe ? ` ${nodeText(node.pipe)}` : ''}}}`;
    case 'break':
    case 'continue':
      return `{{${node.type}}}`;
    case 'pipe':
      return pipeText(node);
    case 'command':
      return node.args.map(operandText).join(' ');
    case 'identifier':
      return node.ident;
    case 'variable':
      return node.ident.join('.');
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'field':
      return `.${node.ident.join('.')}`;
    case 'chain':
      return `${operandText(node.node)}.${node.field.join('.')}`;
    case 'bool':
      return String(node.value);
    case 'number':
      return node.text;
    case 'string':
      return node.quoted;
  }
}

function branchText(node: BranchNode): string {
  const otherwise = node.elseList ? `{{else}}${nodeText(node.elseList)}` : '';
  return `{{${node.type} ${nodeText(node.pipe)}}}${nodeText(node.list)}${otherwise}{{end}}`;
}

function pipeText(node: PipeNode): string {
  const names = node.decl.map(nodeText).join(', ');
  const declaration = names === '' ? '' : `${names} ${node.isAssign ? '=' : ':='} `;
  return declaration + node.cmds.map(nodeText).join(' | ');
}

const operandText = (node: OperandNode): string => (node.type === 'pipe' ? `(${nodeText(node)})` : nodeText(node));

/** Whether nothing but white space stands in the tree: such a template does not replace another of its name. */
export const isEmptyTree = (list: ListNode): boolean =>
  list.nodes.every((node) => typeof node === 'string' && node.trim() === '');
