/**
 * A slow or failing API, on demand: rules that hold up or refuse the requests of clients before the server sees them.
 * The plane's own controllers, scheduler and nodes are no such clients.
 *
 * | behave | value                     | what happens                                                       |
 * | ------ | ------------------------- | ------------------------------------------------------------------ |
 * | delay  | a duration                | the request waits so long                                          |
 * | status | 409, 429, 500, 503 or 504 | it is refused with this code, in Kubernetes' words                 |
 * | share  | `1%` to `100%`            | only so many of those that match: every fifth of them with `20%`   |
 * | times  | a count                   | only the first so many: the API recovers                           |
 *
 * A rule may have both a delay and a status. Where several rules match, the first that says something of either counts.
 */
import type { ApiHandler, ApiRequest, ApiResponse } from '../api/http.ts';
import { conflict, failure, type StatusError } from '../api/status.ts';
import { parseRequest, type ResourceRequest } from '../apiserver/request-info.ts';
import { type Clock, sleep } from '../clock.ts';
import { duration } from '../kubelet/behaviour.ts';
import { isLike } from '../kubelet/wildcard.ts';

/** Every field of `match` is optional, and may hold `*`; a rule without any matches every request. */
export interface RequestRule {
  match?: {
    /** get, list, watch, create, update, patch, delete, deletecollection; on other paths the method in lower case. */
    verb?: string;
    /** As RBAC names it, with its group where that matters: `pods`, `pods/status`, `deployments.apps`. */
    resource?: string;
    namespace?: string;
    name?: string;
    /** `helm*`, `kubectl/*` */
    userAgent?: string;
    user?: string;
  };
  behave: { delay?: string; status?: string | number; share?: string; times?: string | number };
}

/** A handler before `handler` that plays the rules, which must be valid. */
export function withFaults(handler: ApiHandler, rules: RequestRule[], clock: Clock): ApiHandler {
  if (rules.length === 0) return handler;
  const faults = rules.map(faultOf);
  return async (request) => {
    const target = parseRequest(request);
    let [delay, status]: [delay?: number, status?: number] = [];
    for (const fault of faults) {
      if (!matches(fault.rule, request, target) || !isHit(fault)) continue;
      delay ??= fault.delay;
      status ??= fault.status;
    }
    if (delay !== undefined) await sleep(clock, delay, request.signal);
    return status === undefined ? handler(request) : refuse(REFUSALS[status]!(target));
  };
}

/** What is wrong with the rules, a sentence each; empty when nothing is. */
export function validateRequestRules(rules: unknown): string[] {
  if (!Array.isArray(rules)) return ['scenario: requests must be a list'];
  return rules.flatMap((rule: RequestRule | null, i) => {
    const at = `scenario: requests[${i}]`;
    const { match = {}, behave } = rule ?? {};
    if (typeof behave !== 'object' || behave === null) return [`${at}: behave must be a map`];
    if (typeof match !== 'object' || match === null) return [`${at}: match must be a map`];
    const wrong = Object.entries(match).flatMap(([key, value]) =>
      !Object.hasOwn(MATCHERS, key)
        ? [`unknown match "${key}"`]
        : typeof value === 'string'
          ? []
          : [`${key} must be text`],
    );
    for (const [key, value] of Object.entries(behave)) {
      if (!Object.hasOwn(READERS, key)) wrong.push(`unknown behaviour "${key}"`);
      else if (READERS[key as Key].read(String(value)) === undefined)
        wrong.push(`${key} must be ${READERS[key as Key].expected}, not "${value}"`);
    }
    if (wrong.length === 0 && behave.delay === undefined && behave.status === undefined)
      wrong.push('behave must have a delay or a status');
    return wrong.map((why) => `${at}: ${why}`);
  });
}

interface Fault {
  rule: RequestRule;
  delay?: number | undefined;
  status?: number | undefined;
  share: number;
  times: number;
  /** Requests that matched, and those of them that were hit. */
  seen: number;
  hits: number;
}

