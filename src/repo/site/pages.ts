/** The pages of a repository: one that lists and searches its charts, and one for each chart. Pure: index in, HTML out. */
import type { Dependency } from '../../chart/chart.ts';
import type { ChartVersion } from '../index-file.ts';
import { Html, html, link, safeAddress } from './html.ts';
import { POLICY, SCRIPT, STYLE } from './look.ts';
import { renderInline, renderMarkdown } from './markdown.ts';
import { type ValueRow, valueRows } from './values.ts';

export interface SiteChart {
  name: string;
  /** Newest first. */
  versions: readonly ChartVersion[];
  /** Versions with a provenance file beside their archive. */
  signed: ReadonlySet<string>;
}

/** What only the archive of the newest version tells. */
export interface ChartDetails {
  readme?: string;
  values?: string;
}

/** The page of a chart, relative to the repository; undefined for names that are better in no path. */
export const chartPage = (name: string): string | undefined =>
  /^[A-Za-z0-9][\w.-]{0,200}$/.test(name) ? `charts/${name}.html` : undefined;

/** `url` is the repository's address; where it is empty, pages tell it by their own. */
export function indexPage(charts: readonly SiteChart[], url: string): string {
  const shown = charts.filter(({ versions }) => versions.length > 0);
  const count = shown.length === 1 ? '1 chart' : `${shown.length} charts`;
  const content = html`
<div class="top"><h1>Charts</h1>
<p class="lead">A repository of charts for Kubernetes. Add it once, then install what you need.</p>
${commands(html`repo add charts ${repositoryAddress(url)}`)}
${searchBox('.cards>li', 'count', 'Search by name, description or keyword')}
<p class="count" id="count" role="status">${count}</p></div>
<ul class="cards">
${shown.map(card)}</ul>`;
  return page('Charts', './', content);
}

function card({ name, versions, signed }: SiteChart): Html {
  const [newest] = versions as [ChartVersion];
  const target = chartPage(name);
  return html`<li><h2>${target === undefined ? name : html`<a href="${target}">${name}</a>`}</h2>
<p>${newest.description}</p>
<ul class="chips">${chips(newest, signed.has(newest.version))}${words(newest.keywords).map(
    (word) => html`<li class="chip word">${word}</li>`,
  )}</ul><p class="history">${history(versions)}</p></li>
`;
}

const history = (versions: readonly ChartVersion[]): string => {
  const newest = versions
    .map(({ created }) => String(created).slice(0, 10))
    .sort()
    .at(-1)!;
  return `${versions.length === 1 ? '1 version' : `${versions.length} versions`}, updated ${newest}`;
};

const chips = ({ version, appVersion, deprecated, type }: ChartVersion, isSigned: boolean): Html =>
  html`<li class="chip">${version}</li>${appVersion && html`<li class="chip">app ${appVersion}</li>`}${
    type === 'library' && html`<li class="chip">library</li>`
  }${isSigned && html`<li class="chip good">signed</li>`}${deprecated === true && html`<li class="chip bad">deprecated</li>`}`;

const words = (list: unknown): string[] => (Array.isArray(list) ? list.slice(0, 12).map(String) : []);

