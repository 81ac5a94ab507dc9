// A Node server as its documentation has it: node web.mjs PORT [graceful]
//
// /SECONDS is answered then.
// With `graceful` it stops by server.close() at SIGTERM; without, SIGTERM ends it.
import http from 'node:http';

const server = http.createServer((request, response) => {
  setTimeout(() => {
    response.writeHead(200, { 'Content-Length': 3 });
    response.end('ok\n');
  }, 1000 * request.url.slice(1));
});
server.listen(Number(process.argv[2]), () => console.log('listening'));
if (process.argv[3] === 'graceful') {
  process.on('SIGTERM', () => server.close(() => process.exit(0)));
}
