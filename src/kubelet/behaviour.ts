/**
 * Failure on demand: how a simulated container behaves, told by its pod's annotations, by the rules of a scenario, or
 * by its image's tag. What is told first in this order counts, field by field.
 *
 * | annotation              | value                                   | what happens                                   |
 * | ----------------------- | --------------------------------------- | ---------------------------------------------- |
 * | portolan.dev/pull       | `missing`, `denied`, or a duration      | ErrImagePull and ImagePullBackOff, or slow     |
 * | portolan.dev/run        | a duration                              | the container ends by itself after that time   |
 * | portolan.dev/exit       | 0 to 255                                | … with this code                               |
 * | portolan.dev/crashes    | a count                                 | … so often, and runs well from then on         |
 * | portolan.dev/oom        | `true`                                  | … killed for its memory: OOMKilled, code 137   |
 * | portolan.dev/ready      | `never`, `flapping`, or a duration      | never ready, on and off, or ready after it     |
 * | portolan.dev/live       | `failing`                               | its liveness probe fails: restarted for ever   |
 * | portolan.dev/stop       | a duration                              | how long it takes to end when asked to         |
 * | portolan.dev/log        | text                                    | what it logs when it starts                    |
 *
 * A key may name one container: `portolan.dev/exit.web`. Durations are `300ms`, `5s`, `1m30s`, `2h`. A tag that is one
 * of the words below, or ends in `-` and one (`1.4-crash`), asks for the behaviour beside it:
 *
 *   broken, missing, doesnotexist   cannot be pulled         crash, fail    exits with code 1
 *   oom                             killed for its memory    notready       never becomes ready
 *   flapping                        ready on and off         hang           ignores the request to stop
 */
import type { KubeObject } from '../api/object.ts';
import { imageTag } from './images.ts';
import { isLike } from './wildcard.ts';

export interface Behaviour {
  pull?: 'missing' | 'denied' | number;
  runMs?: number;
  exitCode?: number;
  crashes?: number;
  oom?: boolean;
  ready?: 'never' | 'flapping' | number;
  live?: 'failing';
  stopMs?: number;
  log?: string;
}

export interface ContainerSubject {
  pod: KubeObject;
  container: string;
  image: string;
}

/** Every field is optional; a rule without any matches everything. Names may hold `*`. */
export interface ScenarioRule {
  match?: {
    /** The kind and name of the pod's controller, or of the pod itself. */
    kind?: string;
    name?: string;
    namespace?: string;
    container?: string;
    image?: string;
    labels?: Record<string, string>;
  };
  /** Keys as in the table above, without `portolan.dev/`. */
  behave: Record<string, string>;
}

const PREFIX = 'portolan.dev/';

const TAGS: Record<string, Behaviour> = {
  broken: { pull: 'missing' },
  missing: { pull: 'missing' },
  doesnotexist: { pull: 'missing' },
  crash: { exitCode: 1 },
  fail: { exitCode: 1 },
  oom: { oom: true },
  notready: { ready: 'never' },
  flapping: { ready: 'flapping' },
  hang: { stopMs: Number.POSITIVE_INFINITY },
};

type Reader = (value: string) => Behaviour | string;

/** One reader a key: the behaviour, or what the value should have been. */
const KEYS: Record<string, Reader> = {
  pull: (value) => {
    if (value === 'missing' || value === 'denied') return { pull: value };
    const pull = duration(value);
    return pull === undefined ? '"missing", "denied" or a duration' : { pull };
  },
  run: (value) => timed(value, (runMs) => ({ runMs })),
  exit: (value) => whole(value, 255, (exitCode) => ({ exitCode })),
  crashes: (value) => whole(value, 1_000_000, (crashes) => ({ crashes })),
  oom: (value) => (value === 'true' ? { oom: true } : value === 'false' ? { oom: false } : '"true" or "false"'),
  ready: (value) => {
    if (value === 'never' || value === 'flapping') return { ready: value };
    const ready = duration(value);
    return ready === undefined ? '"never", "flapping" or a duration' : { ready };
  },
  live: (value) => (value === 'failing' ? { live: value } : '"failing"'),
  stop: (value) => timed(value, (stopMs) => ({ stopMs })),
  log: (log) => ({ log }),
};

