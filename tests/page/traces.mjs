// Traces that no run makes on order: as lines of JSON.

export const kHostile = "</script><script>window.pwned = 1</script><!-- \" ' \\ \u2028 \u202e \u0000 \u001b[31m <img src=x onerror=window.pwned=1>";

const kMicro = 1000;

class Trace {
  lines = [];
  add(event, t, pid, fields = {}, tid = pid) { this.lines.push({t, pid, tid, event, ...fields}); return this; }
  begin(argv) {
    return this.add("trace", 0, 90, {version: 1, product: "vgpu-run", argv, cwd: "/", engine: "ptrace", filter: "all", gpus: [], kernel: "6.1", began: "began"});
  }
  process(t, pid, parent, argv) {
    return this.add("process", t, pid, {parent, how: "fork"})
      .add("exec", t + 10 * kMicro, pid, {call: "execve", path: argv[0], resolved: argv[0], argv, result: 0, duration: 90 * kMicro, real: 1});
  }
  file(t, pid, path, error, fields = {}) {
    return this.add("file", t, pid, {call: "openat", path, flags: "O_RDONLY", real: 1, result: error ? -2 : 3, ...(error && {error}), duration: 5 * kMicro, ...fields});
  }
  text() {
    // A number of this size is not exact in a script.
    return this.lines.map(line => JSON.stringify(line).replace('"began":"began"', '"began":1764000000000000001') + "\n").join("");
  }
}

/** A parent, and a child that finds one library and not the other. */
export function smallTrace() {
  const trace = new Trace().begin(["parent", "--serve"]);
  trace.process(1000 * kMicro, 100, 90, ["/bin/parent", "--serve"]).process(3000 * kMicro, 101, 100, ["/bin/runner", kHostile])
    .process(4000 * kMicro, 102, 101, ["/bin/sh", "-c", "true"]);
  trace.file(5000 * kMicro, 101, "/a/libone.so.1", "ENOENT").file(5010 * kMicro, 101, "/b/libone.so.1", undefined, {real: 0, why: "served"})
    .add("map", 5020 * kMicro, 101, {library: "libone.so.1", resolved: "/b/libone.so.1", real: 0, machine: "x86_64", tried: ["/a/libone.so.1"]})
    .file(5030 * kMicro, 101, "/a/libtwo.so", "ENOENT").file(5040 * kMicro, 101, "/b/libtwo.so", "ENOENT")
    .file(5050 * kMicro, 101, `/tmp/${kHostile}`, "ENOENT");
  trace.add("api", 6000 * kMicro, 101, {api: "driver", call: "init", args: "flags=0", answer: "SUCCESS", duration: 500 * kMicro})
    .add("api", 6100 * kMicro, 101, {api: "driver", call: "allocate", args: "bytes=17", answer: "ERROR_OUT_OF_MEMORY", duration: 50 * kMicro}, 105)
    .add("compile", 7000 * kMicro, 101, {name: "add", duration: 600 * kMicro, cached: 0})
    .add("launch", 7100 * kMicro, 101, {kernel: "add", grid: "1,1,1", block: "32,1,1", stream: 140187732541440123, device: 0, duration: 30 * kMicro, answer: "SUCCESS"})
    .add("copy", 7200 * kMicro, 101, {kind: "HtoD", bytes: 4096, stream: 0, device: 0, duration: 20 * kMicro})
    .add("exit", 8000 * kMicro, 102, {status: 0}).add("exit", 8100 * kMicro, 101, {signal: "SIGSEGV", core: 1}).add("exit", 9000 * kMicro, 100, {status: 1})
    .add("end", 9100 * kMicro, 90, {events: 22, cpu: 1000, stops: 5, duration: 9100 * kMicro});
  return trace;
}

/** Many events of some threads and processes; always the same. */
export function largeTrace(count) {
  const trace = new Trace().begin(["many"]);
  trace.process(1, 100, 90, ["/bin/many"]);
  let seed = 7;
  const random = below => {
    seed = (seed * 48271) % 2147483647;  // exact: below 2^53
    return Math.floor(seed / 2147483647 * below);
  };
  const clock = [0, 0, 0, 0].fill(100 * kMicro);
  for (let i = 0; trace.lines.length < count - 2; ++i) {
    const thread = random(4), took = (1 + random(30)) * kMicro;
    clock[thread] += took + random(9) * kMicro;
    if (i % 500 === 0) trace.process(clock[thread], 1000 + i / 500, 100, ["/bin/child", String(i)]);
    else if (random(3) === 0) trace.file(clock[thread], 100, `/some/where/file${i}`, random(2) ? "ENOENT" : undefined, {duration: took});
    else trace.add("api", clock[thread] + took, 100, {api: "driver", call: `call${random(20)}`, args: `i=${i}`, answer: random(50) ? "SUCCESS" : "ERROR", duration: took}, 100 + thread);
    clock[thread] += took;
  }
  const end = Math.max(...clock);
  return trace.add("exit", end, 100, {status: 0}).add("end", end + 1, 90, {events: count});
}
