/** Names by which programs of one kind are known, and a pattern for their versioned forms. */
export interface ProgramNames {
  readonly names: ReadonlySet<string>
  readonly pattern?: RegExp
}

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

export const shellNames: ProgramNames = {
  names:
    words(`sh ash dash bash rbash zsh ksh ksh93 mksh lksh oksh loksh pdksh yash posh fish tcsh csh rc es sash hush
    elvish nu xonsh pwsh osh ysh gosh`),
}

export const multiCallNames: ProgramNames = { names: words('busybox busybox.static toybox sbase-box') }

export const packageManagerNames: ProgramNames = {
  names:
    words(`apk rpm yum dnf dnf5 microdnf tdnf zypper pacman opkg ipkg guix brew snap flatpak portage emerge aptitude
    pip pipx uv conda mamba poetry npm npx yarn pnpm corepack gem bundle bundler cargo composer cpan luarocks
    nix nix-env nix-store nix-build`),
  pattern: /^(?:apt(?:-[a-z]+)?|dpkg(?:-[a-z-]+)?|pip\d[\d.]*)$/,
}

/** Package managers that are packages of a language themselves. */
export const packageManagerPackages: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['npm', words('npm yarn pnpm corepack bower')],
  ['pypi', words('pip uv pipx pipenv poetry conda mamba pdm')],
])

export const interpreterNames: ProgramNames = {
  names:
    words(`pypy pypy3 ruby irb node nodejs deno bun lua luajit tclsh wish guile R Rscript julia erl escript java
    jshell jrunscript scala groovy awk gawk mawk nawk original-awk dotnet mono ghci ocaml sqlite3`),
  pattern: /^(?:python[\d.]*|perl[\d.]*|php[\d.]*|lua[\d.]+|tclsh[\d.]+|ruby[\d.]+)$/,
}

/** Runtimes that a caller can declare. */
export const runtimeNames: readonly string[] = ['python', 'node', 'java', 'dotnet', 'ruby', 'php', 'perl']

/** Whether a program of this name is that of a declared runtime. */
export function isDeclared(name: string, declared: ReadonlySet<string>): boolean {
  return runtimes.some(([runtime, pattern]) => declared.has(runtime) && pattern.test(name))
}

const runtimes: readonly (readonly [string, RegExp])[] = [
  ['python', /^(?:python[\d.]*t?|pypy3?|pydoc[\d.]*|idle[\d.]*|2to3(?:-[\d.]+)?)$/],
  ['node', /^(?:node|nodejs)$/],
  ['java', /^(?:java|jshell|jrunscript)$/],
  ['dotnet', /^dotnet$/],
  ['ruby', /^(?:ruby[\d.]*|irb)$/],
  ['php', /^php(?:-fpm|-cgi|dbg)?[\d.]*$/],
  ['perl', /^perl[\d.]*$/],
]

export const coreUtilityNames: ProgramNames = {
  names:
    words(`arch b2sum base32 base64 basename basenc cat chcon chgrp chmod chown chroot cksum comm cp csplit cut date dd
    df dir dircolors dirname du echo env expand expr factor false fmt fold groups head hostid id install join link ln
    logname ls md5sum mkdir mkfifo mknod mktemp mv nice nl nohup nproc numfmt od paste pathchk pinky pr printenv printf
    ptx pwd readlink realpath rm rmdir runcon seq sha1sum sha224sum sha256sum sha384sum sha512sum shred shuf sleep sort
    split stat stdbuf stty sum sync tac tail tee test timeout touch tr true truncate tsort tty uname unexpand uniq
    unlink users vdir wc who whoami yes coreutils find xargs locate grep egrep fgrep rgrep sed tar gzip gunzip xz unxz
    bzip2 zstd cpio mount umount su sudo login kill ps top pgrep pkill free vmstat watch dmesg fdisk lsblk losetup
    setpriv nsenter unshare script more less vi vim vim.basic vim.tiny nano ed emacs strings xxd hexdump`),
}

export const networkToolNames: ProgramNames = {
  names:
    words(`curl wget wget2 aria2c nc ncat netcat nc.openbsd nc.traditional socat telnet ftp tftp ssh scp sftp sshd
    dropbear rsync dig nslookup host ping ping6 traceroute tcpdump nmap ip ifconfig iptables nft smbclient openssl`),
}

export const compilerNames: ProgramNames = {
  names:
    words(`cc c++ cpp cc1 cc1plus tcc rustc ghc go javac as ld collect2 make gmake cmake ninja gdb lldb strace ltrace
    perf bpftrace objdump`),
  pattern:
    /^(?:(?:[a-z0-9_]+-linux-[a-z]+-)?(?:gcc|g\+\+|clang|clang\+\+|ld)(?:-[\d.]+)?|ld\.(?:bfd|gold|lld))$/,
}

export const livingOffNames: ProgramNames = {
  names:
    words(`getent iconv ldconfig run-parts start-stop-daemon setarch git man busctl systemctl journalctl screen tmux
    expect capsh debugfs ltrace logsave rlwrap rview view watch zip unzip`),
}

/** Whether a file of this name would be a finding if it is a program. */
export function isProgramName(name: string): boolean {
  return everyName.has(name) || (maybeVersioned.test(name) && allNames.some((names) => isNamed(names, name)))
}

const allNames: readonly ProgramNames[] = [
  shellNames,
  multiCallNames,
  packageManagerNames,
  interpreterNames,
  coreUtilityNames,
  networkToolNames,
  compilerNames,
  livingOffNames,
]
const everyName: ReadonlySet<string> = new Set(allNames.flatMap(({ names }) => [...names]))
/** What every name that only a pattern knows has in it. */
const maybeVersioned = /apt|dpkg|pip|python|perl|php|lua|tclsh|ruby|gcc|g\+\+|clang|ld/

export function isNamed(names: ProgramNames, name: string): boolean {
  return names.names.has(name) || names.pattern?.test(name) === true
}
