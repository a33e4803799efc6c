import { serveHttp } from '@ouroboros/flow/http';

await serveHttp('web', (request, response) => response.end(`You asked for ${request.url}.\n`));
