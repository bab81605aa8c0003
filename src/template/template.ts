/** Placeholder published first. */
import type { GoFunction, Value } from './value.ts';

export interface TemplatesOptions {
  functions: Record<string, GoFunction>;
  /** Name of the set, in "no template … associated with template …". */
  name?: string;
  missingKey?: 'default' | 'zero' | 'error';
  limits?: Limits;
}
export interface Limits {
  maxSteps?: number;
  maxOutput?: number;
}
export interface ExecuteOptions {
  functions?: Record<string, GoFunction>;
}
/** One parsed template. */
export interface Template {
  readonly name: string;
}
export declare class Templates {
  constructor(options: TemplatesOptions);
  parse(name: string, text: string): Template;
  clone(functions?: Record<string, GoFunction>): Templates;
  has(name: string): boolean;
  names(): string[];
  execute(template: string | Template, data: Value, options?: ExecuteOptions): string;
}
