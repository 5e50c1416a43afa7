/** What to do about a finding, by rule. docs/inspect.md has each rule with an example. */
const helps: Readonly<Record<string, string>> = {
  shell:
    'Take the shell out of the layer that brings it; deleting it in a later layer leaves it in the image.',
  'multi-call': 'Take the multi-call program out of the image; it holds a shell and hundreds of tools.',
  'package-manager': 'Install packages in a build stage, and copy only what the application needs.',
  interpreter: 'Take the interpreter out, or declare it with --declare where the application runs in it.',
  'core-utility': 'Copy only what the application needs, not the tools of the distribution.',
  'network-tool': 'Take the tool out; use a build stage to fetch what the image needs.',
  compiler: 'Build in a build stage, and copy only what was built.',
  'living-off-the-land': 'Take the program out, where the application does not need it.',
  'packed-program': 'Ship the program unpacked, so that its content can be seen.',
  'set-id': 'Take the bit off with chmod in the layer that brings the file.',
  'file-capability': 'Take the capability off with setcap -r, or give it to the container instead.',
  'ambiguous-tar':
    'Build the layer again with a current tool; container runtimes and scanners read this one differently.',
  'layer-integrity': 'Do not use the image: its manifest, config and layers contradict each other.',
  'smuggled-whiteout': 'Build the layer again: it speaks to the overlay file system of the runtime.',
  'layer-order': 'Build the image so that no layer goes through links of another one.',
  'odd-path': 'Give the file an ordinary name.',
  'modified-file':
    'Find out what changed the file after its package was installed; install the package again.',
  'unread-inventory':
    'Find out why the file cannot be read; what it brings is missing in the list of packages.',
  secret: 'Revoke the secret, and build the image without it: every layer keeps what it once had.',
  'root-user': 'Set a numeric user other than 0 in the image: USER 65532.',
  'world-writable': 'Take the right to write away from others with chmod o-w.',
  'inert-script': 'Nothing runs this script; it may be left out.',
  'missing-program': 'Correct the entrypoint, command or health check, or add what it names to the image.',
  'missing-loader': 'Link the program statically, or add the C library that it was built for.',
  'named-user': 'Write the user and the group as numbers: USER 10001:10001.',
}

/** The help of a rule. */
export function ruleHelp(id: string): string {
  return helps[id] ?? `See the rule ${id} in docs/inspect.md.`
}
