// Runs a plan of calls against a module and returns one line per call; Node and the browser share it.
// A line of the plan is NAME|TYPES:RESULT|HEX,HEX...; types are i, l, f, d (i32, i64, f32, f64), the values their bits.
function runPlan(bytes, plan) {
  const module = new WebAssembly.Module(bytes);
  const view = new DataView(new ArrayBuffer(8));
  const imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module))
    if (kind === 'function') (imports[from] ??= {})[name] = () => { throw new Error(`import ${from}.${name} called`); };
  let instance = null;
  const decode = (type, hex) => {
    view.setBigUint64(0, BigInt('0x' + hex));
    if (type === 'i') return view.getInt32(4);
    if (type === 'l') return view.getBigInt64(0);
    return type === 'f' ? view.getFloat32(4) : view.getFloat64(0);
  };
  const encode = (type, value) => {
    if (type === 'v') return '';
    if (type === 'i') return (value >>> 0).toString(16);
    if (type === 'l') return BigInt.asUintN(64, value).toString(16);
    if (Number.isNaN(value)) return 'nan';
    if (type === 'f') { view.setFloat32(0, value); return view.getUint32(0).toString(16); }
    view.setFloat64(0, value);
    return view.getBigUint64(0).toString(16);
  };
  const results = [];
  for (const line of plan.split('\n')) {
    if (!line) continue;
    const [name, types, values] = line.split('|');
    const [parameters, result] = types.split(':');
    const args = values ? values.split(',').map((hex, i) => decode(parameters[i], hex)) : [];
    try {
      instance ??= new WebAssembly.Instance(module, imports);
      results.push(encode(result, instance.exports[name](...args)));
    } catch (error) {
      // A trap leaves the stack pointer where it was: go on with a fresh instance.
      results.push('trap ' + trapText(instance, error).replaceAll('\n', ' '));
      instance = null;
    }
  }
  return results;
}

// The module tells address and length of a trap's message (UTF-8).
function trapText(instance, error) {
  const exports = instance?.exports;
  if (!exports?.trap_message || !exports.memory) return String(error);
  const [address, length] = exports.trap_message();
  return length ? new TextDecoder().decode(new Uint8Array(exports.memory.buffer, address >>> 0, length)) : String(error);
}

// Times each call: the fastest of several runs, in milliseconds, and the results as runPlan gives them. The warm-up lasts until the
// optimizing tier's code, made in the background and entered at the next call, has long been there: half a second and five runs.
function timePlan(bytes, plan, runs) {
  const lines = plan.split('\n').filter(line => line);
  const exports = new WebAssembly.Instance(new WebAssembly.Module(bytes), {}).exports;
  const times = lines.map(line => {
    const [name, types, values] = line.split('|');
    const args = values.split(',').map((hex, i) => types[i] === 'l' ? BigInt('0x' + hex) : parseInt(hex, 16) | 0);
    const begin = performance.now();
    for (let run = 0; run < 5 || performance.now() - begin < 500; run++) exports[name](...args);
    let best = Infinity;
    for (let run = 0; run < runs; run++) {
      const start = performance.now();
      exports[name](...args);
      best = Math.min(best, performance.now() - start);
    }
    return best;
  });
  return JSON.stringify({ times, results: runPlan(bytes, plan) });
}
