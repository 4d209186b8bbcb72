// npm test: installs what is missing, checks types, builds, runs the tests. Names of test files as arguments run only those.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

const here = import.meta.dirname;
const run = (command, ...parameters) => execFileSync(command, parameters, { cwd: here, stdio: ['ignore', 'inherit', 'inherit'] });
if (!existsSync(path.join(here, 'node_modules/.package-lock.json'))) run('npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund');
run('node', 'node_modules/typescript/bin/tsc', '--noEmit');
run('node', 'build.mjs', '--tests');
const only = process.argv.slice(2);
const files = readdirSync(path.join(here, 'tests/dist')).filter(name => name.endsWith('.test.mjs') && (only.length === 0 || only.includes(name.replace('.test.mjs', ''))));
const result = spawnSync('node', ['--test', '--test-reporter=tap', '--test-concurrency=1', ...files.map(name => path.join('tests/dist', name))], { cwd: here, stdio: ['ignore', 'inherit', 'inherit'] });
process.exit(result.status ?? 1);
