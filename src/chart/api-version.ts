/** Which versions of Chart.yaml are charts for Helm. */
import { decodeUtf8 } from '../template/utf8.ts';
import { parseChartVersion } from './metadata.ts';

/** Throws Helm's words for a Chart.yaml that is none, or of a version that is not known. */
export function checkApiVersion(chartYaml: Uint8Array): void {
  let version: string;
  try {
    version = parseChartVersion(decodeUtf8(chartYaml));
  } catch (error) {
    throw new Error(`cannot load Chart.yaml: ${(error as Error).message}`, { cause: error });
  }
  if (version === 'v3') throw new Error('invalid chart apiVersion');
  if (!['', 'v1', 'v2'].includes(version)) throw new Error('unsupported chart version');
}

/** The same of an archive's files. */
export function checkFilesVersion(files: readonly { name: string; data: Uint8Array }[]): void {
  const chartYaml = files.find((file) => file.name === 'Chart.yaml');
  if (chartYaml === undefined) throw new Error('unable to detect chart version, no Chart.yaml found');
  checkApiVersion(chartYaml.data);
}
