import { checkName } from '@ouroboros/model';
import type { LayerGraph } from '@ouroboros/irm';
import { command, type Group } from '../grammar/command.js';
import { readChoice } from '../grammar/values.js';
import { graphDot, graphJson, graphSvg, graphText } from '../render/layer-graph.js';
import { layerJson, renderLayers } from '../render/overview.js';

const FORMATS = {
  text: (graphs: readonly LayerGraph[]) => graphs.map(graphText).join('') || 'No layer with a graph.\n',
  dot: graphDot,
  svg: graphSvg,
} as const;

const list = command({
  word: 'list',
  summary: 'List the layers that this host has members of, lowest first.',
  read: () => null,
  run: async (_, { irm }) => {
    const { layers } = await irm.overview();
    return { text: renderLayers(layers), json: { layers: layers.map(layerJson) } };
  },
});

const graph = command({
  word: 'graph',
  summary: 'Show the members of layers and the links between them.',
  operands: [{ name: 'layer', help: 'one layer; without it all that have a graph', optional: true }],
  switches: [{ word: '--format', value: '<format>', help: 'text, dot (for Graphviz), svg', fallback: 'text' }],
  read: (words) => {
    const layer = words.operands[0];
    if (layer !== undefined) checkName(layer, 'layer');
    const format = readChoice('--format', words.get('--format') ?? 'text', ['text', 'dot', 'svg']);
    return { layer, format };
  },
  run: async ({ layer, format }, { irm }) => {
    const graphs = await irm.layerGraphs(layer);
    return { text: FORMATS[format](graphs), json: { layers: graphs.map(graphJson) } };
  },
});

export const layer: Group = { kind: 'group', word: 'layer', summary: 'layers of this host', entries: [list, graph] };
