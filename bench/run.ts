import { benchmarks } from './benchmarks.ts'

// Prints `name ratio floor PASS|FAIL`, a line a benchmark; exits 1 when a floor is missed, 2 for an unknown name.
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !benchmarks.some((benchmark) => benchmark.name.startsWith(name)))
if (unknown.length > 0) {
  process.stderr.write(`no benchmark is called ${unknown.join(', ')}\n`)
  process.exit(2)
}

let missed = false
for (const { name, floor, better, measure } of benchmarks) {
  if (wanted.length > 0 && !wanted.some((prefix) => name.startsWith(prefix))) continue
  const ratio = await measure()
  const holds = better === 'lower' ? ratio <= floor : ratio >= floor
  missed ||= !holds
  process.stdout.write(
    `${name} ${ratio.toFixed(2)} ${better === 'lower' ? '<=' : '>='}${floor} ${holds ? 'PASS' : 'FAIL'}\n`,
  )
}
process.exit(missed ? 1 : 0)
