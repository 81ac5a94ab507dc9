// Node's agent with connections that it keeps: node client.mjs PORT COUNT. It does as client.py does.
import http from 'node:http';
import readline from 'node:readline';

const [port, count] = process.argv.slice(2).map(Number);
const agent = new http.Agent({ keepAlive: true, maxSockets: count });
let answers = {}, failed = [], ends = false;

const ask = () => new Promise((done) => {
  const failure = (what) => { failed.push(String(what)); done(); };
  const request = http.request({ port, agent, host: '127.0.0.1', method: 'POST', path: '/slow/40' }, (answer) => {
    let text = '';
    answer.on('data', (piece) => { text += piece; });
    answer.on('error', failure);
    answer.on('end', () => {
      if (answer.statusCode !== 200) return failure(answer.statusCode);
      answers[text.trim()] = (answers[text.trim()] ?? 0) + 1;
      done();
    });
  });
  request.on('error', failure);
  request.end();
});
const run = async () => {
  while (!ends) {
    await ask();
    await new Promise((done) => setTimeout(done, 60));
  }
};
const tell = () => {
  console.log(JSON.stringify({ answers, failed }));
  answers = {};
  failed = [];
};
const all = Promise.all(Array.from({ length: count }, run));
readline.createInterface({ input: process.stdin }).on('line', tell).on('close', async () => {
  ends = true;
  await all;
  tell();
  agent.destroy();
});
