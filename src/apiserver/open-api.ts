/** `/openapi/v2` and `/openapi/v3`: documents made when they are first asked for, anew when the resources change. */
import { createHash } from 'node:crypto';
import type { ApiRequest, ApiResponse } from '../api/http.ts';
import { rememberJson } from '../api/http.ts';
import type { JsonObject } from '../api/json.ts';
import { toApiVersion } from '../api/object.ts';
import type { DocumentedResource } from '../api/openapi.ts';
import type { Api } from './call.ts';
import type { ResourceType } from './resources.ts';

interface Documents {
  generation: number;
  byPath: Map<string, unknown>;
}

const documents = new WeakMap<Api, Documents>();

/** Undefined for other paths. */
export async function openApi(api: Api, request: ApiRequest): Promise<ApiResponse | undefined> {
  const [root, version, ...rest] = request.path.split('/').filter((part) => part !== '');
  if (root !== 'openapi') return undefined;
  if (version === 'v2') return wantsProtobuf(request) ? protobufV2(api) : found(await documentV2(api));
  if (version !== 'v3') return undefined;
  if (rest.length === 0) return found(await indexV3(api));
  const document = await documentV3(api, rest.join('/'));
  return document && withHash(request, found(document));
}

const found = (object: unknown): ApiResponse => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: { type: 'object', object },
});

/** What is asked for by its hash does not change: the client may keep it. */
function withHash({ query }: ApiRequest, response: ApiResponse): ApiResponse {
  const hash = query.get('hash');
  if (!hash) return response;
  const headers = { ...response.headers, 'cache-control': 'public, immutable', etag: JSON.stringify(hash) };
  return { ...response, headers: { ...headers, expires: 'Thu, 31 Dec 2099 23:59:59 GMT' } };
}

const wantsProtobuf = ({ headers }: ApiRequest): boolean =>
  /application\/com\.github\.proto-openapi\.spec\.v2[@.]v1\.0\+protobuf/.test(headers['accept'] ?? '');

/** Makes a document once a generation of the resources. */
async function remembered<T>(api: Api, path: string, make: () => Promise<T>): Promise<T> {
  let known = documents.get(api);
  if (known?.generation !== api.types.generation) {
    known = { generation: api.types.generation, byPath: new Map() };
    documents.set(api, known);
  }
  if (!known.byPath.has(path)) known.byPath.set(path, await make());
  return known.byPath.get(path) as T;
}

const documented = (type: ResourceType): DocumentedResource => ({
  ...type,
  ...(type.schema !== undefined && { schema: type.schema }),
});

const documentV2 = (api: Api): Promise<JsonObject> =>
  remembered(api, 'v2', async () => {
    const { openApiV2 } = await import('../api/openapi.ts');
    return openApiV2(api.types.all().map(documented));
  });

async function protobufV2(api: Api): Promise<ApiResponse> {
  const { encodeOpenApiV2, OPENAPI_V2_PROTOBUF } = await import('../api/openapi-protobuf.ts');
  const bytes = await remembered(api, 'v2.pb', async () => encodeOpenApiV2(await documentV2(api)));
  return { status: 200, headers: { 'content-type': OPENAPI_V2_PROTOBUF }, body: { type: 'bytes', bytes } };
}

const pathOf = (type: ResourceType): string => `${type.group === '' ? 'api' : 'apis'}/${toApiVersion(type)}`;

const documentV3 = (api: Api, path: string): Promise<JsonObject | undefined> =>
  remembered(api, path, async () => {
    const types = api.types.all().filter((type) => pathOf(type) === path);
    if (types.length === 0) return undefined;
    const { openApiV3 } = await import('../api/openapi.ts');
    const document = openApiV3(types.map(documented));
    rememberJson(document, JSON.stringify(document));
    return document;
  });

const indexV3 = (api: Api): Promise<JsonObject> =>
  remembered(api, 'v3', async () => {
    const { openApiV3Index } = await import('../api/openapi.ts');
    const groupVersions = [...new Set(api.types.all().map(toApiVersion))];
    return openApiV3Index(groupVersions, (path) => hashOf(api.types.all().filter((type) => pathOf(type) === path)));
  });

/** Of what the document is made from, which is less to hash than the document and saves making it. */
const hashOf = (types: ResourceType[]): string =>
  createHash('sha256').update(JSON.stringify(types)).digest('hex').slice(0, 32).toUpperCase();
