const http = require('http');

const server = http.createServer((request, response) => {
  setTimeout(() => response.end('ok\n'), request.url === '/slow' ? 1000 : 0);
});
server.listen(3000);

// close() waits for requests in flight and, from Node 19 on, closes idle connections.
process.on('SIGTERM', () => server.close());
