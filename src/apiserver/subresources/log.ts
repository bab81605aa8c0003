/** log: what a simulated container would have said. */
import type { ApiResponse, PodLogOptions } from '../../api/http.ts';
import type { KubeObject } from '../../api/object.ts';
import { badRequest } from '../../api/status.ts';
import type { Call } from '../call.ts';
import { text } from '../plain-text.ts';
import { isTrue } from '../request-info.ts';
import { existing } from '../verbs/read.ts';

export async function readLog(call: Call): Promise<ApiResponse> {
  const pod = existing(call);
  const container = containerOf(pod, call.request.query.get('container') ?? '');
  if (!pod['spec'].nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  const { namespace, name } = call.target;
  const log = await call.api.podLogs?.(namespace, name, container, logOptions(call));
  if (log === undefined) return text('');
  if (typeof log === 'string') return text(log);
  return { status: 200, headers: { 'content-type': 'text/plain' }, body: { type: 'stream', chunks: bytesOf(log) } };
}

async function* bytesOf(chunks: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}

function containerOf({ metadata, spec }: KubeObject, asked: string): string {
  const names = (list: { name: string }[] | undefined) => (list ?? []).map(({ name }) => name);
  const main = names(spec.containers);
  const every = [...main, ...names(spec.initContainers), ...names(spec.ephemeralContainers)];
  if (asked !== '') {
    if (!every.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`);
    return asked;
  }
  if (main.length === 1) return main[0]!;
  const byDefault = metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  if (byDefault !== undefined && every.includes(byDefault)) return byDefault;
  const init = names(spec.initContainers);
  const alternatives = init.length === 0 ? '' : ` or one of the init containers: [${init.join(' ')}]`;
  throw badRequest(
    `a container name must be specified for pod ${metadata.name}, choose one of: [${main.join(' ')}]${alternatives}`,
  );
}

function logOptions({ request: { query, signal } }: Call): PodLogOptions {
  const number = (key: string) => {
    const value = query.get(key);
    if (value === null || value === '') return undefined;
    if (!/^\d+$/.test(value)) throw badRequest(`${key}: must be a number, got ${JSON.stringify(value)}`);
    return Number(value);
  };
  return {
    follow: isTrue(query.get('follow')),
    previous: isTrue(query.get('previous')),
    timestamps: isTrue(query.get('timestamps')),
    tailLines: number('tailLines'),
    sinceSeconds: number('sinceSeconds'),
    sinceTime: query.get('sinceTime') ?? undefined,
    limitBytes: number('limitBytes'),
    signal,
  };
}
