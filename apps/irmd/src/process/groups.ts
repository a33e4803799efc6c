import { readFileSync } from 'node:fs';

/** The number of a group of this host, given by name or number; undefined when /etc/group has no such name. */
export function groupId(nameOrNumber: string): number | undefined {
  if (/^\d{1,9}$/.test(nameOrNumber)) return Number(nameOrNumber);
  return parseGroups(readFileSync('/etc/group', 'utf8')).get(nameOrNumber);
}

/** `name:password:number:members`, one a line. */
export function parseGroups(text: string): ReadonlyMap<string, number> {
  const rows = text.split('\n').map((line) => line.split(':'));
  return new Map(rows.filter((row) => row.length >= 3).map(([name, , id]) => [name!, Number(id)]));
}
