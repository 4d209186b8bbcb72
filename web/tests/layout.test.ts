import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import * as layout from '../runtime/src/layout.js';
import { root } from './support/assets.js';

// The runtime's offsets against the tables of docs/host-interface.md.

const page = readFileSync(path.join(root, 'docs/host-interface.md'), 'utf8');

const section = (heading: string): string => page.split(new RegExp(`^## ${heading}\\b.*$`, 'm'))[1]?.split(/^## /m)[0] ?? '';

/** Rows "| offset | type | field |" of a section. */
function table(heading: string): Map<string, layout.Field> {
  return new Map([...section(heading).matchAll(/^\| (\d+) \| (u16|u32|i32|u64|i64|Ring) \| (\w+) \|/gm)].map(([, offset, type, name]) => [name ?? '', { offset: Number(offset), type: type as layout.FieldType }]));
}

for (const [heading, fields] of [['Mailbox', layout.Mailbox], ['Ring', layout.Ring], ['Port', layout.Port], ['Request', layout.Request], ['MachineConfig', layout.MachineConfig], ['ModuleMailbox', layout.ModuleMailbox]] as const) {
  test(`${heading} is as the page says`, () => {
    const documented = table(heading);
    assert.ok(documented.size > 5, 'the page has the table');
    for (const [name, field] of Object.entries(fields)) assert.deepEqual(field, documented.get(name), name);
    if (heading === 'Mailbox' || heading === 'Ring' || heading === 'Request' || heading === 'ModuleMailbox') assert.deepEqual(Object.keys(fields), [...documented.keys()]);
  });
}

/** Fields "0 u64 Size" written in a line. */
function inLine(start: string): Map<string, layout.Field> {
  const text = page.slice(page.indexOf(start)).split(/\n\n|\n`/)[0] ?? '';
  return new Map([...text.matchAll(/\b(\d+) (u32|u64|i64) (\w+)/g)].map(([, offset, type, name]) => [name ?? '', { offset: Number(offset), type: type as layout.FieldType }]));
}

for (const [start, fields] of [['**NodeAttributes**', layout.Attributes], ['`DiskConfig`, 32', layout.DiskConfig], ['`MountConfig`, 16', layout.MountConfig], ['`PortConfig`, 16', layout.PortConfig]] as const) {
  test(`${start} is as the page says`, () => {
    const documented = inLine(start);
    for (const [name, field] of Object.entries(fields)) {
      if (documented.has(name)) assert.deepEqual(field, documented.get(name), name);
    }
    assert.ok(Object.keys(fields).filter(name => documented.has(name)).length >= 2);
  });
}

test('request kinds are as the page says', () => {
  const kinds = Object.fromEntries([...section('Request').matchAll(/^\| (\d+) \| ([A-Z]\w+) \|/gm)].map(([, number, name]) => [name, Number(number)]));
  assert.deepEqual(layout.RequestKind, kinds);
});
