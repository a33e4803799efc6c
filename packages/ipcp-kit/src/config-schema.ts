import { OuroborosError, type JsonObject } from '@ouroboros/model';
import * as z from 'zod';
import { wordsOf } from './config-fields.js';
import type { ConfigFault, ConfigParser } from './ipcp-type.js';

/** Makes the parser of a type's configuration from the schemas of its keys; keys that are not named are faults. */
export function configSchema<S extends z.ZodRawShape>(shape: S): ConfigParser<z.output<z.ZodObject<S>>> {
  const schema = z.strictObject(shape);
  const legalKeys = Object.keys(shape).join(', ') || 'none';
  const check = (raw: JsonObject): readonly ConfigFault[] => {
    const result = schema.safeParse(raw);
    return result.success ? [] : result.error.issues.flatMap((issue) => faultsOf(issue, legalKeys));
  };
  const parse = (raw: JsonObject): z.output<z.ZodObject<S>> => {
    const result = schema.safeParse(raw);
    if (result.success) return result.data as z.output<z.ZodObject<S>>;
    throw configError(result.error.issues.flatMap((issue) => faultsOf(issue, legalKeys)));
  };
  const keys = Object.entries(shape).map(([key, schema]) => ({ key, ...wordsOf(schema) }));
  return { keys, check, parse };
}

/** All faults in one error: the message names each, `field` is the first. */
export function configError(faults: readonly ConfigFault[]): OuroborosError {
  const text = faults.map((fault) => `${fault.field || 'configuration'}: ${fault.message}`).join('; ');
  return new OuroborosError('EINVAL', text, { field: faults[0]?.field });
}

function faultsOf(issue: z.core.$ZodIssue, legalKeys: string): ConfigFault[] {
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [{ field: path.join('.'), message: issue.message }];
  return issue.keys.map((key) => ({ field: [...path, key].join('.'), message: `no such key; legal: ${legalKeys}` }));
}
