// A Node server without a handler, for which SIGTERM is the end: node app.mjs PORT NAME. It answers its name after 40 ms.
import http from 'node:http';

const [port, name] = process.argv.slice(2);
http.createServer((request, response) => {
  request.resume();
  setTimeout(() => {
    response.writeHead(200, { 'Content-Length': Buffer.byteLength(name) });
    response.end(name);
  }, 40);
}).listen(Number(port));
