/** The reviews: questions about who one is and what one may do, answered and not stored. */
import type { ApiResponse, UserInfo } from '../../api/http.ts';
import type { KubeObject } from '../../api/object.ts';
import { badRequest } from '../../api/status.ts';
import { checkObjectAccepted } from '../accept.ts';
import type { Call } from '../call.ts';
import { incomingObject } from '../incoming.ts';
import { answer } from '../representation.ts';
import { type Attributes, authorize, type PolicyRule, rulesFor } from './rbac.ts';

type Review = (call: Call, review: KubeObject) => unknown;

const REVIEWS: Record<string, Review> = {
  selfsubjectreviews: ({ user }) => ({ userInfo: userInfo(user) }),
  tokenreviews: reviewToken,
  selfsubjectaccessreviews: (call, { spec }) => reviewAccess(call, call.user, spec),
  subjectaccessreviews: (call, { spec }) => reviewAccess(call, subjectOf(spec), spec),
  localsubjectaccessreviews: (call, { spec }) => {
    if (spec.resourceAttributes?.namespace !== call.target.namespace)
      throw badRequest('spec.resourceAttributes.namespace must match namespace');
    return reviewAccess(call, subjectOf(spec), spec);
  },
  selfsubjectrulesreviews: reviewRules,
};

export function createReview(call: Call): ApiResponse {
  checkObjectAccepted(call.request.headers['accept'] ?? '');
  const review = incomingObject(call);
  const status = REVIEWS[call.type.resource]!(call, review);
  return answer(call, 201, { ...review, metadata: { ...review.metadata, creationTimestamp: null }, status });
}

const userInfo = ({ name, uid, groups, extra }: UserInfo) => ({
  username: name,
  ...(uid !== undefined && { uid }),
  groups,
  ...(extra !== undefined && { extra }),
});

function reviewToken({ api }: Call, { spec }: KubeObject) {
  const found = api.tokens.authenticate(spec?.token ?? '', spec?.audiences);
  if (found === undefined) return { authenticated: false, user: {}, error: 'invalid bearer token' };
  return { authenticated: true, user: userInfo(found.user), audiences: found.audiences };
}

interface AccessSpec {
  user?: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
  resourceAttributes?: Partial<Attributes>;
  nonResourceAttributes?: { path?: string; verb?: string };
}

const subjectOf = ({ user = '', groups = [], uid, extra }: AccessSpec): UserInfo => ({
  name: user,
  groups,
  ...(uid !== undefined && { uid }),
  ...(extra !== undefined && { extra }),
});

function reviewAccess({ api }: Call, user: UserInfo, spec: AccessSpec) {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  if ((resource === undefined) === (path === undefined))
    throw badRequest('exactly one of nonResourceAttributes or resourceAttributes must be specified');
  const none = { verb: '', group: '', resource: '', subresource: '', namespace: '', name: '' };
  const attributes = path === undefined ? { ...none, ...resource } : { ...none, path: '', ...path };
  const { allowed, reason } = authorize(api, user, attributes);
  return { allowed, ...(reason !== '' && { reason }) };
}

/** Rules as the review shows them: those of resources apart from those of paths. */
function reviewRules({ api, user }: Call, { spec }: KubeObject) {
  const namespace = spec?.namespace;
  if (!namespace) throw badRequest('no namespace on request');
  const rules = rulesFor(api, user, namespace);
  const isOfPaths = ({ nonResourceURLs = [] }: PolicyRule) => nonResourceURLs.length > 0;
  return {
    resourceRules: rules.filter((rule) => !isOfPaths(rule)),
    nonResourceRules: rules.filter(isOfPaths).map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
  };
}
