import { get } from 'node:http';
import { flowAgent, flowFetch } from '@ouroboros/flow/http';

const response = await flowFetch('http://web/fetched');
console.log(await response.text());

get('http://web/got', { agent: flowAgent() }, (answer) => answer.pipe(process.stdout));
