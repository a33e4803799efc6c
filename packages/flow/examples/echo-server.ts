import { createServer } from '@ouroboros/flow/node';

createServer({}, (stream) => {
  stream.on('error', console.error);
  stream.pipe(stream);
}).listen();
