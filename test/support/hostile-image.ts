import type { ImageDescription } from './image-builder.ts'
import { elfProgram } from './inspect.ts'

/** A name that is markup, an attribute, a script and a terminal command, if anybody takes it for one. */
export const hostileName =
  'opt/<img src=x onerror=alert(1)>"\'`&<script>alert(2)<\u2044script>${x}\u001b[31m\u202e%2f..;http:evil'

/** An image with findings of many kinds, hostile texts wherever an image has texts, and waste. */
export const hostileImage: ImageDescription = {
  config: {
    User: '"><script>alert(3)</script>',
    Entrypoint: ['/opt/app', '</title><script>alert(4)</script>'],
    Healthcheck: { Test: ['CMD-SHELL', 'curl localhost'] },
  },
  layers: [
    {
      createdBy: 'RUN <img src="http://evil.example/x"> \u001b[31m</style><script>alert(5)</script>',
      entries: [
        {
          kind: 'file',
          path: 'usr/lib/os-release',
          content: 'ID=x\nPRETTY_NAME="</dd><iframe src=//evil.example>"\n',
        },
        {
          kind: 'file',
          path: 'var/lib/dpkg/status.d/p',
          content:
            'Package: <b onclick=alert(6)>\nVersion: 1"><script>alert(7)</script>\nArchitecture: all\n',
        },
        { kind: 'file', path: hostileName, content: elfProgram('GNU bash, version %s'), mode: 0o4755 },
        { kind: 'file', path: 'opt/app', content: elfProgram('app'), mode: 0o755 },
        { kind: 'file', path: `deep/${'no-place-to-break'.repeat(14)}`, content: elfProgram('BusyBox v1') },
        { kind: 'file', path: 'data', content: 'x'.repeat(5000) },
      ],
    },
    { entries: [{ kind: 'file', path: 'data', content: 'y' }] },
  ],
}
