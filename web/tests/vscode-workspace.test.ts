import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createCipheriv, createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { developerImage } from './support/assets.js';
import { withVsCode } from './support/vscode.js';

// A large workspace in a real VS Code for the Web, whose files are on this machine's disk: what the guest sees and makes is compared with what the same programs say here.
// GANTRY_FULL=1 takes the sizes of the figures (docs/performance.md), else it is less than a tenth.

const full = process.env['GANTRY_FULL'] !== undefined, folders = full ? 50 : 4, perFolder = 100, megabytes = full ? 200 : 20, committed = full ? perFolder : 11;
const Patience = 1_200_000;

/** Bytes without a pattern, the same each time. */
const block = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16)).update(Buffer.alloc(1_000_000 - 8));

// Each line of the screen is a figure, so that a picture shows them; results go to files.
const script = `cd /workspace
export LC_ALL=C
begin=$EPOCHREALTIME
figure() { now=$EPOCHREALTIME; echo "figure $1: $(( (\${now/./} - \${begin/./}) / 1000 )) ms" | tee -a /tmp/out/figures; begin=$EPOCHREALTIME; }
mkdir /tmp/out
figure start
ls -R files > /tmp/out/ls; figure "ls -R"
grep -r needle files > /tmp/out/grep; figure "grep -r"
tar cf /tmp/out/tar files; figure tar
git init -q . && git add files/d1/${full ? '' : 'file\\ 1*'} && git -c user.name=t -c user.email=t commit -qm one; figure "git init, add and commit of ${committed} files"
git status --porcelain -uall > /tmp/out/status; figure "git status"
git status --porcelain -uall > /tmp/out/status-again; figure "git status again"
python3 -c "
block = open('block', 'rb').read()
with open('large', 'wb') as f:
    for i in range(${megabytes}): f.write(i.to_bytes(8, 'little') + block)"; figure "${megabytes} MB written"
cp large copied; figure "${megabytes} MB copied"
cp -r /tmp/out out; echo finished $((40 + 2))
`;

test(`a workspace of ${folders * perFolder} files, and ${megabytes} MB from the guest`, async () => {
  const files: Record<string, string> = { 'measure.sh': script };
  for (let folder = 0; folder < folders; folder++) {
    for (let file = 0; file < perFolder; file++) files[`files/d${folder}/file ${file}.txt`] = `${folder} and ${file}${folder === 2 && file === 77 ? ' needle' : ''}\n${'text '.repeat(file * 7)}\n`;
  }
  await withVsCode({ files, images: developerImage(), settings: { 'container.imageLocation': 'IMAGES/dev.wasm' } }, async window => {
    const at = (name: string): string => path.join(window.folder, name), text = (name: string): string => fs.readFileSync(at(name), 'utf8');
    const here = (program: string, ...parameters: string[]): string => execFileSync(program, parameters, { cwd: window.folder, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' }, maxBuffer: 1 << 28 });
    fs.writeFileSync(at('block'), block);
    await window.command('Gantry: Run Container');
    await window.screen(/[#$] ?$/);
    await window.type('bash /workspace/measure.sh');
    await window.screen(/\nfinished 42\n/, Patience).finally(() => window.picture('vscode-workspace'));
    console.log(text('out/figures').replaceAll(/^/gm, '# '));

    assert.equal(text('out/ls'), here('ls', '-R', 'files'));
    assert.equal(text('out/grep'), here('grep', '-r', 'needle', 'files'));
    const unpacked = fs.mkdtempSync(path.join(os.tmpdir(), 'gantry-unpacked-'));
    try {
      here('tar', 'xf', 'out/tar', '-C', unpacked);
      assert.equal(here('diff', '-r', path.join(unpacked, 'files'), 'files'), '');
    } finally {
      fs.rmSync(unpacked, { recursive: true });
    }

    // The repository that the guest made is one here, too.
    here('git', 'fsck', '--strict');
    const status = here('git', 'status', '--porcelain', '-uall').split('\n').filter(line => !/ (out\/|large|copied)/.test(line)).join('\n');
    assert.equal(text('out/status'), status);
    assert.equal(text('out/status-again'), status);
    assert.equal(here('git', 'ls-files').trim().split('\n').length, committed);

    const expected = createHash('sha256'), counted = Buffer.alloc(8);
    for (let i = 0; i < megabytes; i++) {
      counted.writeUInt32LE(i);
      expected.update(counted).update(block);
    }
    const digest = expected.digest('hex');
    for (const name of ['large', 'copied']) {
      assert.equal(fs.statSync(at(name)).size, megabytes * 1e6);
      assert.equal(createHash('sha256').update(fs.readFileSync(at(name))).digest('hex'), digest, name);
    }
  });
});
