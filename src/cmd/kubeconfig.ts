/** What the kubeconfig says that a command goes by. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Kubeconfig } from '../client/kubeconfig.ts';
import type { CommandContext } from './command.ts';

type KubeconfigContext = Pick<CommandContext, 'settings' | 'environment'>;

/** The namespace to work in, without a cluster: as asked for, else that of the kubeconfig's context. */
export async function namespaceOf(context: KubeconfigContext): Promise<string> {
  const { settings } = context;
  if (settings.namespace !== '') return settings.namespace;
  const config = await kubeconfigOf(context).catch(() => undefined);
  return config?.contexts.get(settings.kubeContext || config.currentContext)?.namespace || 'default';
}

/** The kubeconfig, where one says which cluster to use. */
export async function kubeconfigOf({ settings, environment }: KubeconfigContext): Promise<Kubeconfig | undefined> {
  const variable = settings.kubeconfig || environment.variables.KUBECONFIG;
  const fallback = join(environment.home, '.kube', 'config');
  const isAsked = settings.kubeContext !== '' || settings.kubeApiServer !== '';
  if (!variable && !isAsked && isMissing(fallback)) return undefined;
  const { loadKubeconfig } = await import('../client/kubeconfig.ts');
  const explicit = settings.kubeconfig.includes(':') ? '' : settings.kubeconfig;
  const config = loadKubeconfig({
    ...(explicit !== '' && explicit !== environment.variables.KUBECONFIG && { explicit }),
    variable,
    fallback,
    readFile: (path) => readFileSync(path, 'utf8'),
  });
  return isAsked || config.currentContext !== '' ? config : undefined;
}

/** A file that cannot be looked at is there: reading it tells why. */
function isMissing(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}
