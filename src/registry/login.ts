/** `registry login` and `logout`: credentials that a registry has accepted are kept. */
import { connectRegistry, type RegistryOptions } from './client.ts';
import { type Credential, removeCredential, saveCredential } from './credentials.ts';
import { REGISTRY } from './reference.ts';

/** Asks the registry first; `file` is where the credentials go. Throws Helm's words. */
export async function logIn(
  registry: string,
  credential: Credential,
  file: string,
  options: Omit<RegistryOptions, 'credentialFiles'>,
): Promise<void> {
  if (!REGISTRY.test(registry)) throw new Error(`invalid reference: invalid registry ${JSON.stringify(registry)}`);
  const client = connectRegistry(registry, { ...options, ...credential, credentialFiles: [] });
  try {
    await client.send({ path: '/v2/', scope: '', accept: [200] });
  } catch (cause) {
    throw new Error(`authenticating to ${JSON.stringify(registry)}: ${(cause as Error).message}`, { cause });
  }
  saveCredential(file, registry, credential);
}

export const logOut = (registry: string, file: string): void => removeCredential(file, registry);