/** How the container behaves; `wrong` tells of annotations that say nothing the table knows. */
export function behaviourOf(
  subject: ContainerSubject,
  rules: ScenarioRule[] = [],
): { behaviour: Behaviour; wrong: string[] } {
  const annotations: Record<string, string> = {};
  for (const [key, value] of Object.entries(subject.pod.metadata.annotations ?? {}))
    if (key.startsWith(PREFIX)) annotations[key.slice(PREFIX.length)] = value;
  const told = read(annotations, subject.container);
  const layers = [told.behaviour];
  for (const rule of rules) if (matches(rule, subject)) layers.push(read(rule.behave, subject.container).behaviour);
  layers.push(ofTag(subject.image));
  return { behaviour: Object.assign({}, ...layers.reverse()), wrong: told.wrong };
}

/** What is wrong with a scenario's rules, a sentence each; empty when nothing is. */
export function validateRules(rules: unknown): string[] {
  if (!Array.isArray(rules)) return ['scenario: rules must be a list'];
  return rules.flatMap((rule: ScenarioRule, i) => {
    const at = `scenario: rules[${i}]`;
    if (typeof rule?.behave !== 'object' || rule.behave === null) return [`${at}: behave must be a map`];
    return [
      ...matchProblems(rule.match ?? {}).map((why) => `${at}: ${why}`),
      ...read(rule.behave, undefined).wrong.map((why) => `${at}: ${why}`),
    ];
  });
}

/** Keys for one container beat keys for all. */
function read(
  entries: Record<string, string>,
  container: string | undefined,
): { behaviour: Behaviour; wrong: string[] } {
  const [all, own, wrong]: [Behaviour, Behaviour, string[]] = [{}, {}, []];
  for (const [key, value] of Object.entries(entries)) {
    const dot = key.indexOf('.');
    const [word, name] = dot < 0 ? [key, undefined] : [key.slice(0, dot), key.slice(dot + 1)];
    if (!Object.hasOwn(KEYS, word)) {
      wrong.push(`unknown behaviour "${key}"`);
      continue;
    }
    const found = KEYS[word]!(String(value));
    if (typeof found === 'string') wrong.push(`${key} must be ${found}, not "${value}"`);
    else if (name === undefined) Object.assign(all, found);
    else if (name === container) Object.assign(own, found);
  }
  return { behaviour: { ...all, ...own }, wrong };
}

function matchProblems(match: object): string[] {
  return Object.entries(match).flatMap(([key, value]) => {
    if (!MATCHERS.has(key)) return [`unknown match "${key}"`];
    if (key === 'labels') return typeof value === 'object' && value !== null ? [] : ['labels must be a map'];
    return typeof value === 'string' ? [] : [`${key} must be text`];
  });
}

const MATCHERS = new Set(['kind', 'name', 'namespace', 'container', 'image', 'labels']);

function matches({ match = {} }: ScenarioRule, { pod, container, image }: ContainerSubject): boolean {
  const { metadata } = pod;
  const owner = metadata.ownerReferences?.find((reference) => reference.controller);
  // A deployment's pods belong to its replica sets: the name without the hash is the deployment's.
  const names: [kind: string, name: string][] = [['Pod', metadata.name]];
  if (owner) names.push([owner.kind, owner.name]);
  if (owner?.kind === 'ReplicaSet') names.push(['Deployment', owner.name.replace(/-[^-]+$/, '')]);
  return (
    names.some(
      ([kind, name]) =>
        (match.kind === undefined || match.kind === kind) && (match.name === undefined || isLike(match.name, name)),
    ) &&
    (match.namespace === undefined || isLike(match.namespace, metadata.namespace ?? '')) &&
    (match.container === undefined || isLike(match.container, container)) &&
    (match.image === undefined || isLike(match.image, image)) &&
    Object.entries(match.labels ?? {}).every(([key, value]) => metadata.labels?.[key] === value)
  );
}

function ofTag(image: string): Behaviour {
  const word = imageTag(image).split('-').at(-1) ?? '';
  return Object.hasOwn(TAGS, word) ? TAGS[word]! : {};
}

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration as Go writes it; undefined when it is none. */
export function duration(text: string): number | undefined {
  if (text === '0') return 0;
  if (text.length > 64 || !/^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, number, , unit] of text.matchAll(/([0-9]+(\.[0-9]+)?)(ms|s|m|h)/g))
    total += Number(number) * UNITS[unit!]!;
  return total;
}

function timed(value: string, behaviour: (ms: number) => Behaviour): Behaviour | string {
  const ms = duration(value);
  return ms === undefined ? 'a duration' : behaviour(ms);
}

function whole(value: string, most: number, behaviour: (count: number) => Behaviour): Behaviour | string {
  const count = Number(value);
  return /^[0-9]+$/.test(value) && count <= most ? behaviour(count) : `a whole number up to ${most}`;
}
