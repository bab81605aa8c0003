/** Text forms of data: base64, base32, JSON, YAML and TOML. */
import { decodeBase32, decodeBase64, encodeBase32, encodeBase64 } from '../encoding/base64.ts';
import { parseJson, parseJsonList, parseJsonMap, toJson, toPrettyJson, toRawJson } from '../encoding/json.ts';
import { parseToml, toToml } from '../encoding/toml.ts';
import { parseYamlList, parseYamlMap, toYaml, toYamlPretty } from '../encoding/yaml.ts';
import { decodeUtf8, encodeUtf8 } from '../template/utf8.ts';
import { nilList, nilMap, type Value } from '../template/value.ts';
import { type Family, go } from './function.ts';
import { adoptTimes } from './time-object.ts';

/** What `attempt` gives, or what `otherwise` makes of its error's text. */
function attempting<T>(attempt: () => T, otherwise: (message: string) => T): T {
  try {
    return attempt();
  } catch (error) {
    return otherwise((error as Error).message);
  }
}

const encoder = (encode: (bytes: Uint8Array) => string) => go('string', (text: string) => encode(encodeUtf8(text)));

/** As sprig: text that is not in the encoding gives the error's words as if they were the data. */
const decoder = (decode: (text: string) => Uint8Array) =>
  go('string', (text: string) =>
    attempting(
      () => decodeUtf8(decode(text)),
      (message) => message,
    ),
  );

/** A writer that answers "" where there is no such text. */
const lenient = (write: (value: Value) => string) =>
  go('interface {}', (value: Value) =>
    attempting(
      () => write(value ?? null),
      () => '',
    ),
  );

const strict = (write: (value: Value) => string) => go('interface {}', (value: Value) => write(value ?? null));

/** As Helm: what cannot be read gives a map whose only key, Error, tells why. */
const mapReader = (parse: (text: string) => Value) =>
  go('string', (text: string) =>
    attempting<Value>(
      () => parse(text),
      (message) => ({ Error: message }),
    ),
  );

/** As Helm: what cannot be read gives a list whose only element tells why. */
const listReader = (parse: (text: string) => Value) =>
  go('string', (text: string) =>
    attempting<Value>(
      () => parse(text),
      (message) => [message],
    ),
  );

const yaml = (value: Value): string => withoutNewline(toYaml(value));
const withoutNewline = (text: string): string => (text.endsWith('\n') ? text.slice(0, -1) : text);

/** JSON's null makes Go's map and slice nil. */
const isNull = (text: string): boolean => /^[\t\n\r ]*null[\t\n\r ]*$/.test(text);

export const encoding: Family = {
  b32dec: decoder(decodeBase32),
  b32enc: encoder(encodeBase32),
  b64dec: decoder(decodeBase64),
  b64enc: encoder(encodeBase64),
  fromJson: mapReader((text) => (isNull(text) ? nilMap() : parseJsonMap(text))),
  fromJsonArray: listReader((text) => (isNull(text) ? nilList() : parseJsonList(text))),
  fromToml: mapReader((text) => adoptTimes(parseToml(text))),
  fromYaml: mapReader(parseYamlMap),
  fromYamlArray: listReader(parseYamlList),
  mustFromJson: go('string', (text: string) => parseJson(text)),
  mustToJson: strict(toJson),
  mustToPrettyJson: strict(toPrettyJson),
  mustToRawJson: strict(toRawJson),
  mustToToml: strict(toToml),
  mustToYaml: strict(yaml),
  toJson: lenient(toJson),
  toPrettyJson: lenient(toPrettyJson),
  toRawJson: strict(toRawJson),
  toToml: go('interface {}', (value: Value) => {
    // The library panics on nil, and Helm does not catch that.
    if (value == null) return toToml(null);
    return attempting(
      () => toToml(value),
      (message) => message,
    );
  }),
  toYaml: lenient(yaml),
  toYamlPretty: lenient((value) => withoutNewline(toYamlPretty(value))),
};
