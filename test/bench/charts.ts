/** Charts the benchmark makes for itself, in a folder of its own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function writeChart(folder: string, files: Record<string, string>): string {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  }
  return folder;
}

/** An umbrella of `count` subcharts, each of which calls include and tpl for every object it makes. */
export function writeUmbrella(folder: string, count: number): string {
  const subcharts = Array.from({ length: count }, (_, i) => `sub${String(i).padStart(3, '0')}`);
  writeChart(folder, {
    'Chart.yaml': 'apiVersion: v2\nname: umbrella\nversion: 1.0.0\n',
    'values.yaml': `global:\n  suffix: example.com\n${subcharts.map((name) => `${name}:\n  replicas: 2\n`).join('')}`,
  });
  for (const name of subcharts) writeChart(join(folder, 'charts', name), subchart(name));
  return folder;
}

const subchart = (name: string): Record<string, string> => ({
  'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: 1.0.0\nappVersion: "1"\n`,
  'values.yaml': `replicas: 1
host: '{{ .Release.Name }}-{{ .Chart.Name }}.{{ .Values.global.suffix }}'
env:
${Array.from({ length: 8 }, (_, i) => `  VARIABLE_${i}: '{{ include "${name}.name" . }}-${i}'\n`).join('')}`,
  'templates/_helpers.tpl': `{{- define "${name}.name" -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- define "${name}.labels" -}}
app.kubernetes.io/name: {{ include "${name}.name" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}
`,
  'templates/objects.yaml': `{{- range $i := until 5 }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "${name}.name" $ }}-{{ $i }}
  labels:
    {{- include "${name}.labels" $ | nindent 4 }}
data:
  host: {{ tpl $.Values.host $ | quote }}
  {{- range $key, $value := $.Values.env }}
  {{ $key }}: {{ tpl $value $ | quote }}
  {{- end }}
{{- end }}
`,
});