export function chartPageText(chart: SiteChart, details: ChartDetails, url: string): string {
  const { name, versions, signed } = chart;
  const [newest] = versions as [ChartVersion];
  const rows = details.values === undefined ? [] : valueRows(details.values);
  const sections: [id: string, title: string, content: Html | undefined][] = [
    ['install', 'Install', installation(newest, url)],
    ['readme', 'Readme', details.readme === undefined ? undefined : renderMarkdown(withoutTitle(details.readme, name))],
    ['values', 'Values', rows.length === 0 ? undefined : valuesTable(rows)],
    ['dependencies', 'Dependencies', dependenciesTable(newest.dependencies ?? [])],
    ['versions', 'Versions', versionsTable(versions, signed)],
    ['about', 'About', facts(newest)],
  ];
  const shown = sections.filter((section): section is [string, string, Html] => section[2] !== undefined);
  const content = html`
<div class="top"><h1>${name}</h1>
<p class="lead">${newest.description}</p>
<ul class="chips">${chips(newest, signed.has(newest.version))}</ul></div>
<nav class="here" aria-label="On this page"><ul class="toc">${shown.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
${shown.map(([id, title, body]) => html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>\n${body}</section>\n`)}`;
  return page(`${name} · Charts`, '../', content);
}

/** The page says the chart's name already. */
const withoutTitle = (readme: string, name: string): string => {
  const title = /^\s*#[ \t]+(.*)\n/.exec(readme);
  return title !== null && title[1]!.trim().toLowerCase() === name.toLowerCase()
    ? readme.slice(title[0].length)
    : readme;
};

const ADDRESS_HERE = html`<span data-repository>REPOSITORY_URL</span>`;
const repositoryAddress = (url: string): Html => (url === '' ? ADDRESS_HERE : html`${url}`);

const command = (text: Html): Html =>
  html`<div class="command"><pre tabindex="0"><code>${text}</code></pre><button type="button" hidden>Copy</button></div>`;

function installation({ name, version, type }: ChartVersion, url: string): Html {
  const address = repositoryAddress(url);
  if (type === 'library')
    return html`<p>A library is not installed; other charts depend on it:</p>
${command(html`dependencies:\n  - name: ${name}\n    version: ${version}\n    repository: ${address}`)}`;
  const rest = html`install my-${name} ${name} --version ${version} --repo ${address}`;
  return commands(rest);
}

/** For either program. */
const commands = (rest: Html): Html => html`<p class="who">With Portolan</p>${command(html`portolan ${rest}`)}
<p class="who">With Helm</p>${command(html`helm ${rest}`)}`;

/** Shown once the script can search: `items` by selector, the count told in the element of that id. */
const searchBox = (items: string, count: string, label: string): Html =>
  html`<label class="search" data-search="${items}" data-count="${count}" hidden><span>${label}</span><input type="search" autocomplete="off" spellcheck="false" placeholder="Press / to search"></label>`;

const valuesTable = (rows: readonly ValueRow[]): Html => html`
${searchBox('.values tbody tr', 'values-count', 'Search the values')}
<p class="count" id="values-count" role="status">${rows.length} settings</p>
<table class="values stack"><thead><tr><th scope="col">Key</th><th scope="col">Type</th><th scope="col">Default</th><th scope="col">Description</th></tr></thead><tbody>
${rows.map(
  (row) =>
    html`<tr><td><code>${breakable(row.key)}</code></td><td data-label="Type">${row.type}</td>${
      row.default === '' ? html`<td></td>` : html`<td data-label="Default"><code>${row.default}</code></td>`
    }<td>${renderInline(row.comment)}</td></tr>\n`,
)}</tbody></table>`;

/** A long key may go on in the next line after each of its dots. */
const breakable = (key: string): Html =>
  html`${key.split('.').map((part, i) => (i === 0 ? part : html`.<wbr>${part}`))}`;

function dependenciesTable(dependencies: readonly Dependency[]): Html | undefined {
  if (dependencies.length === 0) return undefined;
  return html`<table class="stack"><thead><tr><th scope="col">Chart</th><th scope="col">Version</th><th scope="col">Repository</th><th scope="col">Condition</th></tr></thead><tbody>
${dependencies.map(
  ({ name, alias, version, repository = '', condition }) =>
    html`<tr><td>${name}${alias && html` as ${alias}`}</td><td data-label="Version">${version}</td><td>${link(repository, repository)}</td><td>${
      condition && html`<code>${condition}</code>`
    }</td></tr>\n`,
)}</tbody></table>`;
}

const versionsTable = (versions: readonly ChartVersion[], signed: ReadonlySet<string>): Html =>
  html`<table class="stack"><thead><tr><th scope="col">Version</th><th scope="col">App version</th><th scope="col">Published</th><th scope="col">SHA-256</th><th scope="col">Provenance</th></tr></thead><tbody>
