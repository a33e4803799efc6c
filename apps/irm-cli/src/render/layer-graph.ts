import { printable, type JsonObject } from '@ouroboros/model';
import type { GraphMember, LayerGraph } from '@ouroboros/irm';

const labelOf = ({ name, address }: GraphMember): string => (name === '' ? address : name);

/** A line for each member: its neighbours. */
export function graphText({ layer, members, links, self }: LayerGraph): string {
  const labels = new Map(members.map((member) => [member.address, labelOf(member)]));
  const lines = members.map((member) => {
    const near = links.flatMap(([a, b]) => (a === member.address ? [b] : b === member.address ? [a] : []));
    const names = near.map((address) => labels.get(address) ?? address).sort();
    const here = member.address === self ? ' (here)' : '';
    return `  ${printable(labelOf(member))}${here} - ${printable(names.join(', ')) || 'no links'}\n`;
  });
  return `${printable(layer)}: ${members.length} members, ${links.length} links\n${lines.join('')}`;
}

const quoted = (text: string): string => `"${printable(text).replace(/["\\]/g, '\\$&')}"`;

/** For Graphviz. */
export function graphDot(graphs: readonly LayerGraph[]): string {
  return graphs
    .map(({ layer, members, links, self }) => {
      const nodes = members.map((one) => {
        const here = one.address === self ? ', style=bold' : '';
        return `  ${quoted(one.address)} [label=${quoted(labelOf(one))}${here}];\n`;
      });
      const edges = links.map(([a, b]) => `  ${quoted(a)} -- ${quoted(b)};\n`);
      return `graph ${quoted(layer)} {\n${nodes.join('')}${edges.join('')}}\n`;
    })
    .join('');
}

const ROOM = 60;
const RADIUS = 22;
const LEAST_RING = 90;
const TITLE = 30;

const escaped = (text: string): string => printable(text).replace(/[<>&"]/g, (char) => `&#${char.charCodeAt(0)};`);

/** The members on a ring, one ring below the other for several layers. */
export function graphSvg(graphs: readonly LayerGraph[]): string {
  const rings = graphs.map(({ members }) => Math.max(LEAST_RING, (members.length * 3 * RADIUS) / (2 * Math.PI)));
  const width = 2 * (Math.max(...rings, LEAST_RING) + ROOM + RADIUS);
  const heights = rings.map((ring) => 2 * (ring + ROOM) + TITLE);
  let top = 0;
  const parts = graphs.map((graph, i) => {
    const part = ringSvg(graph, rings[i]!, width / 2, top);
    top += heights[i]!;
    return part;
  });
  const style =
    'text{font:12px sans-serif;text-anchor:middle}line{stroke:#888}circle{fill:#fff;stroke:#333}.here{stroke-width:3}';
  const size = `width="${Math.ceil(width)}" height="${Math.ceil(top)}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>\n<style>${style}</style>\n${parts.join('')}</svg>\n`;
}

function ringSvg({ layer, members, links, self }: LayerGraph, ring: number, middle: number, top: number): string {
  const center = top + TITLE + ROOM + ring;
  const places = new Map(
    members.map(({ address }, i) => {
      const angle = (2 * Math.PI * i) / members.length - Math.PI / 2;
      return [address, { x: middle + ring * Math.cos(angle), y: center + ring * Math.sin(angle) }];
    }),
  );
  const n = (value: number): string => value.toFixed(1);
  const lines = links.flatMap(([a, b]) => {
    const [from, to] = [places.get(a), places.get(b)];
    return from && to ? [`<line x1="${n(from.x)}" y1="${n(from.y)}" x2="${n(to.x)}" y2="${n(to.y)}"/>\n`] : [];
  });
  const nodes = members.map((member) => {
    const { x, y } = places.get(member.address)!;
    const here = member.address === self ? ' class="here"' : '';
    return (
      `<circle cx="${n(x)}" cy="${n(y)}" r="${RADIUS}"${here}><title>${escaped(member.address)}</title></circle>\n` +
      `<text x="${n(x)}" y="${n(y + 4)}">${escaped(labelOf(member))}</text>\n`
    );
  });
  return `<text x="${n(middle)}" y="${n(top + 20)}">${escaped(layer)}</text>\n${lines.join('')}${nodes.join('')}`;
}

/** See JSON.md. */
export const graphJson = ({ members, links, ...about }: LayerGraph): JsonObject => ({
  ...about,
  members: members.map(({ address, name }) => ({ address, name: name === '' ? null : name })),
  links: links.map(([a, b]) => [a, b]),
});
