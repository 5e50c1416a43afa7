/** Text that only programs of one kind hold which an interpreter runs. */
interface ScriptSignature {
  readonly id: string
  /** One character per byte. */
  readonly start: string
  /** Matched at the start. */
  readonly form: RegExp
}

/** How package managers that are scripts are known under any name: by what their own entry points say. */
export const scriptSignatures: readonly ScriptSignature[] = [
  {
    id: 'package-manager.pip',
    start: 'from pip._internal.cli.main import main',
    form: /^from pip\._internal\.cli\.main import main\b/,
  },
  { id: 'package-manager.npm', start: "process.title = 'npm'", form: /^process\.title = 'npm'/ },
  {
    id: 'package-manager.corepack',
    start: "require('./lib/corepack.cjs').runMain",
    form: /^require\('\.\/lib\/corepack\.cjs'\)\.runMain\b/,
  },
]
