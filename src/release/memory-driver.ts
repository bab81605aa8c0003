/** Records that live as long as the process: for tests, and for HELM_DRIVER=memory. */
import { decodeRelease } from './decode.ts';
import { type ReleaseDriver, ReleaseExistsError, ReleaseNotFoundError } from './driver.ts';
import { encodeRelease } from './encode.ts';
import { matchesLabels, recordLabels, withoutSystemLabels } from './labels.ts';
import type { Release } from './release.ts';

export function memoryDriver(): ReleaseDriver {
  const records = new Map<string, { text: string; labels: Record<string, string>; release: Release }>();
  const put = (key: string, release: Release, stamp: 'createdAt' | 'modifiedAt') => {
    const text = encodeRelease(release);
    records.set(key, { text, labels: recordLabels(release, stamp, 0), release: decodeRelease(text) });
  };
  return {
    name: 'Memory',
    async get(key) {
      const record = records.get(key);
      if (!record) throw new ReleaseNotFoundError();
      return { ...decodeRelease(record.text), labels: withoutSystemLabels(record.labels) };
    },
    async query(labels) {
      return [...records.values()]
        .filter((record) => matchesLabels(record.labels, labels))
        .map(({ text, labels, release }) => {
          const decode = () => ({ ...decodeRelease(text), labels: { ...labels } });
          return {
            name: release.name,
            namespace: release.namespace,
            revision: release.revision,
            status: release.info.status,
            labels,
            decode,
            read: async () => decode(),
          };
        });
    },
    async create(key, release) {
      if (records.has(key)) throw new ReleaseExistsError();
      put(key, release, 'createdAt');
    },
    async update(key, release) {
      if (!records.has(key)) throw new ReleaseNotFoundError();
      put(key, release, 'modifiedAt');
    },
    async delete(key) {
      if (!records.delete(key)) throw new ReleaseNotFoundError();
    },
  };
}
