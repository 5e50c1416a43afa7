/** A byte string that only one kind of program holds: the longer the shortest of them, the faster the search. */
export interface ProgramSignature {
  readonly id: string
  /** One character per byte. */
  readonly needle: string
}

/**
 * Strings by which programs are known under any name (inspection.md §2.3, measured there). `ZSH_VERSION` and
 * `__fish_` are not among them: tools with shell completions hold those.
 */
export const programSignatures: readonly ProgramSignature[] = [
  { id: 'shell.bash', needle: 'GNU bash, version %s' },
  { id: 'shell.ash', needle: 'job control turned off' },
  { id: 'shell.zsh', needle: 'show zsh version number' },
  { id: 'shell.ksh93', needle: '/etc/ksh.kshrc' },
  { id: 'shell.mksh', needle: 'MIRBSD KSH R' },
  { id: 'shell.mksh', needle: 'LEGACY KSH R' },
  { id: 'shell.mksh', needle: 'to leave mksh' },
  { id: 'shell.csh', needle: 'No job control in this shell' },
  { id: 'shell.yash', needle: 'Yet another shell, version' },
  { id: 'shell.sash', needle: 'Stand-alone shell' },
  { id: 'shell.posh', needle: 'POSH_VERSION' },
  { id: 'shell.fish', needle: 'fish_emoji_width' },
  { id: 'shell.rc', needle: '@(#)rc ' },
  { id: 'shell.elvish', needle: 'src.elv.sh/' },
  { id: 'multicall.busybox', needle: 'BusyBox v1.' },
  // Two neighbours in the table of applet names, whatever became of the banner.
  { id: 'multicall.applets', needle: 'dirname\0dmesg\0' },
  { id: 'multicall.toybox', needle: 'Toybox %s multicall' },
  { id: 'package-manager.dpkg', needle: "Debian '%s' package management program" },
  { id: 'package-manager.apt', needle: 'libapt-private.so.' },
  { id: 'package-manager.rpm', needle: 'rpmcliInit\0' },
  { id: 'package-manager.apk', needle: 'This apk has coffee making abilities' },
  { id: 'network.wget', needle: 'GNU Wget' },
  { id: 'network.netcat', needle: 'OpenBSD netcat' },
  { id: 'network.ncat', needle: 'nmap.org/ncat' },
  { id: 'network.curl', needle: "curl: try 'curl --help'" },
  { id: 'network.openssl', needle: 'Message Digest commands (see the' },
  { id: 'core-utility.gnu', needle: 'GNU coreutils' },
  { id: 'compiler.gcc', needle: 'Reading specs from ' },
  { id: 'interpreter.perl', needle: 'PERL_SIGNALS' },
  {
    id: 'interpreter.python',
    needle: 'Type "help", "copyright", "credits" or "license" for more information',
  },
  // What the small program says that starts a library, where the interpreter is one.
  { id: 'interpreter.python', needle: 'Py_BytesMain\0' },
  { id: 'interpreter.node', needle: 'Welcome to Node.js' },
  { id: 'interpreter.ruby', needle: 'ruby_sysinit\0' },
  { id: 'interpreter.java', needle: 'JLI_Launch\0' },
  { id: 'interpreter.php', needle: 'X-Powered-By: PHP/' },
  { id: 'interpreter.lua', needle: 'LUA_INIT' },
  { id: 'interpreter.tcl', needle: 'Tcl_MainEx\0' },
  { id: 'interpreter.awk', needle: 'AWKPATH' },
  { id: 'interpreter.awk', needle: 'MAWK_LONG_OPTIONS' },
  { id: 'interpreter.R', needle: 'Rf_initialize_R\0' },
  { id: 'interpreter.erl', needle: 'Usage: erl [-version]' },
  { id: 'interpreter.erl', needle: 'erts_writing_erl_crash_dump' },
  { id: 'interpreter.mono', needle: 'Usage is: mono [options] program' },
  { id: 'interpreter.sqlite', needle: 'Enter ".help" for usage hints' },
  { id: 'embedded-shell.go', needle: 'mvdan.cc/sh/v' },
]
