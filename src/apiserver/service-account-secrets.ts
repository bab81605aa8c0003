/** Secrets of type kubernetes.io/service-account-token: the long-lived tokens that older charts still ask for. */
import { ISSUER } from './authentication/tokens.ts';
import type { Call, Draft } from './call.ts';

const TYPE = 'kubernetes.io/service-account-token';
const NAME = 'kubernetes.io/service-account.name';
const UID = 'kubernetes.io/service-account.uid';
const TEN_YEARS = 10 * 365 * 24 * 3600;

/** Fills in the token of the account that the secret names; without that account it stays as it is. */
export function fillAccountToken(secret: Draft, { api, target }: Call): void {
  if (secret['type'] !== TYPE) return;
  const name = secret.metadata.annotations?.[NAME] ?? '';
  const account = api.objects.get(api.types.find('', 'v1', 'serviceaccounts')!, target.namespace, name);
  if (account === undefined) return;
  const now = Math.floor(api.clock.now() / 1000);
  const token = api.tokens.issue({
    aud: [ISSUER],
    iat: now,
    nbf: now,
    exp: now + TEN_YEARS,
    'kubernetes.io': {
      namespace: target.namespace,
      serviceaccount: { name, uid: account.metadata.uid! },
      secret: { name: secret.metadata.name, uid: secret.metadata.uid! },
    },
  });
  const authority = api.authority === undefined ? {} : { 'ca.crt': base64(api.authority) };
  secret.metadata.annotations = { ...secret.metadata.annotations, [UID]: account.metadata.uid! };
  secret['data'] = { ...authority, namespace: base64(target.namespace), token: base64(token), ...secret['data'] };
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
