import { baseName } from '../../image/layer-path.ts'

/**
 * The command that `#!/usr/bin/env …` looks for in `PATH`. The kernel hands everything behind the interpreter over as one
 * argument, which only `-S` splits into words. Undefined where `env` is not the interpreter, and where it cannot be told
 * without being env.
 */
export function envCommand(interpreter: string, argument: string | undefined): string | undefined {
  if (argument === undefined || baseName(interpreter) !== 'env') return undefined
  const split = /^(?:-[iv]*S[ \t]*|--split-string(?:=|[ \t]+))(.*)$/s.exec(argument)?.[1]
  if (split === undefined) return isCommand(argument) ? argument : undefined
  // Quotes, escapes and variables are a language of their own.
  if (/["'\\$#]/.test(split)) return undefined
  const words = split.split(/[ \t]+/).filter((word) => word !== '')
  const first = words.find((word) => !/^[A-Za-z_]\w*=/.test(word))
  return first !== undefined && isCommand(first) ? first : undefined
}

function isCommand(word: string): boolean {
  return !word.startsWith('-') && !word.includes('=')
}
