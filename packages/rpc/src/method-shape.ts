import type { Plain } from './frame.js';

/**
 * How a method of an interface becomes a request and a reply message. The interfaces take one request object or a few
 * plain arguments and return nothing, an object, or one value; all of them are one of the shapes below.
 */
export interface MethodShape {
  pack(args: readonly unknown[]): Plain;
  unpack(request: Plain): unknown[];
  wrap(result: unknown): Plain;
  unwrap(reply: Plain): unknown;
}

type ArgumentShape = Pick<MethodShape, 'pack' | 'unpack'>;
type ResultShape = Pick<MethodShape, 'wrap' | 'unwrap'>;

const at = (record: Plain, key: string): unknown => (record as Record<string, unknown>)[key];

/** The only argument is the request message. */
export const WHOLE_REQUEST: ArgumentShape = {
  pack: (args) => (args[0] ?? {}) as Plain,
  unpack: (request) => [request],
};

/** The arguments in their order, under these names. */
export const named = (...names: readonly string[]): ArgumentShape => ({
  pack: (args) => Object.fromEntries(names.map((name, i) => [name, args[i]])),
  unpack: (request) => names.map((name) => at(request, name)),
});

/** The result is the reply message. */
export const WHOLE_REPLY: ResultShape = { wrap: (result) => result as Plain, unwrap: (reply) => reply };

export const NO_RESULT: ResultShape = { wrap: () => ({}), unwrap: () => undefined };

/** The result is one field of the reply message. */
export const only = (name: string): ResultShape => ({
  wrap: (result) => ({ [name]: result }),
  unwrap: (reply) => at(reply, name),
});

export const method = (request: ArgumentShape, result: ResultShape): MethodShape => ({ ...request, ...result });
