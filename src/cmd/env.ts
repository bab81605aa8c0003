/** `env`: the settings that commands work with. */
import { dataFolder } from '../cluster/folders.ts';
import { type Command, type CommandContext, maximumArgs } from './command.ts';
import { namespaceOf } from './kubeconfig.ts';
import { cachePath, configPath, dataPath } from './settings.ts';

export const command: Command = {
  use: 'env',
  long: 'Print the settings in effect, as environment variables; with an argument, the value of that one.',
  args: maximumArgs(1),
  flags: [],
  async run(context) {
    const { args, stdout } = context;
    const variables = settingVariables(context, await namespaceOf(context));
    if (args.length > 0) stdout.write(`${variables[args[0]!] ?? ''}\n`);
    else for (const name of Object.keys(variables).sort()) stdout.write(`${name}="${variables[name]}"\n`);
    return undefined;
  },
  complete: async (context) => Object.keys(settingVariables(context, '')).sort(),
};

/** All of them, as plugins are told them too. */
export function settingVariables({ settings, environment }: CommandContext, namespace: string): Record<string, string> {
  return {
    HELM_BIN: environment.program,
    HELM_CACHE_HOME: cachePath(environment),
    HELM_CONFIG_HOME: configPath(environment),
    HELM_DATA_HOME: dataPath(environment),
    HELM_DEBUG: String(settings.debug),
    HELM_PLUGINS: settings.plugins,
    HELM_REGISTRY_CONFIG: settings.registryConfig,
    HELM_REPOSITORY_CACHE: settings.repositoryCache,
    HELM_CONTENT_CACHE: settings.contentCache,
    HELM_REPOSITORY_CONFIG: settings.repositoryConfig,
    HELM_NAMESPACE: namespace,
    HELM_MAX_HISTORY: String(settings.maxHistory),
    HELM_BURST_LIMIT: String(settings.burstLimit),
    HELM_QPS: settings.qps.toFixed(2),
    HELM_KUBECONTEXT: settings.kubeContext,
    HELM_KUBETOKEN: settings.kubeToken,
    HELM_KUBEASUSER: settings.kubeAsUser,
    HELM_KUBEASGROUPS: settings.kubeAsGroups.join(','),
    HELM_KUBEAPISERVER: settings.kubeApiServer,
    HELM_KUBECAFILE: settings.kubeCaFile,
    HELM_KUBEINSECURE_SKIP_TLS_VERIFY: String(settings.kubeInsecureSkipTlsVerify),
    HELM_KUBETLS_SERVER_NAME: settings.kubeTlsServerName,
    ...(settings.kubeconfig !== '' && { KUBECONFIG: settings.kubeconfig }),
    PORTOLAN_HOME: dataFolder(environment.variables, environment.home),
  };
}
