#!/usr/bin/env node
import { version } from './version.ts'

// Start-up time is a feature: the version is printed before anything else is loaded.
const argv = process.argv.slice(2)
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  process.stdout.write(`${version}\n`, (error) => process.exit(error ? 3 : 0))
} else {
  const { runProcess } = await import('./run-process.ts')
  await runProcess(argv)
}
