/** The policies' bindings and the webhooks in force: looked up once a change of them and not once a request. */
import type { KubeObject } from '../../api/object.ts';
import type { Api } from '../call.ts';
import type { MutatingWebhook, Webhook } from './webhook-match.ts';

export interface Hooks {
  mutatingBindings: KubeObject[];
  mutatingWebhooks: MutatingWebhook[];
  validatingBindings: KubeObject[];
  validatingWebhooks: Webhook[];
}

export const GROUP = 'admissionregistration.k8s.io';

type Parts = Pick<Api, 'objects' | 'types'>;

const known = new WeakMap<Parts['objects'], { hooks: Hooks | undefined }>();

export function hooksOf(api: Parts): Hooks {
  let held = known.get(api.objects);
  if (held === undefined) {
    const fresh: { hooks: Hooks | undefined } = { hooks: undefined };
    api.objects.observe(({ group }) => {
      if (group === GROUP) fresh.hooks = undefined;
    });
    known.set(api.objects, fresh);
    held = fresh;
  }
  return (held.hooks ??= readHooks(api));
}

function readHooks({ objects, types }: Parts): Hooks {
  const all = (resource: string) => objects.all(types.find(GROUP, 'v1', resource)!);
  const webhooksIn = (configuration: KubeObject): MutatingWebhook[] => configuration['webhooks'] ?? [];
  return {
    mutatingBindings: all('mutatingadmissionpolicybindings'),
    mutatingWebhooks: all('mutatingwebhookconfigurations').flatMap(webhooksIn),
    validatingBindings: all('validatingadmissionpolicybindings'),
    validatingWebhooks: all('validatingwebhookconfigurations').flatMap(webhooksIn),
  };
}
