/** Why a connection failed, in the words of Go's net and crypto packages, which helm and kubectl print. */

const UNKNOWN_AUTHORITY = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';

const EXPIRED = 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid';

const WORDS: Record<string, (host: string) => string> = {
  ECONNREFUSED: (host) => `dial tcp ${host}: connect: connection refused`,
  EHOSTUNREACH: (host) => `dial tcp ${host}: connect: no route to host`,
  ENETUNREACH: (host) => `dial tcp ${host}: connect: network is unreachable`,
  ETIMEDOUT: (host) => `dial tcp ${host}: i/o timeout`,
  ENOTFOUND: noSuchHost,
  EAI_AGAIN: noSuchHost,
  ECONNRESET: () => 'EOF',
  SELF_SIGNED_CERT_IN_CHAIN: () => UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: () => UNKNOWN_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: () => UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: () => UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: () => UNKNOWN_AUTHORITY,
  CERT_HAS_EXPIRED: () => EXPIRED,
  CERT_NOT_YET_VALID: () => EXPIRED,
};

/** `host` and `port` are what was asked for; where several addresses were tried the last of them is told, as Go does. */
export function dialError(error: unknown, host: string, port: string | number): string {
  if ((error as { code?: string }).code === 'ERR_TLS_CERT_ALTNAME_INVALID') return wrongName(error as NameError);
  const { code, message, address, errors, ...rest } = error as {
    code?: string;
    message: string;
    address?: string;
    port?: number;
    errors?: { address: string; port: number }[];
  };
  const tried = errors?.at(-1) ?? (address ? { address, port: rest.port } : { address: host, port });
  const shown = tried.address.includes(':') ? `[${tried.address}]:${tried.port}` : `${tried.address}:${tried.port}`;
  return WORDS[code ?? '']?.(shown) ?? message;
}

interface NameError {
  /** With a dot at its end where it is a name. */
  host: string;
  /** `DNS:localhost, IP Address:127.0.0.1` */
  cert?: { subjectaltname?: string };
}

/** Go tells the names where a name was asked for, and the addresses where it was an address. */
function wrongName({ host, cert }: NameError): string {
  const asked = host.replace(/\.$/, '');
  const kind = /^[\d.]+$|:/.test(asked) ? 'IP Address' : 'DNS';
  const names = (cert?.subjectaltname ?? '')
    .split(', ')
    .flatMap((name) => (name.startsWith(`${kind}:`) ? [name.slice(kind.length + 1)] : []));
  const failure = 'tls: failed to verify certificate: x509:';
  if (names.length > 0) return `${failure} certificate is valid for ${names.join(', ')}, not ${asked}`;
  if (kind === 'DNS') return `${failure} certificate is not valid for any names, but wanted to match ${asked}`;
  return `${failure} cannot validate certificate for ${asked} because it doesn't contain any IP SANs`;
}

function noSuchHost(host: string): string {
  return `dial tcp: lookup ${host.replace(/:\d+$/, '')}: no such host`;
}
