import { spawn } from 'node:child_process'
import { plainEnvironment } from '@assay/core'

/**
 * Opens a page in the browser that $BROWSER names, or in the one of the desktop. The address was printed before, so
 * that nothing is lost where there is no browser.
 */
export function openPage(url: string, env: Readonly<Record<string, string | undefined>>): void {
  const program = env['BROWSER'] ?? openers[process.platform] ?? ''
  if (program === '') return
  // The address goes to the program as one argument, past every shell.
  const own = plainEnvironment(env, desktopVariables)
  const child = spawn(program, [url], { env: own, stdio: 'ignore', detached: true })
  child.once('error', () => undefined)
  child.unref()
}

/** Where a browser finds its desktop. */
const desktopVariables =
  /^(?:BROWSER|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|DBUS_SESSION_BUS_ADDRESS|DESKTOP_SESSION|(?:KDE|GNOME|WSL|QT|GTK|GDK)\w*)$/

const openers: Readonly<Partial<Record<NodeJS.Platform, string>>> = { linux: 'xdg-open', darwin: 'open' }
