/** What lint has to say about a chart. */

export type Severity = 'INFO' | 'WARNING' | 'ERROR';

export interface LintMessage {
  severity: Severity;
  /** The file that it is about, relative to the chart; for some rules the chart's directory, or nothing. */
  path: string;
  text: string;
}

/** `[WARNING] templates/: directory does not exist` */
export const printMessage = ({ severity, path, text }: LintMessage): string => `[${severity}] ${path}: ${text}`;

/** Takes a finding; answers whether there was none. */
export type Report = (severity: Severity, path: string, problem: string | undefined) => boolean;

/** The message of what `run` throws, undefined where it throws nothing. */
export function problemOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
