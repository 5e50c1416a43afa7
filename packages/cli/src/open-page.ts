import { spawn } from 'node:child_process'

/**
 * Opens a page in the browser that $BROWSER names, or in the one of the desktop. The address was printed before, so
 * that nothing is lost where there is no browser.
 */
export function openPage(url: string, env: Readonly<Record<string, string | undefined>>): void {
  const program = env['BROWSER'] ?? openers[process.platform] ?? ''
  if (program === '') return
  // The address goes to the program as one argument, past every shell.
  const child = spawn(program, [url], { env, stdio: 'ignore', detached: true })
  child.once('error', () => undefined)
  child.unref()
}

const openers: Readonly<Partial<Record<NodeJS.Platform, string>>> = { linux: 'xdg-open', darwin: 'open' }
