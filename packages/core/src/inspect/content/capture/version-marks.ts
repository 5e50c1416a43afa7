/** Text by which a program, or a library built into it, tells its own version. */
interface VersionMark {
  readonly name: string
  /** One character per byte. */
  readonly needle: string
  /** From the needle on; the version is its first group. */
  readonly form: RegExp
}

/** How far behind the begin of a needle its form looks. */
export const versionReach = 96

/** Only texts that stand in a program because it is that program: no name, no user agent of a client library. */
export const versionMarks: readonly VersionMark[] = [
  { name: 'node', needle: 'node.js/v', form: /^node\.js\/v(\d+\.\d+\.\d+)(?![\w.])/ },
  {
    name: 'python',
    needle: 'pymalloc_debug\0',
    // oxlint-disable-next-line no-control-regex -- texts in a program end with NUL
    form: /^pymalloc_debug\0(3\.\d+\.\d+(?:(?:a|b|rc)\d+)?\+?)\0/,
  },
  {
    name: 'openssl',
    needle: 'OpenSSL ',
    form: /^OpenSSL (\d+\.\d+\.\d+[a-z]{0,2}) {1,2}\d{1,2} [A-Z][a-z]{2} \d{4}/,
  },
  { name: 'busybox', needle: 'BusyBox v', form: /^BusyBox v(\d+\.\d+\.\d+)/ },
  { name: 'bash', needle: '@(#)Bash version ', form: /^@\(#\)Bash version (\d+\.\d+\.\d+)/ },
  { name: 'nginx', needle: 'nginx version: nginx/', form: /^nginx version: nginx\/(\d+\.\d+\.\d+)/ },
  { name: 'php', needle: 'X-Powered-By: PHP/', form: /^X-Powered-By: PHP\/(\d+\.\d+\.\d+)/ },
]
