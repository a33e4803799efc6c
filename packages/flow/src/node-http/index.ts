/** HTTP over flows, for Node: `flowAgent` for `http.request`, `flowFetch`, `serveHttp`. A host is the name of a flow. */
export { flowAgent, type FlowAgentOptions } from './flow-agent.js';
export { createFlowFetch, flowFetch, type FlowFetch, type FlowFetchOptions } from './flow-fetch.js';
export { serveHttp, type HttpService, type ServeHttpOptions } from './serve-http.js';
