#!/usr/bin/env node
import { version } from './version.ts'

// Start-up time is a feature: the version is printed before anything else is loaded. No top-level await: a chunk
// that shares code with this one would wait for it, and it for the chunk.
const argv = process.argv.slice(2)
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  process.stdout.write(`${version}\n`, (error) => process.exit(error ? 3 : 0))
} else {
  void import('./run-process.ts').then(async ({ runProcess }) => await runProcess(argv))
}
