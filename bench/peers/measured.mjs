// Runs a CLI in this process and prints, last on stderr, what the whole process used: { cpu, wall } in seconds and
// { memory } at its peak in bytes.
import { writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const start = performance.now()
process.argv.splice(1, 1)
process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  const wall = (performance.now() - start) / 1e3
  writeSync(
    2,
    `\n${JSON.stringify({ cpu: (userCPUTime + systemCPUTime) / 1e6, wall, memory: maxRSS * 1024 })}`,
  )
})
await import(pathToFileURL(process.argv[1]).href)