function faultOf(rule: RequestRule): Fault {
  const read = (key: Key) => {
    const value = rule.behave[key];
    return value === undefined ? undefined : READERS[key].read(String(value));
  };
  return {
    rule,
    delay: read('delay'),
    status: read('status'),
    share: read('share') ?? 100,
    times: read('times') ?? Number.POSITIVE_INFINITY,
    seen: 0,
    hits: 0,
  };
}

/** Shares are dealt out evenly, not by chance: a test runs the same way each time. */
function isHit(fault: Fault): boolean {
  if (fault.hits >= fault.times) return false;
  const due = Math.floor((++fault.seen * fault.share) / 100);
  const hit = due > Math.floor(((fault.seen - 1) * fault.share) / 100);
  if (hit) fault.hits++;
  return hit;
}

type Key = 'delay' | 'status' | 'share' | 'times';

const whole = (text: string): number | undefined => (/^[0-9]{1,9}$/.test(text) ? Number(text) : undefined);

const READERS: Record<Key, { expected: string; read(text: string): number | undefined }> = {
  delay: { expected: 'a duration', read: duration },
  status: {
    expected: '409, 429, 500, 503 or 504',
    read: (text) => (Object.hasOwn(REFUSALS, text) ? Number(text) : undefined),
  },
  share: {
    expected: '"1%" to "100%"',
    read: (text) => {
      const share = text.endsWith('%') ? (whole(text.slice(0, -1)) ?? 0) : 0;
      return share >= 1 && share <= 100 ? share : undefined;
    },
  },
  times: { expected: 'a whole number', read: whole },
};

type Subject = (request: ApiRequest, target: ResourceRequest | undefined) => string[];

/** What each matcher is compared with: one of them must fit. */
const MATCHERS: Record<keyof NonNullable<RequestRule['match']>, Subject> = {
  verb: ({ method }, target) => [target?.verb ?? method.toLowerCase()],
  resource: (_, target) => (target ? namesOf(target) : []),
  namespace: (_, target) => (target ? [target.namespace] : []),
  name: (_, target) => (target ? [target.name] : []),
  userAgent: ({ headers }) => [headers['user-agent'] ?? ''],
  user: ({ user }) => [user?.name ?? ''],
};

function namesOf({ group, resource, subresource }: ResourceRequest): string[] {
  const rest = subresource === '' ? '' : `/${subresource}`;
  return [`${resource}${rest}`, `${resource}.${group}${rest}`];
}

const matches = ({ match = {} }: RequestRule, request: ApiRequest, target: ResourceRequest | undefined): boolean =>
  Object.entries(match).every(([key, pattern]) =>
    MATCHERS[key as keyof typeof MATCHERS](request, target).some((text) => isLike(pattern, text)),
  );

const UNNAMED = { group: '', version: '', resource: 'objects', name: '' };

const REFUSALS: Record<string, (target: ResourceRequest | undefined) => StatusError> = {
  409: (target = UNNAMED as ResourceRequest) =>
    conflict(
      target,
      target.name,
      'the object has been modified; please apply your changes to the latest version and try again',
    ),
  429: () => failure(429, 'TooManyRequests', 'Too many requests, please try again later.', { retryAfterSeconds: 1 }),
  500: () => failure(500, 'InternalError', 'Internal error occurred: the scenario asks for it'),
  503: () => failure(503, 'ServiceUnavailable', 'the server is currently unable to handle the request'),
  504: () => failure(504, 'Timeout', 'Timeout: request did not complete within the allotted timeout'),
};

function refuse({ status }: StatusError): ApiResponse {
  const seconds = status.details?.retryAfterSeconds;
  return {
    status: status.code,
    headers: { 'content-type': 'application/json', ...(seconds !== undefined && { 'retry-after': String(seconds) }) },
    body: { type: 'object', object: status },
  };
}