${versions.map((entry) => {
  const digest = /^(?:sha256:)?([0-9a-f]{64})$/.exec(String(entry.digest))?.[1] ?? '';
  return html`<tr><td>${archiveLink(entry)}</td><td data-label="App version">${entry.appVersion}</td><td data-label="Published">${String(entry.created).slice(0, 10)}</td><td data-label="SHA-256">${
    digest !== '' && html`<code title="${digest}">${digest.slice(0, 12)}&hellip;</code>`
  }</td><td data-label="Provenance">${signed.has(entry.version) ? provenanceLink(entry) : 'none'}</td></tr>\n`;
})}</tbody></table>`;

const archiveLink = (entry: ChartVersion): Html => {
  const address = archiveAddress(entry);
  return address === undefined ? html`${entry.version}` : html`<a href="${address}">${entry.version}</a>`;
};

const provenanceLink = (entry: ChartVersion): Html => {
  const address = archiveAddress(entry);
  return address === undefined ? html`signed` : html`<a href="${address}.prov">signed</a>`;
};

/** Seen from a chart's page, which lies one folder down. Neither another scheme nor a way out of the repository. */
function archiveAddress({ urls }: ChartVersion): string | undefined {
  const [url = ''] = urls;
  if (/^[A-Za-z0-9][\w.+/-]*$/.test(url) && !url.split('/').includes('..')) return `../${url.replaceAll('+', '%2B')}`;
  return safeAddress(url);
}

function facts(newest: ChartVersion): Html | undefined {
  const { home, sources, maintainers, kubeVersion, annotations } = newest;
  const rows: [string, Html | undefined][] = [
    ['Home', home ? link(home, home) : undefined],
    ['Sources', joined(words(sources).map((source) => link(source, source)))],
    [
      'Maintainers',
      joined(
        (maintainers ?? []).map(({ name = '', email, url }) =>
          link(url || (email && `mailto:${email}`), name || String(email ?? url)),
        ),
      ),
    ],
    ['Kubernetes', kubeVersion ? html`${kubeVersion}` : undefined],
    ['Keywords', joined(words(newest.keywords).map((word) => html`${word}`))],
    ['License', annotations?.['artifacthub.io/license'] ? html`${annotations['artifacthub.io/license']}` : undefined],
  ];
  const shown = rows.filter((row): row is [string, Html] => row[1] !== undefined);
  if (shown.length === 0) return undefined;
  return html`<dl class="facts">${shown.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl>`;
}

const joined = (parts: readonly Html[]): Html | undefined =>
  parts.length === 0 ? undefined : html`${parts.map((part, i) => (i === 0 ? part : html`, ${part}`))}`;

/** A compass rose of eight points. */
const ROSE = html`<svg viewBox="0 0 32 32" aria-hidden="true" focusable="false"><g fill="none" stroke="currentColor"><circle cx="16" cy="16" r="14.5"/><circle cx="16" cy="16" r="10" stroke-opacity=".5"/></g><path fill="currentColor" fill-opacity=".45" d="m16 16 8-8-5.5 8zm0 0 8 8-8-5.500zm0 0-8 8 5.500-8zm0 0-8-8 8 5.500z"/><path fill="currentColor" d="m16 2 2.600 11.400L30 16l-11.400 2.600L16 30l-2.600-11.400L2 16l11.400-2.600z"/></svg>`;

/** `root` leads from the page to the repository. */
const page = (title: string, root: string, content: Html): string =>
  html`<!doctype html>
<html lang="en" data-root="${root}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<header class="bar"><div><a href="${root}index.html">${ROSE}<span>Chart repository</span></a></div></header>
<main>${content}
</main>
<footer><div><a href="${root}index.yaml">index.yaml</a> &middot; made by portolan publish</div></footer>
<script>${new Html(SCRIPT)}</script>
</body>
</html>
`.text;
