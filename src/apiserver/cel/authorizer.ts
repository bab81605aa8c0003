/** What expressions ask of the server's authorizer: `authorizer.group('apps').resource('deployments').check('create').allowed()`. */
import type { Environment } from '@marcbachmann/cel-js';
import type { Attributes, Decision as Verdict } from '../authorization/rbac.ts';
import { type Functions, register } from './signatures.ts';

/** `user` is another than the one who asks: a service account. */
export type Ask = (question: Attributes, user?: { namespace: string; name: string }) => Verdict;

class PathCheck {
  readonly ask: (verb: string) => Verdict;
  constructor(ask: (verb: string) => Verdict) {
    this.ask = ask;
  }
}

class ResourceCheck {
  readonly ask: Ask;
  readonly question: Attributes;
  constructor(ask: Ask, question: Attributes) {
    this.ask = ask;
    this.question = question;
  }
  with(part: Partial<Attributes>): ResourceCheck {
    return new ResourceCheck(this.ask, { ...this.question, ...part });
  }
}

class GroupCheck {
  readonly ask: Ask;
  readonly group: string;
  constructor(ask: Ask, group: string) {
    this.ask = ask;
    this.group = group;
  }
}

class Decision {
  readonly verdict: Verdict;
  constructor(verdict: Verdict) {
    this.verdict = verdict;
  }
}

export class Authorizer {
  readonly ask: Ask;
  readonly requestResource: ResourceCheck;
  constructor(ask: Ask, request: Attributes) {
    this.ask = ask;
    this.requestResource = new ResourceCheck(ask, request);
  }
}

const NOTHING: Attributes = { verb: '', group: '', resource: '', subresource: '', namespace: '', name: '' };

const [AUTHORIZER, PATH, GROUP, RESOURCE, DECISION] = [
  'kubernetes.authorization.Authorizer',
  'kubernetes.authorization.PathCheck',
  'kubernetes.authorization.GroupCheck',
  'kubernetes.authorization.ResourceCheck',
  'kubernetes.authorization.Decision',
];

const FUNCTIONS: Functions = {
  [`${AUTHORIZER}.path(string): ${PATH}`]: ({ ask }: Authorizer, path: string) =>
    new PathCheck((verb) => ask({ ...NOTHING, path, verb })),
  [`${AUTHORIZER}.serviceAccount(string, string): ${AUTHORIZER}`]: (
    { ask, requestResource }: Authorizer,
    namespace: string,
    name: string,
  ) => new Authorizer((question) => ask(question, { namespace, name }), requestResource.question),
  [`${AUTHORIZER}.group(string): ${GROUP}`]: ({ ask }: Authorizer, group: string) => new GroupCheck(ask, group),
  [`${GROUP}.resource(string): ${RESOURCE}`]: ({ ask, group }: GroupCheck, resource: string) =>
    new ResourceCheck(ask, { ...NOTHING, group, resource }),
  [`${RESOURCE}.subresource(string): ${RESOURCE}`]: (check: ResourceCheck, subresource: string) =>
    check.with({ subresource }),
  [`${RESOURCE}.namespace(string): ${RESOURCE}`]: (check: ResourceCheck, namespace: string) =>
    check.with({ namespace }),
  [`${RESOURCE}.name(string): ${RESOURCE}`]: (check: ResourceCheck, name: string) => check.with({ name }),
  // RBAC knows no selectors.
  [`${RESOURCE}.fieldSelector(string): ${RESOURCE}`]: (check: ResourceCheck) => check,
  [`${RESOURCE}.labelSelector(string): ${RESOURCE}`]: (check: ResourceCheck) => check,
  [`${RESOURCE}.check(string): ${DECISION}`]: ({ ask, question }: ResourceCheck, verb: string) =>
    new Decision(ask({ ...question, verb })),
  [`${PATH}.check(string): ${DECISION}`]: ({ ask }: PathCheck, verb: string) => new Decision(ask(verb)),
  [`${DECISION}.allowed(): bool`]: ({ verdict }: Decision) => verdict.allowed,
  [`${DECISION}.denied(): bool`]: () => false, // RBAC only allows, or has no opinion
  [`${DECISION}.reason(): string`]: ({ verdict }: Decision) => verdict.reason,
  [`${DECISION}.errored(): bool`]: () => false,
  [`${DECISION}.error(): string`]: () => '',
};

export function registerAuthorizer(environment: Environment): void {
  environment.registerType(RESOURCE, { ctor: ResourceCheck });
  environment.registerType(AUTHORIZER, { ctor: Authorizer, fields: { requestResource: RESOURCE } });
  environment.registerType(PATH, { ctor: PathCheck });
  environment.registerType(GROUP, { ctor: GroupCheck });
  environment.registerType(DECISION, { ctor: Decision });
  register(environment, FUNCTIONS);
}
